import { configureStore, type Reducer } from '@reduxjs/toolkit';
import { afterEach, expect, test } from 'vitest';
import { createSync, type SyncState } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import { type Bends, bent } from '../support/bentStorage.ts';
import {
  away,
  type Bend,
  fateOf,
  gate,
  leading,
  pause,
  quickEnv,
  statusOf,
  synced,
  TinyServer,
  tinyTransport,
} from '../support/tinyServer.ts';
import { testModels, until } from '../support/world.ts';

const milk = { title: 'Milk', done: false };
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const sync of running.splice(0)) await sync.stop();
});

/** A device under DevTools: `jump` shows another moment, as they do, behind everybody's back. */
async function travelling(bends: Bends = {}, bend: Bend = () => ({})) {
  const sync = createSync({
    ...{ name: `travel-${quickEnv().uuid()}`, models: testModels, env: quickEnv() },
    transport: tinyTransport(new TinyServer(), bend),
    storage: bent(memory(), bends),
  });
  let unseen: { sync: SyncState } | null = null;
  const reducer: Reducer<{ sync: SyncState }> = (state, action) => {
    if (action.type === 'JUMP' && 'to' in action) return action.to as { sync: SyncState };
    const from = unseen ?? state;
    unseen = null;
    return { sync: sync.reducer(from?.sync, action) };
  };
  const store = configureStore({
    reducer,
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  const device = { sync, store };
  running.push(sync);
  sync.start();
  await sync.ready;
  await leading(device);
  const jump = (to: { sync: SyncState }) => void store.dispatch({ type: 'JUMP', to });
  /** The same, past the middleware as well: no action tells anybody. */
  const jumpUnseen = (to: { sync: SyncState }) => {
    unseen = to;
    store.replaceReducer(reducer);
  };
  return { ...device, device, jump, jumpUnseen, todo: sync.models.todo };
}

test('back from the past, a write that became durable meanwhile is called saved', async () => {
  const { device, store, jump, todo } = await travelling({
    beforeCommit: ({ append }) => append && pause(20),
  });
  await synced(device);
  const past = store.getState();
  await todo.create(milk).settled;
  const write = todo.create(milk);
  const present = store.getState();
  jump(past);
  await until('it holds', () => statusOf(device).reason === 'timeTravelling');
  await pause(60);
  jump(present);
  expect(await fateOf(write.saved)).toBe('resolved');
  expect(await fateOf(write.settled)).toBe('resolved');
});

test('while the past is shown the journal is not read over and over', async () => {
  let reads = 0;
  let slow = 0;
  const { store, jump, todo } = await travelling(
    { beforeCommit: ({ append }) => append && pause(slow), beforeReadRows: () => reads++ },
    away,
  );
  await todo.create(milk).saved;
  const past = store.getState();
  await todo.create(milk).saved;
  slow = 20;
  const writes = [todo.create(milk)];
  await pause(5);
  // In a transaction of its own.
  writes.push(todo.create(milk));
  const present = store.getState();
  jump(past);
  reads = 0;
  await pause(100);
  expect(reads).toBeLessThan(10);
  jump(present);
  for (const { saved } of writes) expect(await fateOf(saved)).toBe('resolved');
});

test('I12: a page that came while the past was shown is not passed over', async () => {
  const [first, second] = [gate(), gate()];
  const asked: (string | null)[] = [];
  let many = false;
  const { device, store, jump, todo } = await travelling({}, () => ({
    pull: async ({ model, cursor }) => {
      const end = { kind: 'page', items: [], deleted: [], cursor: cursor ?? '0', hasMore: false };
      if (model.name !== 'todo' || !many || cursor === '2') return { ...end, kind: 'page' };
      asked.push(cursor);
      await (cursor === '0' ? first : second).opened;
      const [id, next] = cursor === '0' ? ['a', '1'] : ['b', '2'];
      const items = [{ id, record: { ...milk, id }, version: null }];
      return { ...end, kind: 'page', items, cursor: next, hasMore: next === '1' };
    },
  }));
  await synced(device);
  const past = store.getState();
  await todo.create({ ...milk, id: 'mine' }).settled;
  await synced(device);
  const present = store.getState();
  many = true;
  const pull = todo.pull();
  await until('the first page is under way', () => asked.length === 1);
  jump(past);
  // Becomes durable, and is not folded while the past is shown.
  todo.create({ ...milk, id: 'late' });
  await pause(20);
  first.open();
  await pause(20);
  jump(present);
  await until('it is here again', () => todo.selectTotal(store.getState()) > 1);
  second.open();
  await pull;
  await todo.pull();
  expect([...todo.selectIds(store.getState())].sort()).toEqual(['a', 'b', 'late', 'mine']);
});

test('P13: who paused stays paused when the DevTools come back', async () => {
  const server = new TinyServer();
  const { device, sync, store, jump, todo } = await travelling({}, () => ({
    push: async (...args) => server.push(...args),
  }));
  await synced(device);
  const past = store.getState();
  sync.pause();
  const write = todo.create(milk);
  await write.saved;
  const present = store.getState();
  jump(past);
  todo.create(milk);
  await until('it holds', () => statusOf(device).reason === 'timeTravelling');
  jump(present);
  await until('it is here again', () => statusOf(device).reason !== 'timeTravelling');
  await pause(50);
  expect([statusOf(device).reason, server.pushes]).toEqual(['paused', 0]);
  await sync.resume();
  expect(await fateOf(write.settled)).toBe('resolved');
});

test('I14: back from the past, what waits goes on, also where a flush was the first to notice', async () => {
  let isAway = false;
  const { device, sync, store, jump, jumpUnseen, todo } = await travelling({}, (straight) => ({
    push: (...args) => (isAway ? Promise.reject(new Error('no network')) : straight.push(...args)),
    probe: (...args) =>
      isAway ? Promise.reject(new Error('no network')) : straight.probe(...args),
  }));
  await synced(device);
  const past = store.getState();
  isAway = true;
  const write = todo.create(milk);
  await write.saved;
  await until('it waits', () => statusOf(device).reason === 'offline');
  const present = store.getState();
  jump(past);
  isAway = false;
  // The connection comes back while the past is shown.
  await until('it holds', () => statusOf(device).reason === 'timeTravelling');
  jumpUnseen(present);
  await sync.persistor.flush();
  expect(await fateOf(write.settled)).toBe('resolved');
});
