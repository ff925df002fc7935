import type { Entry } from '../../store/facts.ts';
import type { Pages } from '../../store/pages.ts';
import type { Difference } from '../../store/pagesDiff.ts';
import type { CheckedQuery } from './checkedQuery.ts';
import { type Matcher, matcherOf } from './matcher.ts';
import { allMatches, laterMatches, type Matches, type Rows, rowsOf } from './matches.ts';
import { type Ordering, orderingOf } from './ordering.ts';

/** What differs between two versions of records; null: more than `limit`. */
export type DifferencesIn = (
  before: Pages<Entry>,
  after: Pages<Entry>,
  limit: number,
) => readonly Difference<Entry>[] | null;

/** A version to begin from, and what differs since. */
interface Beginning {
  readonly before: Matches;
  readonly differences: readonly Difference<Entry>[];
}

/** Versions to begin from: one store needs one, a second store or a jump back another. */
const headLimit = 4;

/**
 * One query's conditions and order over all versions of a model's records that it is asked about.
 * A version costs what differs from an earlier one; versions are found by identity, so that any
 * number of stores and a jump back in time get what is theirs.
 */
export class LiveQuery {
  readonly #matches: Matcher;
  readonly #ordering: Ordering;
  readonly #differencesIn: DifferencesIn;
  /** Lives as long as the version itself. */
  readonly #known = new WeakMap<Pages<Entry>, Matches>();
  #latest: Matches | null = null;
  /** The last of each line of versions; held here only while somebody else holds the version. */
  #heads: WeakRef<Matches>[] = [];

  constructor({ where, orderBy }: CheckedQuery, differencesIn: DifferencesIn) {
    this.#matches = matcherOf(where);
    this.#ordering = orderingOf(orderBy);
    this.#differencesIn = differencesIn;
  }

  count(records: Pages<Entry>): number {
    return this.#at(records).ordered.size;
  }

  rows(records: Pages<Entry>, offset: number, limit: number | null): Rows {
    return rowsOf(this.#at(records), offset, limit);
  }

  #at(records: Pages<Entry>): Matches {
    if (this.#latest?.records === records) return this.#latest;
    const known = this.#known.get(records);
    const matches = known ?? this.#evaluated(records);
    // The next one is likely to come from it, also after a jump back.
    if (known) this.#begin(known, null);
    this.#latest = matches;
    return matches;
  }

  #evaluated(records: Pages<Entry>): Matches {
    const from = this.#nearest(records);
    const matches = from
      ? laterMatches(from.before, records, from.differences, this.#matches)
      : allMatches(records, this.#matches, this.#ordering);
    this.#known.set(records, matches);
    this.#begin(matches, from?.before ?? null);
    return matches;
  }

  /** Of the versions that are still there, the one from which least differs. */
  #nearest(records: Pages<Entry>): Beginning | null {
    const heads = this.#heads.flatMap((head) => head.deref() ?? []);
    if (heads.length > 1) {
      // Another store's would be compared to its end; what shares much comes first.
      const shared = new Map(heads.map((head) => [head, sharedParts(head.records, records)]));
      heads.sort((a, b) => (shared.get(b) ?? 0) - (shared.get(a) ?? 0));
    }
    // From about there on sorting anew costs less than one insertion after another.
    let limit = Math.max(1_024, records.size >> 3);
    let nearest: Beginning | null = null;
    for (const before of heads) {
      const differences = this.#differencesIn(before.records, records, limit);
      if (!differences) continue;
      nearest = { before, differences };
      limit = differences.length - 1;
    }
    return nearest;
  }

  /** Puts a version before the others, in place of the one that it comes from. */
  #begin(next: Matches, before: Matches | null): void {
    const others = this.#heads.filter((head) => {
      const matches = head.deref();
      return matches && matches !== before && matches !== next;
    });
    this.#heads = [new WeakRef(next), ...others].slice(0, headLimit);
  }
}

function sharedParts(a: Pages<Entry>, b: Pages<Entry>): number {
  const parts = ({ root }: Pages<Entry>): readonly object[] =>
    'children' in root ? root.children : root.values;
  const known = new Set(parts(a));
  return parts(b).filter((part) => known.has(part)).length;
}
