import type { Entry } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { noPages, type Pages } from '../../store/pages.ts';
import { type Difference, differencesIn } from '../../store/pagesDiff.ts';
import type { SyncState } from '../../store/slice.ts';
import type { CheckedQuery } from './checkedQuery.ts';
import { checkQuery } from './checkQuery.ts';
import { type DifferencesIn, LiveQuery } from './liveQuery.ts';

/** Reads of one model by query. */
export interface Queries {
  select(state: SyncState, query: unknown): readonly JsonObject[];
  count(state: SyncState, query: unknown): number;
}

/** Queries of a model that are kept at once; the one not asked for longest goes. */
const queryLimit = 100;
/** A query that was not asked about so many versions of the records is forgotten. */
const idleLimit = 1_000;

/**
 * Queries of one model, kept by their canonical text: asking again about the same records costs a
 * look-up, about later ones what differs.
 */
export function createQueries(model: string): Queries {
  const kept = new Map<string, { readonly live: LiveQuery; used: number }>();
  let latest: Pages<Entry> = noPages();
  let versions = 0;
  const differences = rememberingLast();

  function live(records: Pages<Entry>, query: CheckedQuery): LiveQuery {
    if (records !== latest) {
      latest = records;
      versions++;
      forgetIdle();
    }
    const { text } = query;
    const found = kept.get(text) ?? { live: new LiveQuery(query, differences), used: 0 };
    found.used = versions;
    // The last in the map is the one used last.
    kept.delete(text);
    kept.set(text, found);
    const [oldest] = kept.keys();
    if (kept.size > queryLimit && oldest !== undefined) kept.delete(oldest);
    return found.live;
  }

  function forgetIdle(): void {
    const [oldest] = kept;
    if (oldest && versions - oldest[1].used > idleLimit) kept.delete(oldest[0]);
  }

  const recordsOf = (state: SyncState) => state.shown.models[model]?.records ?? noPages<Entry>();
  return {
    select: (state, given) => {
      const query = checkQuery(given);
      const records = recordsOf(state);
      return live(records, query).rows(records, query.offset, query.limit);
    },
    count: (state, given) => {
      const records = recordsOf(state);
      return live(records, checkQuery(given)).count(records);
    },
  };
}

/** Many queries ask for the differences of the same two versions. */
function rememberingLast(): DifferencesIn {
  let last: { before: object; after: object; found: readonly Difference<Entry>[] } | null = null;
  return (before, after, limit) => {
    if (last?.before === before && last.after === after) {
      return last.found.length > limit ? null : last.found;
    }
    const found = differencesIn(before, after, limit);
    if (found) last = { before, after, found };
    return found;
  };
}
