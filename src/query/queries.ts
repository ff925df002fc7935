import type { Entry } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { noPages, type Pages, scan } from '../../store/pages.ts';
import type { SyncState } from '../../store/slice.ts';
import type { CheckedQuery } from './checkedQuery.ts';
import { checkQuery } from './checkQuery.ts';
import { matcherOf } from './matcher.ts';
import { orderingOf } from './ordering.ts';

/** Reads of one model by query. */
export interface Queries {
  select(state: SyncState, query: unknown): readonly JsonObject[];
  count(state: SyncState, query: unknown): number;
}

export function createQueries(model: string): Queries {
  const kept = new WeakMap<Pages<Entry>, Map<string, readonly JsonObject[]>>();

  function found(state: SyncState, { text, where, orderBy }: CheckedQuery): readonly JsonObject[] {
    const records = state.shown.models[model]?.records ?? noPages<Entry>();
    let byText = kept.get(records);
    if (!byText) {
      byText = new Map();
      kept.set(records, byText);
    }
    let all = byText.get(text);
    if (!all) {
      const matches = matcherOf(where);
      const compare = orderingOf(orderBy);
      const rows: { id: string; record: JsonObject }[] = [];
      scan(records, '', ({ shown }, id) => {
        if (shown && matches(shown)) rows.push({ id, record: shown });
        return true;
      });
      rows.sort((a, b) => compare(a.record, a.id, b.record, b.id));
      all = rows.map(({ record }) => record);
      byText.set(text, all);
    }
    return all;
  }

  const windows = new WeakMap<readonly JsonObject[], Map<string, readonly JsonObject[]>>();

  return {
    select: (state, given) => {
      const query = checkQuery(given);
      const all = found(state, query);
      const { offset, limit } = query;
      if (offset === 0 && limit === null) return all;
      const key = `${offset} ${limit}`;
      let byKey = windows.get(all);
      if (!byKey) {
        byKey = new Map();
        windows.set(all, byKey);
      }
      let rows = byKey.get(key);
      if (!rows) {
        rows = all.slice(offset, limit === null ? undefined : offset + limit);
        byKey.set(key, rows);
      }
      return rows;
    },
    count: (state, given) => found(state, checkQuery(given)).length,
  };
}
