import type { Facts } from '../../../store/facts.ts';
import { keysOf, type Pages, valuesOf } from '../../../store/pages.ts';
import { InvariantBroken } from '../history/history.ts';

/** Facts as text: equal where they say the same, however their pages are cut. */
function textOf(facts: Facts): string {
  return JSON.stringify(facts, (_, value) => (isPages(value) ? entriesOf(value) : value));
}

function isPages(value: unknown): value is Pages<unknown> {
  return typeof value === 'object' && value !== null && 'root' in value && 'depth' in value;
}

/** Equal as JSON; pages where they hold the same, however they are cut. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (isPages(one) && isPages(other)) {
    return (
      one.size === other.size &&
      isSame(keysOf(one), keysOf(other)) &&
      isSame(valuesOf(one), valuesOf(other))
    );
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, i) => isSame(item, other[i]));
  }
  // What is undefined is not there.
  for (const name of Object.keys(one)) {
    if (!isSame(fieldOf(one, name), fieldOf(other, name))) return false;
  }
  return Object.keys(other).every(
    (name) => fieldOf(one, name) !== undefined || fieldOf(other, name) === undefined,
  );
}

function fieldOf(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function entriesOf(pages: Pages<unknown>): [key: string, value: unknown][] {
  const values = valuesOf(pages);
  return keysOf(pages).map((key, i) => [key, values[i]]);
}

/** I30, I16: two readings of the same facts say the same; what differs is named. */
export function checkSame(what: string, one: Facts, other: Facts): void {
  if (one === other) return;
  for (const field of Object.keys(one) as (keyof Facts)[]) {
    if (isSame(one[field], other[field])) continue;
    const [before, after] = [one, other].map((facts) => textOf({ [field]: facts[field] } as never));
    throw new InvariantBroken('I30', `${what}: ${field} was ${before} and is ${after}`);
  }
}
