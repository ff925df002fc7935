import { describe, expect, test } from 'vitest';
import { createSync, defineModel, SyncError, type SyncEvent } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import {
  away,
  type Bend,
  busy,
  gate,
  pause,
  quickEnv,
  statusOf,
  synced,
  tinyWorld,
} from '../support/tinyServer.ts';
import {
  type Device,
  makeDevice,
  type Note,
  type Todo,
  testModels,
  until,
} from '../support/world.ts';

const world = tinyWorld();

const related = {
  models: {
    todo: defineModel<Todo>({ endpoint: 'todos', references: { note: 'note' } }),
    note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
  },
};

const failing: Bend = () => ({ push: async () => ({ kind: 'retryLater', failure: busy }) });
const refusing: Bend = () => ({ push: async () => ({ kind: 'rejected', failure: busy }) });

const first = (device: Device, id: string, model: 'todo' | 'note' = 'todo') =>
  device.sync.explain(model, id).waitsFor[0];

describe('N7: explain, with the engine at work', () => {
  test('a record that the server has waits for nothing', async () => {
    const device = await world.settled();
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    expect(first(device, 'a')).toEqual({ kind: 'disk' });
    await synced(device);
    expect(device.sync.explain('todo', 'a')).toEqual({
      ...{ state: 'synced', waitsFor: [], movedBy: null, behind: 0 },
      sentence: 'The server has everything.',
    });
  });

  test('after a failed attempt it says when the next one is due, and why', async () => {
    const device = await world.settled({ bend: failing, more: { backoff: { base: 60_000 } } });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('it waits', () => first(device, 'a')?.kind === 'retryAt');
    expect(first(device, 'a')).toMatchObject({ attempts: 1, failure: { message: 'busy' } });
    expect(device.sync.explain('todo', 'a').movedBy?.event).toBe('attemptStarted');
  });

  test('while the answer is awaited it says so, and later changes wait behind it', async () => {
    const { opened, open } = gate();
    const device = await world.settled({
      bend: ({ push }) => ({ push: (...args) => opened.then(() => push(...args)) }),
    });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('it is under way', () => first(device, 'a')?.kind === 'answer');
    await device.sync.models.todo.update('a', { title: 'B' }).saved;
    expect(device.sync.explain('todo', 'a')).toMatchObject({ state: 'syncing', behind: 1 });
    open();
    await synced(device);
  });

  test('without a way to the server, and while somebody has paused', async () => {
    const device = await world.started({ bend: away });
    await device.sync.models.todo.create({ id: 'a', title: 'A', done: false }).saved;
    await until('nobody answers', () => first(device, 'a')?.kind === 'unreachable');
    device.sync.pause();
    expect(device.sync.explain('todo', 'a').waitsFor.map(({ kind }) => kind)).toEqual([
      'paused',
      'unreachable',
      'turn',
    ]);
  });

  test('a dead letter holds its record, and what names it says that it is blocked by its create', async () => {
    const device = await world.settled({ bend: refusing, more: related });
    const { note, todo } = device.sync.models;
    const parent = note.create({ text: 'n' });
    await until('a dead letter', () => first(device, parent.id, 'note')?.kind === 'deadLetter');
    const child = todo.create({ title: 'A', done: false, note: parent.id });
    await child.saved;
    await until('it is blocked', () => first(device, child.id)?.kind === 'blockedBy');
    expect(device.sync.explain('todo', child.id)).toMatchObject({
      state: 'pending',
      waitsFor: [
        { why: 'reference', change: 'create', state: 'failed', model: 'note', recordId: parent.id },
        { kind: 'deadLetter' },
      ],
      movedBy: { by: 'person' },
    });
  });

  test('a line that is held is named with its state', async () => {
    const device = await world.settled({
      bend: () => ({
        push: async () => ({ kind: 'held', by: 'auth', retryIn: null, failure: busy }),
      }),
    });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('a person must sign in', () => statusOf(device).reason === 'authRequired');
    expect(first(device, 'a')).toMatchObject({ kind: 'line', state: 'authRequired' });
  });

  test('SV15: a change whose record is read for its version first says so', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    let isAnswered = false;
    const device = await world.settled({
      bend: ({ pull, read }) => ({
        abilities: () => ({
          keys: true,
          versions: true,
          patches: true,
          batch: false,
          cursor: true,
        }),
        pull: async (...args) => {
          const page = await pull(...args);
          if (page.kind !== 'page') return page;
          return { ...page, items: page.items.map((item) => ({ ...item, version: null })) };
        },
        read: async (...args) => {
          if (isAnswered) return read(...args);
          throw new TypeError('no answer');
        },
      }),
    });
    const write = device.sync.models.todo.update('a', { done: true });
    await until('it is read', () => first(device, 'a')?.kind === 'read');
    expect(device.sync.explain('todo', 'a')).toMatchObject({
      movedBy: { by: 'server' },
      sentence: 'The record is read from the server first, so that nobody is written over.',
    });
    isAnswered = true;
    expect((await write.settled).outcome).toBe('committed');
    expect(first(device, 'a')).toBeUndefined();
  });

  test('what no request can be made of says so', async () => {
    const device = await world.settled({
      bend: () => ({
        seal: () => {
          throw new SyncError('badData', 'no');
        },
      }),
      env: quickEnv({ report: () => {} }),
    });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('nothing comes of it', () => first(device, 'a')?.kind === 'unsealable');
  });

  test('the selector says the same and gives the same object', async () => {
    const device = await world.started({ bend: away });
    await device.sync.models.todo.create({ id: 'a', title: 'A', done: false }).saved;
    await until('nobody answers', () => first(device, 'a')?.kind === 'unreachable');
    const select = () => device.sync.models.todo.selectExplanation(device.store.getState(), 'a');
    expect(select()).toBe(device.sync.explain('todo', 'a'));
    device.store.dispatch({ type: 'something else' });
    expect(select()).toBe(select());
  });

  test('before there is a store it is refused', () => {
    const sync = createSync({ name: 'x', models: testModels, transport: () => ({}) as never });
    expect(() => sync.explain('todo', 'a')).toThrow(
      expect.objectContaining({ code: 'noMiddleware' }),
    );
  });
});

describe('N7: the event `stuck`', () => {
  /** A device whose clock can be moved on for its watchdog. */
  async function watched(bend: Bend, more = {}) {
    let ahead = 0;
    let due: (() => void) | null = null;
    const real = quickEnv();
    const env = quickEnv({
      now: () => real.now() + ahead,
      setTimer: (delay, callback, label) => {
        if (label !== 'watchdog') return real.setTimer(delay, callback, label);
        due = callback;
        return -1;
      },
    });
    const device = await world.started({ bend, env, more: { stuckAfter: 30_000, ...more } });
    const stuck: SyncEvent[] = [];
    device.sync.events.on('stuck', (event) => stuck.push(event));
    const later = (ms: number) => {
      ahead += ms;
      due?.();
    };
    return { device, stuck, later };
  }

  test('N7: a record whose attempts fail again and again is told with its explanation, once', async () => {
    const { device, stuck, later } = await watched(failing, { backoff: { base: 1, cap: 5 } });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('it has failed', () => device.sync.explain('todo', 'a').state === 'backoff');
    later(40_000);
    expect(stuck).toMatchObject([
      { type: 'stuck', model: 'todo', recordId: 'a', waiting: 1, explanation: { movedBy: {} } },
    ]);
    await pause(20);
    later(40_000);
    expect(stuck.length).toBe(1);
  });

  test('a tab that does not lead watches nothing', async () => {
    const timers: string[] = [];
    const real = quickEnv();
    const storage = memory();
    const before = await world.started({ bend: away, storage, name: 'both' });
    await before.sync.models.todo.create({ id: 'a', title: 'A', done: false }).saved;
    await before.sync.stop();
    const device = world.device({
      ...{ bend: away, storage, name: 'both' },
      env: quickEnv({
        lock: (_, on) => {
          on.waiting();
          return () => {};
        },
        setTimer: (delay, callback, label) => {
          timers.push(label);
          return real.setTimer(delay, callback, label);
        },
      }),
    });
    device.sync.start();
    await device.sync.ready;
    await until('it follows', () => statusOf(device).role === 'following');
    expect(first(device, 'a')?.kind).toBe('leader');
    expect(timers).not.toContain('watchdog');
  });

  test('the budget is checked', () => {
    expect(() => makeDevice({ transport: () => ({}) as never, more: { stuckAfter: 0 } })).toThrow(
      /stuckAfter must be above 0/,
    );
  });
});
