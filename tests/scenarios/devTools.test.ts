import { configureStore, type Middleware } from '@reduxjs/toolkit';
import { expect, test } from 'vitest';
import { createSync } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import { type Bend, busy, quickEnv, TinyServer, tinyTransport } from '../support/tinyServer.ts';
import { testModels, until } from '../support/world.ts';

/** What the panel would show of a day: each action as the sanitizer gives it. */
function shown(bend: Bend = () => ({})) {
  const server = new TinyServer();
  const sync = createSync({
    ...{ name: 'panel', models: testModels, storage: memory(), env: quickEnv() },
    transport: tinyTransport(server, bend),
  });
  const actions: { type: string }[] = [];
  const panel: Middleware = () => (next) => (action) => {
    actions.push(sync.devTools.actionSanitizer(action as { type: string }));
    return next(action);
  };
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware, panel),
  });
  sync.start();
  const status = () => sync.selectSyncStatus(store.getState());
  return { server, sync, store, actions, status, names: () => actions.map(({ type }) => type) };
}

const id = '0190a5c2-7f3e-7000-8000-000000000001';

test('P31: Redux DevTools lists sentences', async () => {
  const { sync, names, status, actions } = shown();
  await sync.ready;
  sync.models.todo.create({ id, title: 'secret', done: false });
  await until('synced', () => status().phase === 'synced');
  expect(names()).toEqual(
    expect.arrayContaining([
      'sync/this tab is leading, running',
      'sync/the connection is online',
      'sync/todo 0190a5c2-7f3e… create recorded',
      'sync/1 row durable: todo 0190a5c2-7f3e… create recorded',
      'sync/1 row durable: todo 0190a5c2-7f3e… sealed',
      'sync/request under way: todo 0190a5c2-7f3e…',
      'sync/1 row durable: todo 0190a5c2-7f3e… committed',
      'sync/pull of todo done, 0 received',
    ]),
  );
  await sync.clear({ unsent: 'discard' });
  expect(names()).toContain('sync/everything cleared');
  // Every action of ours has a sentence; none shows what people wrote.
  const ours = names().filter((name) => name.startsWith('sync/'));
  expect(ours.filter((name) => !name.includes(' '))).toEqual([]);
  expect(JSON.stringify(actions)).not.toContain('secret');
  expect(JSON.stringify(actions)).toContain('<id, title, done>');
  await sync.stop();
});

test('P31: so does a day of trouble, and what anybody wrote stays out of it', async () => {
  const { sync, names, status, actions } = shown(({ push }) => ({
    push: async (request, ...rest) =>
      request.body?.includes('"a"') ? { kind: 'rejected', failure: busy } : push(request, ...rest),
  }));
  await sync.ready;
  const { todo } = sync.models;
  const writes = todo.createMany(
    ['a', 'b', 'c', 'd', 'e'].map((key) => ({ id: key, title: 'secret', done: false })),
    { meta: 'mine' },
  );
  await until('one is refused', () => status().failed > 0);
  const [refused] = sync.outbox.list().filter(({ deadLetter }) => deadLetter);
  const edited = await sync.outbox.edit(refused?.operation.id ?? '', { title: 'secret too' });
  await until('refused again', () => sync.explain('todo', edited.id).state === 'failed');
  await sync.outbox.discard(edited.operationId);
  expect(writes.length).toBe(5);
  expect(names().some((name) => /^sync\/5 rows durable: .* and 2 more$/.test(name))).toBe(true);
  expect(names().some((name) => name.endsWith('refused for good'))).toBe(true);
  expect(names()).toContain(`sync/todo ${edited.id} edited`);
  expect(names()).toContain(`sync/todo ${edited.id} discarded`);
  expect(JSON.stringify(actions)).not.toMatch(/secret|mine/);
  await sync.stop();
});

test('the types in the store stay what they are', async () => {
  const { sync, store } = shown();
  const action = sync.actions.todo.create({ title: 'A', done: false });
  expect(action.type).toBe('sync/recorded');
  const other = { type: 'app/tick', payload: { body: 'mine' } };
  expect(sync.devTools.actionSanitizer(other)).toBe(other);
  expect(sync.devTools.actionSanitizer({ type: 'persist/REHYDRATE', payload: {} })).toMatchObject({
    payload: '<facts>',
  });
  expect(store.getState()).toBeDefined();
});
