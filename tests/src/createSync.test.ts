import { configureStore } from '@reduxjs/toolkit';
import { describe, expect, test, vi } from 'vitest';
import { createSync, defineModel, type SyncOptions } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { makeDevice, testModels, until } from '../support/world.ts';

const transport = rest({ baseUrl: 'http://localhost:1' });
const good = { name: 'x', models: testModels, transport, storage: memory() };

describe('bad configuration is refused with the path of the option', () => {
  test.each([
    ['name', { name: '' }],
    ['models', { models: {} }],
    ['models.a b', { models: { 'a b': testModels.todo } }],
    ['models.todo', { models: { todo: {} } }],
    ['transport', { transport: {} }],
    ['reducerPath', { reducerPath: '' }],
    ['backoff.base', { backoff: { base: -1 } }],
    ['colour', { colour: 'red' }],
  ])('%s', (path, wrong) => {
    const options = { ...good, ...wrong } as unknown as SyncOptions<typeof testModels>;
    const refusal = { code: 'badConfig', message: expect.stringContaining(path) };
    expect(() => createSync(options)).toThrow(expect.objectContaining(refusal));
  });

  test.each([
    [{ endpoint: '' }],
    [{ endpoint: '../x' }],
    [{ endpoint: 'https://x' }],
    [{ endpoint: 'a?b' }],
    [{ endpoint: 'a', ids: 'mine' }],
    [{ endpoint: 'a', onReject: 'explode' }],
  ])('defineModel(%j)', (options) => {
    const refusal = expect.objectContaining({ code: 'badConfig' });
    expect(() => defineModel(options as { endpoint: string })).toThrow(refusal);
  });

  test('slashes around an endpoint are not counted', () => {
    expect(defineModel({ endpoint: '/a/b/' }).endpoint).toBe('a/b');
  });
});

describe('a store without the parts says what is missing', () => {
  test('without the middleware', () => {
    const sync = createSync(good);
    const store = configureStore({
      reducer: { [sync.reducerPath]: sync.reducer },
      middleware: (defaults) => defaults(sync.middlewareOptions()),
    });
    const missing = expect.objectContaining({ code: 'noMiddleware' });
    expect(() => sync.start()).toThrow(missing);
    expect(() => sync.models.todo.create({ title: 'x', done: false })).toThrow(missing);
    const action = sync.actions.todo.create({ title: 'x', done: false });
    expect(() => store.dispatch(action as unknown as { type: string })).toThrow(/middleware/);
  });

  test('without the reducer', () => {
    const sync = createSync(good);
    expect(() => sync.models.todo.selectAll({})).toThrow(
      expect.objectContaining({ code: 'noMiddleware' }),
    );
  });

  test('one sync belongs to one store', () => {
    const { sync } = makeDevice({ transport });
    const again = () =>
      configureStore({
        reducer: { [sync.reducerPath]: sync.reducer },
        middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
      });
    expect(again).toThrow(expect.objectContaining({ code: 'badConfig' }));
  });
});

describe('redux-persist', () => {
  test('hydrates and opens the gate; it never writes and sets no timer', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { sync, store } = makeDevice({ transport });
    expect(sync.persistor.getState().bootstrapped).toBe(false);
    let told = 0;
    sync.persistor.subscribe(() => told++);
    sync.start();
    await sync.ready;
    expect(sync.persistor.getState().bootstrapped).toBe(true);
    expect(told).toBeGreaterThan(0);
    await sync.models.todo.create({ title: 'Milk', done: false }).saved;
    await sync.persistor.flush();
    expect(errors).not.toHaveBeenCalled();
    await sync.persistor.purge();
    expect(sync.models.todo.selectTotal(store.getState())).toBe(0);
    sync.persistor.pause();
    expect(sync.selectSyncStatus(store.getState()).reason).not.toBeNull();
    sync.persistor.persist();
    await sync.stop();
    errors.mockRestore();
  });
});

describe('the development checks of Redux Toolkit', () => {
  test('stay on for everything but the big tables; own options are kept', () => {
    const { sync } = makeDevice({ transport });
    const own = {
      serializableCheck: { ignoredPaths: ['mine'] },
      immutableCheck: false,
      thunk: true,
    };
    const merged = sync.middlewareOptions(own);
    expect(merged).toMatchObject({ immutableCheck: false, thunk: true });
    const paths = (merged.serializableCheck as { ignoredPaths: string[] }).ignoredPaths;
    expect(paths).toEqual(expect.arrayContaining(['mine', 'sync.sequenced', 'sync.shown']));
    expect(paths).not.toContain('sync');
  });

  test('P36: find nothing to complain about in a day’s work', async () => {
    const warnings = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { sync } = makeDevice({ transport });
    sync.start();
    await sync.ready;
    const write = sync.models.todo.create({ title: 'Milk', done: false });
    await write.saved;
    await sync.models.todo.update(write.id, { done: true }).saved;
    expect(warnings).not.toHaveBeenCalled();
    await sync.stop();
    warnings.mockRestore();
  });
});

describe('P31: DevTools', () => {
  test('see counts instead of tables', async () => {
    const { sync, store } = makeDevice({ transport });
    sync.start();
    await sync.ready;
    await sync.models.todo.create({ title: 'secret', done: false }).saved;
    const { actionSanitizer, stateSanitizer } = sync.devTools;
    const shown = stateSanitizer(store.getState());
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(shown).toMatchObject({ sync: { outbox: 1, records: { todo: 1 } } });
    expect(stateSanitizer({ other: 1 })).toEqual({ other: 1 });
    const plain = { type: 'mine' };
    expect(actionSanitizer(plain)).toBe(plain);
    await sync.stop();
  });
});

describe('S26: events', () => {
  test('reach their listeners and a loop; one that throws harms nobody', async () => {
    const { sync } = makeDevice({ transport });
    const seen: string[] = [];
    const stop = sync.events.on('saved', ({ recordId }) => seen.push(recordId));
    const loop = (async () => {
      for await (const event of sync.events) {
        seen.push(`loop:${event.type}`);
        if (event.type === 'saved') return;
      }
    })();
    sync.start();
    await sync.ready;
    await sync.models.todo.create({ id: 'a', title: 'Milk', done: false }).saved;
    await loop;
    expect(seen).toContain('a');
    expect(seen).toContain('loop:saved');
    stop();
    await sync.models.todo.create({ id: 'b', title: 'Milk', done: false }).saved;
    expect(seen).not.toContain('b');
    await sync.stop();
  });
});

describe('S16: waiting for the server', () => {
  test('is refused while there is no connection, unless it may wait', async () => {
    const { sync, store } = makeDevice({ transport });
    sync.start();
    await sync.ready;
    await until('offline', () => !sync.selectSyncStatus(store.getState()).online);
    const { todo } = sync.models;
    const milk = { title: 'Milk', done: false };
    const refused = () => todo.create(milk, { strategy: 'waitForRemote' });
    expect(refused).toThrow(expect.objectContaining({ code: 'offline' }));
    expect(() => todo.create(milk, { offline: 'refuse' })).toThrow(
      expect.objectContaining({ code: 'offline' }),
    );
    const waits = todo.create(milk, {
      strategy: 'waitForRemote',
      offline: 'wait',
      meta: { why: 'form' },
    });
    await waits.saved;
    expect(todo.selectById(store.getState(), waits.id)).toBeUndefined();
    expect(sync.outbox.list()).toMatchObject([
      { operation: { meta: { why: 'form' }, visible: false } },
    ]);
    await sync.stop();
  });
});

describe('time travel', () => {
  test('holds network and checkpoint; back at the head it goes on', async () => {
    const { sync, store } = makeDevice({ transport });
    sync.start();
    await sync.ready;
    await sync.models.todo.create({ title: 'a', done: false }).saved;
    const before = sync.models.todo.selectTotal(store.getState());
    // What a jump of the DevTools does: another moment of the slice, by an action of its own.
    const sequenced = store.getState().sync?.sequenced;
    store.dispatch({
      type: 'sync/checkpointLoaded',
      payload: { ...sequenced, folded: 0, head: 0 },
    });
    const write = sync.models.todo.create({ title: 'b', done: false });
    await until('held', () => sync.selectSyncStatus(store.getState()).reason === 'timeTravelling');
    await sync.resume();
    await write.saved;
    expect(sync.models.todo.selectTotal(store.getState())).toBe(before + 1);
    expect(sync.selectSyncStatus(store.getState()).reason).not.toBe('timeTravelling');
    await sync.stop();
  });
});
