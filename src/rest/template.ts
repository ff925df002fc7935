/** A name in braces; or a brace that is doubled, to stand for itself. */
const placeholder = /\{\{|\}\}|\{([^{}]*)\}/g;

/**
 * Names in braces of a template.
 *
 * @example placeholdersIn('lists/{listId}/todos/{id}') // ['listId', 'id']
 */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(placeholder)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  );
}

/** Whether all braces of a template are pairs around a name, or doubled. */
export function isTemplate(template: string): boolean {
  const rest = template.replace(placeholder, '');
  return !/[{}]/.test(rest) && placeholdersIn(template).every((name) => /^[\w$.-]+$/.test(name));
}

/** What stands for a name; undefined where there is nothing. */
export type LookUp = (name: string) => string | undefined;

/** A template with every placeholder replaced; the missing name in an object where one has none. */
export function filled(
  template: string,
  lookUp: LookUp,
  encode: (value: string, name: string) => string = (value) => value,
): string | { readonly missing: string } {
  let missing: string | null = null;
  const text = template.replace(placeholder, (found, name: string | undefined) => {
    if (name === undefined) return found.slice(1);
    const value = lookUp(name);
    if (value === undefined) missing ??= name;
    return value === undefined ? '' : encode(value, name);
  });
  return missing === null ? text : { missing };
}
