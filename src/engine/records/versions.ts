/**
 * Versions that have an order: whole numbers, bare or as a strong ETag, of at most 15 digits (more
 * are hashes, and no number keeps them). All others can only be the same or not (ETags have no
 * order).
 */
const ordered = /^"?(0|[1-9]\d{0,14})"?$/;

function ordinal(version: string | null): number | null {
  const digits = version === null ? undefined : ordered.exec(version)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** How `a` stands to `b`; null where nobody can tell. @example compareVersions('"3"', '"2"') // 1 */
export function compareVersions(a: string | null, b: string | null): -1 | 0 | 1 | null {
  if (a !== null && a === b) return 0;
  const [left, right] = [ordinal(a), ordinal(b)];
  if (left === null || right === null) return null;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether `next` is the version right after `before`. */
export function isSuccessor(next: string | null, before: string | null): boolean {
  const [after, first] = [ordinal(next), ordinal(before)];
  return after !== null && first !== null && after === first + 1;
}
