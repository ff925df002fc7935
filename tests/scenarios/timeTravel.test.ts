import { ActionCreators, type EnhancedStore, instrument } from '@redux-devtools/instrument';
import { configureStore } from '@reduxjs/toolkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSync, type SyncState } from '../../src/index.ts';
import { memory, type Storage } from '../../src/storage.ts';
import { pause, quickEnv, TinyServer, tinyTransport } from '../support/tinyServer.ts';
import { testModels, until } from '../support/world.ts';

let server: TinyServer;
const ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  server = new TinyServer();
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A device whose store is held by the real instrument behind Redux DevTools. */
function inspected(storage: Storage = memory(), name = 'travel') {
  const sync = createSync({
    ...{ name, models: testModels, storage, env: quickEnv() },
    transport: tinyTransport(server, () => ({})),
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
    devTools: false,
    enhancers: (defaults) => defaults().concat(instrument()),
  });
  const { liftedStore } = store as unknown as EnhancedStore<{ sync: SyncState }, never, null>;
  ends.push(() => sync.stop());
  sync.start();
  const state = () => store.getState().sync as SyncState;
  const titles = () => sync.models.todo.selectAll(store.getState()).map(({ title }) => title);
  const settled = () =>
    until('all is synced', () => sync.selectSyncStatus(store.getState()).phase === 'synced');
  /** What the store holds, whatever it shows. */
  const head = () => liftedStore.getState().computedStates.at(-1)?.state.sync as SyncState;
  /** The number under which DevTools list the first action of a type. */
  const idOf = (type: string) => {
    const all = Object.entries(liftedStore.getState().actionsById);
    const found = all.find(([, { action }]) => (action as { type: string }).type === type);
    return Number(found?.[0]);
  };
  const jumpTo = (type: string) => liftedStore.dispatch(ActionCreators.jumpToAction(idOf(type)));
  const jumpToEnd = () => {
    const { computedStates } = liftedStore.getState();
    liftedStore.dispatch(ActionCreators.jumpToState(computedStates.length - 1));
  };
  return { sync, store, liftedStore, state, head, titles, settled, idOf, jumpTo, jumpToEnd };
}

type Inspected = ReturnType<typeof inspected>;

const create = ({ sync }: Inspected, id: string) =>
  sync.models.todo.create({ id, title: id.toUpperCase(), done: false });

async function withOneSynced(): Promise<Inspected> {
  const device = inspected();
  await device.sync.ready;
  create(device, 'a');
  await device.settled();
  expect(server.pushes).toBe(1);
  return device;
}

describe('P31: time travel never sends anything again', () => {
  test('P31: a jump into the past shows the past, sends nothing, and back again all goes on', async () => {
    const device = await withOneSynced();
    const { sync, jumpTo, jumpToEnd, titles } = device;
    jumpTo('sync/recorded');
    expect(sync.models.todo.selectRecordStatus(device.store.getState(), 'a').status).toBe('saving');
    device.store.dispatch({ type: 'app/tick' });
    const pull = sync.models.todo.pull();
    await pause(50);
    expect(server.pushes).toBe(1);
    expect(device.head().ephemeral.run).toBe('timeTravelling');
    jumpToEnd();
    await pull;
    await device.settled();
    expect([titles(), server.pushes]).toEqual([['A'], 1]);
  });

  test('what is written while DevTools show the past is durable at once and sent after it', async () => {
    const device = await withOneSynced();
    device.jumpTo('sync/recorded');
    const write = create(device, 'b');
    await pause(50);
    expect(server.ids('todo')).toEqual(['a']);
    device.jumpToEnd();
    await write.saved;
    expect((await write.settled).outcome).toBe('committed');
    expect([device.titles(), server.ids('todo'), server.pushes]).toEqual([
      ['A', 'B'],
      ['a', 'b'],
      2,
    ]);
  });

  test('P31: an action that is toggled off is not undone on the server, and resume reads the truth from disk', async () => {
    const device = await withOneSynced();
    const { sync, liftedStore, idOf } = device;
    liftedStore.dispatch(ActionCreators.toggleAction(idOf('sync/sequenced')));
    device.store.dispatch({ type: 'app/tick' });
    create(device, 'b');
    await pause(50);
    expect(server.pushes).toBe(1);
    expect(device.head().ephemeral.run).toBe('timeTravelling');
    await sync.resume();
    await device.settled();
    expect([device.titles(), server.pushes]).toEqual([['A', 'B'], 2]);
  });

  test('P31: a reset of DevTools empties the screen and not the disk', async () => {
    const storage = memory();
    const device = inspected(storage);
    await device.sync.ready;
    create(device, 'a');
    await device.settled();
    device.liftedStore.dispatch(ActionCreators.reset());
    expect(device.titles()).toEqual([]);
    device.store.dispatch({ type: 'app/tick' });
    await pause(50);
    expect([server.pushes, server.ids('todo')]).toEqual([1, ['a']]);
    await device.sync.resume();
    await device.settled();
    expect([device.titles(), server.pushes]).toEqual([['A'], 1]);
    create(device, 'b');
    await device.settled();
    await device.sync.stop();
    const next = inspected(storage);
    await next.sync.ready;
    expect([next.titles(), server.pushes]).toEqual([['A', 'B'], 2]);
  });

  test('a day that is replayed, moment by moment, sends nothing', async () => {
    const device = await withOneSynced();
    const { liftedStore } = device;
    // As DevTools do while somebody replays a day: every moment once, there and back.
    const { computedStates } = liftedStore.getState();
    for (let i = 0; i < computedStates.length; i++) {
      liftedStore.dispatch(ActionCreators.jumpToState(i));
      device.store.dispatch({ type: 'app/tick' });
      await pause(1);
    }
    device.jumpToEnd();
    await device.settled();
    expect(server.pushes).toBe(1);
  });
});
