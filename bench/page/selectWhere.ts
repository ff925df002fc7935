import type { Query } from 'syncharts';
import { memory } from 'syncharts/storage';
import { makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { expectSame, paired, type Samples, settle } from './samples.ts';
import { makeTodos, spread, type Todo } from './todos.ts';

/** States whose rows are asked for in one round; by hand few, where one takes many milliseconds. */
const ourEdits = 200;
const floorEdits = 10;

/** What an app writes that has no queries: look at all, sort what was found, take a part. */
function byHand(records: readonly Todo[], offset: number, limit: number): Todo[] {
  return records
    .filter(({ done }) => !done)
    .sort((a, b) => b.counter - a.counter || (a.id < b.id ? -1 : 1))
    .slice(offset, offset + limit);
}

export interface Selected extends Samples {
  /** The first call, which looks at every record (ms). */
  readonly first: Samples;
}

/**
 * The rows of a query after one edit among `count` records: filtered, sorted, a part from `offset`
 * on. The edits are made before, and each changes the rows; what is measured is reading them.
 */
export async function selectWhere(
  count: number,
  offset: number,
  rounds: number,
): Promise<Selected> {
  const device = { transport: feed(makeTodos(count)), storage: memory() };
  const { sync, store, start, total } = makeDevice(device);
  await start();
  await sync.models.todo.pull();
  expectSame('records pulled', total(), count);
  const { selectWhere, selectAll, selectById } = sync.models.todo;
  const limit = 20;
  const query: Query<Todo> = {
    ...{ where: { done: false }, orderBy: [['counter', 'desc']], limit, offset },
  };
  let edit = 0;
  let last: readonly Todo[] = [];

  /** States after one edit each, which puts a record in front of all others. */
  const statesAfterEdits = async (edits: number): Promise<object[]> => {
    const states: object[] = [];
    const saved: Promise<void>[] = [];
    for (let i = 0; i < edits; i++) {
      const changes = { counter: count + ++edit, done: false };
      saved.push(sync.models.todo.update(spread(edit, count), changes).saved);
      states.push(store.getState());
    }
    await Promise.all(saved);
    await sync.persistor.flush();
    await settle();
    return states;
  };
  const ours = async () => {
    const before = selectWhere(store.getState(), query);
    const states = await statesAfterEdits(ourEdits);
    const begin = performance.now();
    for (const state of states) last = selectWhere(state, query);
    const ms = (performance.now() - begin) / ourEdits;
    expectSame('other rows after the edits', last === before, false);
    const expected = byHand(selectAll(store.getState()), offset, limit);
    expectSame('rows', last.map(({ id }) => id).join(), expected.map(({ id }) => id).join());
    expectSame('the record itself', selectById(store.getState(), last[0]?.id ?? ''), last[0]);
    return ms;
  };
  const floor = async () => {
    // `selectAll` is outside of the time: it is ours.
    const tables = (await statesAfterEdits(floorEdits)).map((state) => selectAll(state));
    const begin = performance.now();
    for (const records of tables) last = byHand(records, offset, limit);
    return (performance.now() - begin) / floorEdits;
  };
  const firstOurs = async () => {
    // Conditions that were never asked for: nothing is kept for them.
    const fresh: Query<Todo> = { ...query, where: { done: false, counter: { gte: -++edit } } };
    const begin = performance.now();
    last = selectWhere(store.getState(), fresh);
    return performance.now() - begin;
  };
  const firstFloor = async () => {
    const records = selectAll(store.getState());
    const begin = performance.now();
    last = byHand(records, offset, limit);
    return performance.now() - begin;
  };
  const samples = await paired(rounds, ours, floor);
  const first = await paired(rounds, firstOurs, firstFloor);
  await sync.stop();
  return { ...samples, first };
}
