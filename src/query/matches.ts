import type { Entry } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { type Pages, scan } from '../../store/pages.ts';
import type { Difference } from '../../store/pagesDiff.ts';
import type { Matcher } from './matcher.ts';
import { OrderedRecords } from './orderedRecords.ts';
import type { Found, Ordering } from './ordering.ts';

export type Rows = readonly JsonObject[];
/** Arrays as they were handed out, by the part of the result that they are. */
type Parts = Map<string, Rows>;

/** What meets a query in one version of a model's records. */
export interface Matches {
  readonly records: Pages<Entry>;
  readonly ordered: OrderedRecords;
  readonly parts: Parts;
  /** Those of the versions before it, to be handed out again where they hold the same. */
  readonly earlier: ReadonlyMap<string, Rows>;
}

/** Parts (pages of a list) whose arrays are kept. */
const partLimit = 32;
const noRows: Rows = Object.freeze([]);

/** From nothing: looks at every record once and sorts those that match. */
export function allMatches(
  records: Pages<Entry>,
  matches: Matcher,
  { compare, found, compareFound }: Ordering,
): Matches {
  const all: Found[] = [];
  scan(records, '', ({ shown }, id) => {
    if (shown && matches(shown)) all.push(found(id, shown));
    return true;
  });
  const ordered = OrderedRecords.of(compare, all.sort(compareFound));
  return { records, ordered, parts: new Map(), earlier: new Map() };
}

/** From those in an earlier version and what differs since. */
export function laterMatches(
  before: Matches,
  records: Pages<Entry>,
  differences: readonly Difference<Entry>[],
  matches: Matcher,
): Matches {
  let { ordered } = before;
  for (const { key, before: was, after: is } of differences) {
    const old = was?.shown ?? null;
    const now = is?.shown ?? null;
    // Another version or base, the same record.
    if (old === now) continue;
    if (old && matches(old)) ordered = ordered.remove(key, old);
    if (now && matches(now)) ordered = ordered.insert(key, now);
  }
  if (ordered === before.ordered) return { ...before, records };
  const earlier = new Map([...before.earlier, ...before.parts]);
  const isMuch = earlier.size > partLimit;
  return { records, ordered, parts: new Map(), earlier: isMuch ? before.parts : earlier };
}

/** A part of the result: the same array as before, as long as it holds the same records in order. */
export function rowsOf(matches: Matches, offset: number, limit: number | null): Rows {
  const { ordered, parts, earlier } = matches;
  const part = `${offset} ${limit ?? ''}`;
  const known = parts.get(part);
  if (known) return known;
  const found = ordered.slice(offset, limit ?? Number.POSITIVE_INFINITY);
  const last = found.length === 0 ? noRows : earlier.get(part);
  const rows = last && holdSame(last, found) ? last : found;
  if (parts.size >= partLimit) parts.clear();
  parts.set(part, rows);
  return rows;
}

function holdSame(a: Rows, b: Rows): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
