/**
 * What a component reads keeps its identity as long as it says the same, so that the component
 * renders only then. Each is pure but for what it remembers of its last answer.
 */

/** Whether both have the same fields with the same values. */
export function sameFields<T extends object>(a: T, b: T): boolean {
  if (a === b) return true;
  const fields = Object.keys(a) as (keyof T)[];
  return fields.length === Object.keys(b).length && fields.every((field) => a[field] === b[field]);
}

/** Whether both hold the same items in the same order. */
export function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, i) => item === b[i]));
}

/** A reader that gives its last answer again while `same` holds. */
export function steady<A, T>(read: (from: A) => T, same: (a: T, b: T) => boolean): (from: A) => T {
  let last: { readonly value: T } | null = null;
  return (from) => {
    const value = read(from);
    if (last === null || !same(last.value, value)) last = { value };
    return last.value;
  };
}

/** What `make` makes of what is read, made anew only when another thing is read. */
export function derived<A, B, T>(read: (from: A) => B, make: (of: B) => T): (from: A) => T {
  let last: { readonly of: B; readonly made: T } | null = null;
  return (from) => {
    const of = read(from);
    if (last === null || last.of !== of) last = { of, made: make(of) };
    return last.made;
  };
}

/** A list whose items keep their identity too: those that say the same are the ones from before. */
export function steadyList<A, T>(
  read: (from: A) => readonly T[],
  keyOf: (item: T) => string,
  same: (a: T, b: T) => boolean,
): (from: A) => readonly T[] {
  let known = new Map<string, T>();
  const kept = (from: A) => {
    const items = read(from).map((item) => {
      const before = known.get(keyOf(item));
      return before !== undefined && same(before, item) ? before : item;
    });
    known = new Map(items.map((item) => [keyOf(item), item]));
    return items;
  };
  return steady<A, readonly T[]>(kept, sameItems);
}
