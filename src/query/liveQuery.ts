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

/** Versions whose rows are asked for in turn: one on the screen, one being rendered, a jump back. */
const recentLimit = 8;
/** Lines of versions: one store needs one, a second store or a jump back another. */
const headLimit = 4;
/** The end of a line that was not gone on from while so many others were is let go. */
const idleLimit = 100;

/** The end of a line of versions. */
interface Head {
  readonly matches: Matches;
  readonly at: number;
}

/**
 * One query's conditions and order over all versions of a model's records that it is asked about.
 * A version costs what differs from an earlier one; versions are found by identity, so that any
 * number of stores and a jump back in time get what is theirs.
 */
export class LiveQuery {
  readonly #matches: Matcher;
  readonly #ordering: Ordering;
  readonly #differencesIn: DifferencesIn;
  /** The last that were asked for, the newest first. Few: what is here is not collected. */
  #recent: readonly Matches[] = [];
  /** Where the next version may come from, the newest first. */
  #heads: readonly Head[] = [];
  #evaluations = 0;

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
    const [latest] = this.#recent;
    if (latest?.records === records) return latest;
    const known = this.#recent.find((each) => each.records === records);
    const matches = known ?? this.#evaluated(records);
    // The next one is likely to come from it, also after a jump back.
    if (known) this.#begin(known, null);
    const others = this.#recent.filter((each) => each !== known);
    this.#recent = [matches, ...others.slice(0, recentLimit - 1)];
    return matches;
  }

  #evaluated(records: Pages<Entry>): Matches {
    this.#evaluations++;
    const from = this.#nearest(records);
    const matches = from
      ? laterMatches(from.before, records, from.differences, this.#matches)
      : allMatches(records, this.#matches, this.#ordering);
    this.#begin(matches, from?.before ?? null);
    return matches;
  }

  /** The end of a line from which least differs. */
  #nearest(records: Pages<Entry>): Beginning | null {
    const heads = this.#heads.map(({ matches }) => matches);
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

  /** Puts a version at the end of a line, in place of the one that it comes from. */
  #begin(matches: Matches, before: Matches | null): void {
    const at = this.#evaluations;
    const others = this.#heads.filter(
      (head) => head.matches !== before && head.matches !== matches && at - head.at <= idleLimit,
    );
    this.#heads = [{ matches, at }, ...others.slice(0, headLimit - 1)];
  }
}

function sharedParts(a: Pages<Entry>, b: Pages<Entry>): number {
  const parts = ({ root }: Pages<Entry>): readonly object[] =>
    'children' in root ? root.children : root.values;
  const known = new Set(parts(a));
  return parts(b).filter((part) => known.has(part)).length;
}
