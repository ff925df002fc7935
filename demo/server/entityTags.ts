/** Versions are strong entity tags: `"3"`. */
export function entityTag(version: number): string {
  return `"${version}"`;
}

const TAG_LIST = /^\s*(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*\s*$/;

/** A precondition that cannot be read must be refused: taken for a mismatch it would look like a conflict. */
export function isTagList(header: string): boolean {
  return header.trim() === '*' || TAG_LIST.test(header);
}

function tagsOf(header: string): string[] {
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** If-Match compares strongly: a weak tag never matches. */
export function strongMatch(header: string, version: number): boolean {
  return header.trim() === '*' || tagsOf(header).includes(entityTag(version));
}

/** If-None-Match compares weakly: a cache that weakened our tag still holds our bytes. */
export function weakMatch(header: string, version: number): boolean {
  const tag = entityTag(version);
  return header.trim() === '*' || tagsOf(header).some((each) => each.replace(/^W\//, '') === tag);
}
