import type { Facts } from '../../store/facts.ts';
import { keysOf, type Pages, valuesOf } from '../../store/pages.ts';
import { InvariantBroken } from './history.ts';

/** Facts as text: equal where they say the same, however their pages are cut. */
function textOf(facts: Facts): string {
  return JSON.stringify(facts, (_, value) => (isPages(value) ? entriesOf(value) : value));
}

function isPages(value: unknown): value is Pages<unknown> {
  return typeof value === 'object' && value !== null && 'root' in value && 'depth' in value;
}

function entriesOf(pages: Pages<unknown>): [key: string, value: unknown][] {
  const values = valuesOf(pages);
  return keysOf(pages).map((key, i) => [key, values[i]]);
}

/** I30, I16: two readings of the same facts say the same; what differs is named. */
export function checkSame(what: string, one: Facts, other: Facts): void {
  if (one === other) return;
  for (const field of Object.keys(one) as (keyof Facts)[]) {
    const [before, after] = [one, other].map((facts) => textOf({ [field]: facts[field] } as never));
    if (before === after) continue;
    throw new InvariantBroken('I30', `${what}: ${field} was ${before} and is ${after}`);
  }
}
