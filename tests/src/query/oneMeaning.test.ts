import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueries } from '../../../src/query/queries.ts';
import { toUrlParameters } from '../../../src/query/toUrlParameters.ts';
import { emptyFacts } from '../../../store/facts.ts';
import { foldEntries } from '../../../store/fold.ts';
import type { JsonObject } from '../../../store/json.ts';
import { createSyncSlice } from '../../../store/slice.ts';
import { call, serve } from '../../server/support.ts';
import { anyFields, anyQuery, naively } from '../../support/queries.ts';
import { models, row } from '../../support/rows.ts';

const slice = createSyncSlice('sync', models);
const empty = slice.reducer(undefined, { type: '@@init' });

/** A device that has pulled these records. */
function stateWith(records: ReadonlyMap<string, JsonObject>) {
  const items = [...records].map(([id, record]) => ({ id, record, version: '"1"' }));
  const pulled = row({
    ...{ type: 'pulled', model: 'todo', since: null, cursor: null, complete: true },
    ...{ items, deleted: [] },
  });
  const { facts } = foldEntries(emptyFacts(models), [{ sequence: 1, row: pulled }]);
  return slice.reducer(empty, slice.actions.checkpointLoaded(facts));
}

test('S5: a query means the same in memory, in its definition, in the URL and on a server with a database (property)', async () => {
  const { apiUrl } = await serve();
  const manyFields = fc.array(anyFields, { minLength: 25, maxLength: 25 });
  const queries = fc.array(anyQuery, { minLength: 15, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(manyFields, queries, async (all, asked) => {
      const records = new Map(all.map((fields, n) => [`r${n}`, { ...fields, id: `r${n}` }]));
      const puts = [...records].map(([id, body]) =>
        call(`${apiUrl}/items/${id}`, { method: 'PUT', body }),
      );
      for (const { status } of await Promise.all(puts)) expect([200, 201]).toContain(status);
      const { select, count } = createQueries('todo');
      const state = stateWith(records);
      for (const query of asked) {
        const parameters = new URLSearchParams(toUrlParameters(query));
        const { status, body } = await call(`${apiUrl}/items?${parameters}`);
        const expected = naively(records, query);
        expect({ status, items: body.items, total: body.total }).toEqual({
          status: 200,
          items: expected.rows,
          total: expected.count,
        });
        expect(select(state, query)).toEqual(expected.rows);
        expect(count(state, query)).toBe(expected.count);
      }
    }),
    { numRuns: 12 },
  );
});
