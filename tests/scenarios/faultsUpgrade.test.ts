import { configureStore } from '@reduxjs/toolkit';
import { afterEach, describe, expect, test } from 'vitest';
import { createSync } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory, type Storage } from '../../src/storage.ts';
import { decodeEntry } from '../../store/rows/codec.ts';
import { upcast, upcasters } from '../../store/upcasters.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire } from '../support/wire.ts';
import { type Device, deviceEnv, testModels, until } from '../support/world.ts';

const world = serverWorld();
const milk = { title: 'Milk', done: false };

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const word = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectRecordStatus(store.getState(), id).status;
const synced = (device: Device) => until('synced', () => statusOf(device).phase === 'synced');
const body = (id: string) => world.database.records.find('todos', id)?.record;

afterEach(() => {
  Reflect.deleteProperty(upcasters, 'recorded');
});

describe('a row that an older build wrote', () => {
  test('UP2: an upcaster that throws on one row leaves that row unread, never the start', async () => {
    const broken = {
      recorded: {
        0: (row: Record<string, unknown>) => {
          if (JSON.stringify(row).includes('broken')) throw new Error('a bug of the upcaster');
          return row;
        },
      },
    };
    expect(upcast({ type: 'recorded', v: 0, at: 'broken' }, broken, 1)).toBeNull();
    Object.assign(upcasters, broken);
    const storage = memory();
    const connection = await storage.open('old');
    const row = (id: string, n: number) => {
      const operation = { id: `op-${id}`, model: 'todo', recordId: id, kind: 'create', at: 1 };
      const changes = { id, ...milk };
      const more = { changes, visible: true, strategy: 'optimistic' };
      const actionId = { writer: 'old build', n };
      const head = { v: 0, type: 'recorded', at: 1, generation: 0, actionId };
      return JSON.stringify({ ...head, operation: { ...operation, ...more } });
    };
    await connection.commit({ append: [row('a', 1), row('broken', 2), row('c', 3)] });
    expect(decodeEntry(2, row('broken', 2))).toMatchObject({ row: null });
    const device = await world.device({ storage, name: 'old' });
    for (const id of ['a', 'c']) await until('sent', () => body(id) !== undefined);
    expect(body('broken')).toBeUndefined();
    const edit = device.sync.models.todo.update('broken', { title: 'behind it' });
    await edit.saved;
    await until('said', () => statusOf(device).reason === 'quarantined');
    expect(world.ledger()).toHaveLength(2);
    // A build whose upcaster works takes it, and what waited behind it.
    await device.sync.persistor.flush();
    await device.sync.stop();
    Object.assign(upcasters, { recorded: { 0: (old: Record<string, unknown>) => old } });
    const next = await world.device({ storage, name: 'old' });
    await synced(next);
    expect(body('broken')).toEqual({ id: 'broken', title: 'behind it', done: false });
  });
});

describe('a state that no machine of this build has', () => {
  /** The lanes of a checkpoint, with the word of each state replaced. */
  async function rename(storage: Storage, name: string, word: string): Promise<number> {
    const connection = await storage.open(name);
    const keys = await connection.pageKeys();
    const texts = await connection.readPages(keys);
    const putPages: [string, string][] = [];
    for (const [i, key] of keys.entries()) {
      const text = String(texts[i]);
      const renamed = text.replaceAll(/"state":"\w+"/g, `"state":"${word}"`);
      if (renamed !== text) putPages.push([key, renamed]);
    }
    await connection.commit({ putPages });
    return putPages.length;
  }

  test.each(['pending', 'sealed'])(
    'UP4: a record that was %s is taken up where its operations and its request stand, and is sent once',
    async (stage) => {
      const storage = memory();
      const env = deviceEnv();
      const first = await world.device({ storage, env, name: 'states' });
      await synced(first);
      if (stage === 'pending') first.sync.pause();
      world.trouble.set({ dropAnswers: -1 });
      const write = first.sync.models.todo.create({ ...milk, id: 'a' });
      await write.saved;
      if (stage === 'sealed') await until('applied', () => body('a') !== undefined);
      await first.sync.persistor.flush();
      await first.sync.stop();
      // A lane that only waits is stored without a word for its state.
      expect(await rename(storage, 'states', 'ripening')).toBe(stage === 'pending' ? 0 : 1);
      world.trouble.set({ dropAnswers: 0 });
      const wire = watchedWire();
      const second = await world.device({ storage, env: wire.env(), name: 'states' });
      expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
      expect(wire.writes().map(({ key }) => key)).toEqual([write.operationId]);
      expect((await second.sync.models.todo.update('a', { done: true }).settled).outcome).toBe(
        'committed',
      );
      await synced(second);
      expect(world.ledger('a').map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    },
  );

  test('UP4: a dead letter stays one, and waits for a person as before', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'dead' });
    const write = first.sync.models.todo.create({ id: 'a', title: '', done: false });
    await write.settled;
    await first.sync.persistor.flush();
    await first.sync.stop();
    expect(await rename(storage, 'dead', 'ripening')).toBe(1);
    const second = await world.device({ storage, env, name: 'dead' });
    expect(word(second, 'a')).toBe('failed');
    const again = await second.sync.outbox.edit(write.operationId, { title: 'Milk' });
    expect((await again.settled).outcome).toBe('committed');
    expect(body('a')).toMatchObject(milk);
  });
});

test('UP7: operations of a model that this build does not have are kept, the others are sent; a build that has it sends them', async () => {
  const storage = memory();
  const env = deviceEnv();
  const first = await world.device({ storage, env, name: 'models' });
  first.sync.pause();
  const note = first.sync.models.note.create({ text: 'one' });
  const todo = first.sync.models.todo.create({ ...milk, id: 'a' });
  await todo.saved;
  await first.sync.persistor.flush();
  await first.sync.stop();

  const only = await oneModel(storage);
  expect((await only.outbox.settled(todo.operationId)).outcome).toBe('committed');
  expect(only.outbox.list().map(({ operation }) => operation.id)).toEqual([note.operationId]);
  expect(world.database.records.all('notes')).toEqual([]);
  await only.persistor.flush();
  await only.stop();

  const third = await world.device({ storage, env, name: 'models' });
  expect((await third.sync.outbox.settled(note.operationId)).outcome).toBe('committed');
  expect(world.database.records.all('notes')).toHaveLength(1);
});

/** The same sync in a build that knows nothing of notes. */
async function oneModel(storage: Storage) {
  const sync = createSync({
    ...{ name: 'models', models: { todo: testModels.todo }, storage, env: deviceEnv() },
    transport: rest({ baseUrl: world.url }),
  });
  configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  sync.start();
  await sync.ready;
  return sync;
}
