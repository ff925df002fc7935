import { configureStore, createEntityAdapter, createSlice } from '@reduxjs/toolkit';
import { memory } from 'syncharts/storage';
import { makeDevice } from './device.ts';
import { feed } from './feed.ts';
import { expectSame, paired, type Samples } from './samples.ts';
import { makeTodos, spread, type Todo } from './todos.ts';

/** Dispatches of one round; the adapter's are few where one takes a quarter of a second. */
const ourEdits = 200;
const adapterEdits = (count: number) => (count >= 100_000 ? 4 : count >= 10_000 ? 20 : 200);

function makeAdapterStore(records: readonly Todo[]) {
  const adapter = createEntityAdapter<Todo>();
  const slice = createSlice({
    name: 'todo',
    initialState: adapter.getInitialState({}, records),
    reducers: { updated: adapter.updateOne },
  });
  const store = configureStore({ reducer: { todo: slice.reducer } });
  return { store, updated: slice.actions.updated };
}

/**
 * One edit's dispatch, action creator, middleware and reducer included, in a table of `count`
 * records; storage in memory. The queue is drained between the batches, outside of the time.
 */
export async function dispatch(count: number, rounds: number): Promise<Samples> {
  const records = makeTodos(count);
  const { sync, store, start, total } = makeDevice({ transport: feed(records), storage: memory() });
  await start();
  await sync.models.todo.pull();
  expectSame('records pulled', total(), count);
  const { store: adapterStore, updated } = makeAdapterStore(records);
  let edit = 0;

  const ours = async () => {
    const saved: Promise<void>[] = [];
    const begin = performance.now();
    for (let i = 0; i < ourEdits; i++) {
      const changes = { counter: ++edit };
      const action = sync.actions.todo.update({ id: spread(edit, count), changes });
      saved.push(store.dispatch(action).saved);
    }
    const ms = (performance.now() - begin) / ourEdits;
    const id = spread(edit, count);
    expectSame('ours', sync.models.todo.selectById(store.getState(), id)?.counter, edit);
    await Promise.all(saved);
    await sync.persistor.flush();
    return ms;
  };
  const floor = async () => {
    const edits = adapterEdits(count);
    const begin = performance.now();
    for (let i = 0; i < edits; i++) {
      const changes = { counter: ++edit };
      adapterStore.dispatch(updated({ id: spread(edit, count), changes }));
    }
    const ms = (performance.now() - begin) / edits;
    const { entities } = adapterStore.getState().todo;
    expectSame('the adapter', entities[spread(edit, count)]?.counter, edit);
    return ms;
  };
  const samples = await paired(rounds, ours, floor);
  await sync.stop();
  return samples;
}
