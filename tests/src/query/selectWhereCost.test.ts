import { expect, test } from 'vitest';
import { createQueries, type Queries } from '../../../src/query/queries.ts';
import type { Entry } from '../../../store/facts.ts';
import type { JsonObject } from '../../../store/json.ts';
import { noPages, type Pages } from '../../../store/pages.ts';
import { PagesDraft, setIn } from '../../../store/pagesDraft.ts';
import { createSyncSlice, type SyncState } from '../../../store/slice.ts';
import { models } from '../../support/rows.ts';

const empty = createSyncSlice('sync', models).reducer(undefined, { type: '@@init' });

function stateOf(records: Pages<Entry>): SyncState {
  const todo = { ...empty.shown.models.todo, records } as SyncState['shown']['models'][string];
  return { ...empty, shown: { ...empty.shown, models: { todo } } };
}

let reads = 0;

/** A record that counts how often its field `n` is read. */
function counted(id: string, n: number): Entry {
  const shown = Object.defineProperty({ id } as JsonObject, 'n', {
    enumerable: true,
    get: () => {
      reads++;
      return n;
    },
  });
  return { base: shown, version: null, alias: null, shown, confirmed: 0 };
}

const keyOf = (n: number) => `r${String(n).padStart(7, '0')}`;

function filled(count: number): Pages<Entry> {
  const draft = new PagesDraft<Entry>(noPages());
  for (let n = 0; n < count; n++) draft.set(keyOf(n), counted(keyOf(n), (n * 7_919) % count));
  return draft.finish();
}

/** Reads of the field that one edit costs. */
function readsOfEdit(count: number, query: object): number {
  const { select } = createQueries('todo');
  const before = filled(count);
  select(stateOf(before), query);
  const after = setIn(before, keyOf(count >> 1), counted(keyOf(count >> 1), count >> 2));
  reads = 0;
  select(stateOf(after), query);
  return reads;
}

test.each([
  { where: { n: { gte: 10 } }, orderBy: ['n'], limit: 20 },
  { where: { n: { gte: 10 } }, orderBy: [['n', 'desc']], limit: 20, offset: 400 },
  { orderBy: ['n'], limit: 20 },
])('N14 S5: one edit among 100,000 records costs hardly more than among 1,000: %j', (query) => {
  const [small, middle, large] = [1_000, 10_000, 100_000].map((count) => readsOfEdit(count, query));
  // A binary search each for what goes and what comes, two reads a step.
  expect(small).toBeLessThanOrEqual(2 + 2 * 2 * 12);
  expect(middle).toBeLessThanOrEqual((small as number) + 2 * 2 * 5);
  expect(large).toBeLessThanOrEqual((small as number) + 2 * 2 * 9);
  expect(large).toBeGreaterThan(0);
});

test('S5: pages of one list share the work of the whole', () => {
  const { select } = createQueries('todo');
  const state = stateOf(filled(1_000));
  const page = (offset: number) => select(state, { orderBy: ['n'], limit: 20, offset });
  const first = page(0);
  reads = 0;
  const second = page(20);
  expect(reads).toBe(0);
  expect([...first, ...second].map(({ n }) => n)).toEqual(Array.from({ length: 40 }, (_, n) => n));
});

test('S5: two stores that take turns each cost their own edits', () => {
  const { select } = createQueries('todo');
  let [one, other] = [filled(2_000), filled(2_000)];
  const query = { where: { n: { gte: 0 } }, orderBy: ['n'], limit: 5 };
  select(stateOf(one), query);
  select(stateOf(other), query);
  reads = 0;
  for (let i = 0; i < 10; i++) {
    one = setIn(one, keyOf(i), counted(keyOf(i), 1));
    other = setIn(other, keyOf(i), counted(keyOf(i), 1));
    select(stateOf(one), query);
    select(stateOf(other), query);
  }
  expect(reads).toBeLessThan(20 * 100);
});

/** Whether what was found for a query is still there: asking again gives the same array. */
function isKept({ select }: Queries, state: SyncState, query: object, found: unknown): boolean {
  return select(state, query) === found;
}

test('S5: a hundred queries of a model are kept, and not one more', () => {
  const queries = createQueries('todo');
  const state = stateOf(filled(10));
  const first = { where: { n: { gte: 0 } } };
  const found = queries.select(state, first);
  for (let n = 1; n < 100; n++) queries.select(state, { where: { n: { gte: -n } } });
  expect(isKept(queries, state, first, found)).toBe(true);
  for (let n = 1; n <= 100; n++) queries.select(state, { where: { n: { lt: n } } });
  expect(isKept(queries, state, first, found)).toBe(false);
  expect(queries.select(state, first)).toEqual(found);
});

test('S5: a query that nobody asks for is forgotten after a thousand changes', () => {
  const queries = createQueries('todo');
  let records = filled(10);
  const start = stateOf(records);
  const idle = { where: { n: { gte: 0 } } };
  const found = queries.select(start, idle);
  const ask = (times: number) => {
    for (let i = 0; i < times; i++) {
      records = setIn(records, keyOf(1), counted(keyOf(1), i));
      queries.select(stateOf(records), { limit: 3 });
    }
  };
  ask(900);
  expect(isKept(queries, start, idle, found)).toBe(true);
  ask(1_100);
  expect(isKept(queries, start, idle, found)).toBe(false);
});
