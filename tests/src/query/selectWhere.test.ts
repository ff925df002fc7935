import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createQueries } from '../../../src/query/queries.ts';
import type { Entry } from '../../../store/facts.ts';
import type { JsonObject } from '../../../store/json.ts';
import { noPages, type Pages } from '../../../store/pages.ts';
import { PagesDraft } from '../../../store/pagesDraft.ts';
import { createSyncSlice, type SyncState } from '../../../store/slice.ts';
import { anyFields, anyQuery, naively } from '../../support/queries.ts';
import { models } from '../../support/rows.ts';

type Records = ReadonlyMap<string, JsonObject>;

/** A state and, beside it, the records that it shows. */
interface Version {
  readonly state: SyncState;
  readonly records: Records;
}

const slice = createSyncSlice('sync', models);
const empty = slice.reducer(undefined, { type: '@@init' });

function entryOf(shown: JsonObject | null): Entry {
  return { base: shown, version: null, alias: null, shown, confirmed: 0 };
}

function stateOf(records: Pages<Entry>): SyncState {
  const todo = { ...empty.shown.models.todo, records } as SyncState['shown']['models'][string];
  return { ...empty, shown: { ...empty.shown, models: { ...empty.shown.models, todo } } };
}

const noVersion: Version = { state: stateOf(noPages()), records: new Map() };

/** Null: gone; undefined: there, and not shown. */
type Edit = readonly [id: string, fields: JsonObject | null | undefined];

function edited({ state, records }: Version, edits: readonly Edit[]): Version {
  const pages = new PagesDraft(state.shown.models.todo?.records ?? noPages<Entry>());
  const next = new Map(records);
  for (const [id, fields] of edits) {
    const record = fields ? { ...fields, id } : null;
    if (fields === null) pages.delete(id);
    else pages.set(id, entryOf(record));
    if (record) next.set(id, record);
    else next.delete(id);
  }
  return { state: stateOf(pages.finish()), records: next };
}

const keyOf = (n: number) => `r${String(n).padStart(4, '0')}`;
const edit = fc.tuple(
  fc.nat(700).map(keyOf),
  fc.oneof(
    { weight: 6, arbitrary: anyFields },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
);
const manyRecords = fc
  .tuple(fc.nat(600), fc.array(anyFields, { minLength: 1, maxLength: 20 }))
  .map(([count, kinds]) =>
    Array.from({ length: count }, (_, n): Edit => [keyOf(n), kinds[n % kinds.length]]),
  );

describe('S5: selectWhere', () => {
  test('gives what a naive evaluation gives, after any edits, in any version (property)', () => {
    const steps = fc.array(
      fc.record({
        edits: fc.oneof(fc.array(edit, { maxLength: 3 }), fc.array(edit, { maxLength: 80 })),
        from: fc.option(fc.nat(20), { nil: null, freq: 4 }),
      }),
      // As many versions as are known again when they are asked for in turn.
      { maxLength: 7 },
    );
    const queries = fc.array(anyQuery, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(manyRecords, steps, queries, (first, steps, asked) => {
        const { select, count } = createQueries('todo');
        const versions = [edited(noVersion, first)];
        const handed = new Map<object, (readonly JsonObject[])[]>();
        const ask = ({ state, records }: Version, before?: Version) => {
          const earlier = before && handed.get(pagesOf(before));
          const rows = asked.map((query, q) => {
            const expected = naively(records, query);
            const found = select(state, query);
            expect(found).toEqual(expected.rows);
            expect(holdSame(found, expected.rows)).toBe(true);
            expect(count(state, query)).toBe(expected.count);
            expect(select(state, structuredClone(query))).toBe(found);
            const last = earlier?.[q];
            expect(found === last).toBe(last !== undefined && holdSame(found, last));
            return found;
          });
          const known = handed.get(pagesOf({ state, records }));
          if (known) expect(holdSame(rows, known)).toBe(true);
          handed.set(pagesOf({ state, records }), rows);
        };
        ask(versions[0] as Version);
        for (const { edits, from } of steps) {
          const newest = versions.length - 1;
          // From the last version, or from an earlier one: another line of them.
          const base = versions[from === null ? newest : from % versions.length] as Version;
          const next = edited(base, edits);
          versions.push(next);
          ask(next, from === null ? base : undefined);
          if (from !== null) ask(base);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('gives the same array after a jump back in time and an edit elsewhere', () => {
    const { select } = createQueries('todo');
    const query = { offset: 1, limit: 1 };
    const first = edited(noVersion, [
      ['r0', { a: 1 }],
      ['r1', { a: 1 }],
    ]);
    const rows = select(first.state, query);
    const undone = edited(first, [['r0', null]]);
    expect(select(undone.state, query)).toEqual([]);
    expect(select(first.state, query)).toBe(rows);
    const other = edited(first, [['r0', { a: 2 }]]);
    expect(select(other.state, query)).toBe(rows);
  });

  test('gives the same empty array, whoever asks', () => {
    const none = createQueries('todo').select(noVersion.state, {});
    const full = edited(noVersion, [['r0', { a: 1 }]]);
    expect(createQueries('todo').select(full.state, { where: { a: 2 } })).toBe(none);
  });
});

function pagesOf({ state }: Version): object {
  return state.shown.models.todo?.records ?? state;
}

function holdSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
