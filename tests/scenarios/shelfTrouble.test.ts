import { describe, expect, test } from 'vitest';
import { identify } from '../../src/journal/identity.ts';
import { encodeLines } from '../../src/journal/shelfFiles.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import type { Shelf, ShelfConnection } from '../../src/ports/shelf.ts';
import { type Storage, StorageError } from '../../src/ports/storage.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { memory } from '../../src/storage.ts';
import { clearedStorage } from '../support/clearedStorage.ts';
import { impatient, kept, Phone, type PhoneParts } from '../support/phone.ts';
import { operation } from '../support/rows.ts';
import { away, type Bend, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const phoneOf = (...parts: PhoneParts) => new Phone(world, ...parts);
const straight: Bend = () => ({});
const noRoom = () => new StorageError('quota', 'no room');

/** A shelf of which some questions are answered otherwise. */
function bent(
  bend: (connection: ShelfConnection) => Partial<ShelfConnection>,
  more: Partial<Shelf> & { readonly inner?: Shelf } = {},
): Shelf {
  const { inner = memoryShelf(), ...parts } = more;
  return {
    ...{ kind: 'bent', ...parts },
    async open(name) {
      const connection = await inner.open(name);
      return { ...connection, ...bend(connection) };
    },
  };
}

/** One that refuses what it is told, as long as `trouble` gives an error. */
function troubled(trouble: () => StorageError | null, inner = memoryShelf()): Shelf {
  return bent(
    (connection) => ({
      append: async (file, text) => {
        const error = trouble();
        if (error) throw error;
        return connection.append(file, text);
      },
    }),
    { inner },
  );
}

describe('a second shelf in trouble', () => {
  test('ST21 N16: a shelf without room is waited for: nothing is called saved or ended, and nothing leaves, until it has', async () => {
    let full: StorageError | null = null;
    const phone = phoneOf(
      troubled(() => full),
      impatient(),
    );
    const device = await phone.open(straight);
    const { todo } = device.sync.models;
    await synced(device);
    full = new StorageError('quota', 'no room');
    const told: string[] = [];
    const made = todo.create({ id: 'a', title: 'one', done: false });
    made.saved.then(() => told.push('a saved'));
    await kept(device);
    const dropped = todo.create({ id: 'b', title: 'two', done: false });
    dropped.saved.then(() => told.push('b saved'));
    dropped.settled.then(({ outcome }) => told.push(`b ${outcome}`));
    const cancelled = dropped.cancel();
    cancelled.then((answer) => told.push(`b taken back: ${answer}`));
    await until('it is told', () => statusOf(device).reason === 'deviceFull');
    await until('it is taken back', () => todoOf(device, 'b') === undefined);
    expect(phone.events).toContainEqual(
      expect.objectContaining({ type: 'shelfFailed', code: 'quota' }),
    );
    expect(statusOf(device)).toMatchObject({ durability: 'single', phase: 'attention' });
    expect(device.sync.explain('todo', 'a')).toMatchObject({
      waitsFor: expect.arrayContaining([{ kind: 'room' }]),
      movedBy: { by: 'person', event: 'roomMade' },
    });
    await expect(device.sync.persistor.flush()).rejects.toMatchObject({ code: 'quota' });
    const types = () => phone.events.map(({ type }) => type);
    expect([...told, ...types().filter((type) => type === 'saved' || type === 'settled')]).toEqual(
      [],
    );
    expect(world.server.find('todo', 'a')).toBeUndefined();

    full = null;
    await cancelled;
    expect((await made.settled).outcome).toBe('committed');
    expect(told).toEqual(['a saved', 'b saved', 'b cancelled', 'b taken back: cancelled']);
    expect(types().filter((type) => type === 'saved')).toHaveLength(2);
    expect(statusOf(device).durability).toBe('double');
  });

  test('ST21 ST25 N16: what a shelf had no room for comes back from the page’s memory where the database is deleted under it', async () => {
    let full: StorageError | null = null;
    const phone = phoneOf(
      troubled(() => full),
      impatient(),
    );
    const { storage, clear } = clearedStorage();
    phone.storage = storage;
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    const first = todo.create({ id: 'a', title: 'one', done: false });
    await first.saved;
    full = new StorageError('quota', 'no room');
    const second = todo.update('a', { title: 'two' });
    let isSaved = false;
    second.saved.then(() => {
      isSaved = true;
    });
    await kept(device);
    clear();
    // Nobody looks at a database while nothing is written.
    const third = todo.update('a', { done: true });
    await until('it is noticed', () => phone.loss !== undefined);
    expect(phone.loss?.recovered).toEqual([first.operationId, second.operationId]);
    expect(isSaved).toBe(false);
    full = null;
    await Promise.all([second.saved, third.saved]);
    await device.sync.stop();
    phone.wipe();
    const after = await phone.open(away);
    expect(todoOf(after, 'a')).toMatchObject({ title: 'two', done: true });
  });

  test('N16: a shelf that fails once is opened again at once, and nobody hears of it', async () => {
    let next: StorageError | null = null;
    const phone = phoneOf(
      troubled(() => {
        const error = next;
        next = null;
        return error;
      }),
      impatient(),
    );
    const first = await phone.open(away);
    next = new StorageError('failed', 'a bad moment');
    await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    expect(phone.events.filter(({ type }) => type === 'shelfFailed')).toEqual([]);
    await first.sync.stop();
    phone.wipe();
    await phone.open(away);
    expect(phone.loss?.recovered).toHaveLength(1);
  });

  test('N16: a shelf that does not work is told and stands in nobody’s way; it is told everything when it works again', async () => {
    let broken: StorageError | null = new StorageError('failed', 'no luck');
    const phone = phoneOf(
      troubled(() => broken),
      impatient(),
    );
    const first = await phone.open(away);
    await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    expect(phone.events).toContainEqual(
      expect.objectContaining({ type: 'shelfFailed', code: 'failed' }),
    );
    expect(statusOf(first).durability).toBe('single');
    broken = null;
    await until('it works again', () => statusOf(first).durability === 'double');
    await first.sync.stop();
    phone.wipe();
    await phone.open(away);
    expect(phone.loss?.recovered).toHaveLength(1);
  });

  test('N16: whoever stops while a shelf has no room is told that it is not known to be saved', async () => {
    let full: StorageError | null = null;
    const phone = phoneOf(
      troubled(() => full),
      impatient(),
    );
    const device = await phone.open(away);
    full = new StorageError('quota', 'no room');
    const made = device.sync.models.todo.create({ id: 'a', title: 'one', done: false });
    await kept(device);
    await device.sync.stop();
    await expect(made.saved).rejects.toMatchObject({ code: 'notStarted' });
    const again = await phone.open(away);
    expect(again.sync.outbox.list()).toHaveLength(1);
  });

  test('N16: a file that says everything stays, though what it replaces can not be removed and there is no room since', async () => {
    let full: StorageError | null = null;
    let removes: 'work' | 'fail' = 'work';
    const inner = memoryShelf();
    const shelf = bent(
      (connection) => ({
        append: async (file, text) => {
          if (full) throw full;
          return connection.append(file, text);
        },
        remove: async (file, size) => {
          const isGone = await connection.remove(file, size);
          if (removes === 'work') return isGone;
          full = noRoom();
          throw new StorageError('timeout', 'no answer');
        },
      }),
      { inner, sizes: { idle: 10, waiting: 300, slice: 1_000 } },
    );
    const phone = phoneOf(shelf, impatient());
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'm', title: 'm', done: false }).saved;
    removes = 'fail';
    let made = 1;
    while (statusOf(device).reason !== 'deviceFull' && made < 60) {
      todo.create({ id: `o${made++}`, title: 'o', done: false });
      await kept(device);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(statusOf(device).reason).toBe('deviceFull');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await device.sync.stop();
    const saved = phone.events.filter(({ type }) => type === 'saved').length;
    expect(saved).toBeGreaterThan(1);
    phone.wipe();
    [full, removes] = [null, 'work'];
    const after = await phone.open(away);
    expect(after.sync.outbox.list().length).toBeGreaterThanOrEqual(saved);
  });

  test('N16: a sync that is started again in its page takes no file of its earlier life for one of its own', async () => {
    let next: StorageError | null = null;
    let isFull = false;
    const phone = phoneOf(
      troubled(() => {
        const error = isFull ? noRoom() : next;
        next = null;
        return error;
      }),
      impatient(),
    );
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    for (const id of ['m', 'n']) {
      next = new StorageError('failed', 'once');
      await todo.create({ id, title: id, done: false }).saved;
    }
    await todo.create({ id: 'o', title: 'o', done: false }).saved;
    await device.sync.stop();
    isFull = true;
    device.sync.start();
    await until('it leads', () => statusOf(device).role === 'leading');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await device.sync.stop();
    phone.wipe();
    isFull = false;
    const after = await phone.open(away);
    expect(
      after.sync.outbox
        .list()
        .map(({ operation }) => operation.recordId)
        .sort(),
    ).toEqual([...['m', 'n', 'o']]);
  });

  test('ST25 N16: what was not called saved, and another tab that took over knows nothing of, is told as not saved', async () => {
    let isFull = false;
    const inner = memoryShelf();
    const phone = phoneOf(
      troubled(() => (isFull ? noRoom() : null), inner),
      impatient(),
    );
    const { storage, clear } = clearedStorage();
    phone.storage = storage;
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'x', title: 'x', done: false }).saved;
    isFull = true;
    const held = todo.create({ id: 'held', title: 'held', done: false });
    await kept(device);
    clear();
    await identify({
      ...{ env: phone.env, connection: await storage.open(phone.name), codec: identityCodec },
      ...{ shelf: await inner.open(phone.name), name: phone.name, renamed: (_, record) => record },
    });
    const next = todo.create({ id: 'y', title: 'y', done: false });
    await until('it is noticed', () => phone.loss !== undefined);
    isFull = false;
    await next.saved;
    await expect(held.saved).rejects.toMatchObject({ code: 'notSaved' });
    const ids = (type: string) =>
      phone.events.flatMap((event) =>
        event.type === type && 'recordId' in event ? event.recordId : [],
      );
    expect(ids('saved')).toEqual(['x']);
    expect(ids('notSaved')).toEqual(['held']);
    expect(todoOf(device, 'held')).toBeUndefined();
  });

  test('N16: endings that were held as the database was replaced are told, each of them', async () => {
    let isFull = false;
    const phone = phoneOf(
      troubled(() => (isFull ? noRoom() : null)),
      impatient(),
    );
    const { storage, clear } = clearedStorage();
    phone.storage = storage;
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    for (const id of ['p', 'q', 'r']) {
      const made = todo.create({ id, title: id, done: false });
      await made.saved;
      await made.cancel();
    }
    await todo.create({ id: 'k', title: 'k', done: false }).saved;
    const drop = todo.create({ id: 'd', title: 'd', done: false });
    await drop.saved;
    isFull = true;
    todo.update('k', { title: 'k2' });
    await kept(device);
    clear();
    todo.update('k', { done: true });
    await until('it is noticed', () => phone.loss !== undefined);
    await kept(device);
    const cancelled = drop.cancel();
    await until('it is taken back', () => todoOf(device, 'd') === undefined);
    isFull = false;
    expect(await cancelled).toBe('cancelled');
    expect((await drop.settled).outcome).toBe('cancelled');
    expect(phone.events.filter(({ type }) => type === 'settled')).toHaveLength(4);
  });

  test('N16: a shelf that had no room and can not be opened any more is not waited for', async () => {
    let state: 'works' | 'full' | 'gone' = 'works';
    const inner = memoryShelf();
    const shelf: Shelf = {
      kind: 'going',
      async open(name) {
        if (state === 'gone') throw new StorageError('unavailable', 'no worker can be started');
        const connection = await inner.open(name);
        const append = async (file: string, text: string) => {
          if (state !== 'full') return connection.append(file, text);
          state = 'gone';
          throw noRoom();
        };
        return { ...connection, append };
      },
    };
    const phone = phoneOf(shelf, impatient());
    const device = await phone.open(straight);
    await synced(device);
    state = 'full';
    const made = device.sync.models.todo.create({ id: 'cc', title: 'x', done: false });
    await made.saved;
    expect((await made.settled).outcome).toBe('committed');
    expect(statusOf(device).durability).toBe('single');
  });

  test('ST25 N16: a database that is replaced under a page whose shelf can not be read leaves what others told there for a later start', async () => {
    let isUnreadable = false;
    const inner = memoryShelf();
    const shelf = bent(
      (connection) => ({
        list: async () => {
          if (isUnreadable) throw new StorageError('failed', 'no list');
          return connection.list();
        },
      }),
      { inner },
    );
    const phone = phoneOf(shelf, impatient());
    const { storage, clear } = clearedStorage();
    phone.storage = storage;
    const device = await phone.open(away);
    await device.sync.models.todo.create({ id: 'x', title: 'x', done: false }).saved;
    // Another tab has told it as saved, and this one has not read it yet.
    const database = device.sync.databaseId ?? '';
    const other = await inner.open(phone.name);
    const theirs = operation('create', 'theirs', { title: 'theirs' });
    const lines = await encodeLines(identityCodec, [
      { v: 1, kind: 'file', database, replaces: [] },
      {
        ...{
          v: 1,
          kind: 'operation',
          s: 500,
          actionId: { writer: 'theirs', n: 1 },
          generation: 0,
          operation: theirs,
        },
        ...{ salvage: { base: null, version: null }, alias: null },
      },
    ]);
    await other.append(`${database}.other.1`, lines);
    await other.close();
    clear();
    isUnreadable = true;
    await device.sync.models.todo.create({ id: 'y', title: 'y', done: false }).saved;
    isUnreadable = false;
    await until('it works', () => statusOf(device).durability === 'double');
    await device.sync.stop();
    const after = await phone.open(away);
    const ids = after.sync.outbox.list().map(({ operation }) => operation.recordId);
    expect(ids.sort()).toEqual(['theirs', 'x', 'y']);
  });

  test('N16 I17: what was taken back while there was no room does not come back after a reload, however much waits', async () => {
    let isFull = false;
    const phone = phoneOf(
      troubled(() => (isFull ? noRoom() : null)),
      impatient(),
    );
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    const many = Array.from({ length: 1_005 }, (_, n) =>
      todo.create({ id: `n${n}`, title: 't', done: false }),
    );
    const z = todo.create({ id: 'z', title: 'z', done: false });
    await Promise.all([...many, z].map(({ saved }) => saved));
    isFull = true;
    z.cancel().catch(() => {});
    await until('it is taken back', () => todoOf(device, 'z') === undefined);
    await kept(device);
    await device.sync.stop();
    isFull = false;
    const again = await phone.open(away);
    await until('it is told', () => phone.events.some(({ type }) => type === 'settled'));
    await again.sync.stop();
    phone.wipe();
    const after = await phone.open(away);
    expect(todoOf(after, 'z')).toBeUndefined();
    expect(after.sync.outbox.list()).toHaveLength(1_005);
  });

  test('I7 N16: a refused change does not come back, though nobody knows whether the shelf has its line', async () => {
    let answers: 'come' | 'lost' = 'come';
    const shelf = bent((connection) => ({
      append: async (file, text) => {
        const before = await connection.append(file, text);
        if (answers === 'come') return before;
        answers = 'come';
        throw new StorageError('timeout', 'no answer');
      },
    }));
    const phone = phoneOf(shelf, impatient());
    const real = memory();
    let isRefusing = false;
    const storage: Storage = {
      kind: 'refusing',
      async open(name) {
        const connection = await real.open(name);
        return {
          ...connection,
          commit: async (batch, onCommitting) => {
            if (!isRefusing || !batch.append) return connection.commit(batch, onCommitting);
            onCommitting?.();
            await new Promise((resolve) => setTimeout(resolve, 20));
            throw noRoom();
          },
        };
      },
    };
    phone.storage = storage;
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'm', title: 'm', done: false }).saved;
    [isRefusing, answers] = [true, 'lost'];
    const refused = todo.create({ id: 'refused', title: 'r', done: false });
    await expect(refused.saved).rejects.toMatchObject({ code: 'notSaved' });
    isRefusing = false;
    await todo.create({ id: 'n', title: 'n', done: false }).saved;
    await until('it works', () => statusOf(device).durability === 'double');
    await device.sync.stop();
    phone.wipe();
    const after = await phone.open(away);
    const ids = after.sync.outbox.list().map(({ operation }) => operation.recordId);
    expect(ids).toEqual(['m', 'n']);
  });

  test('N16: a flush waits for a shelf that is opened again, and does not ask the disk all the time', async () => {
    let state: 'works' | 'fails' | 'hangs' = 'works';
    const inner = memoryShelf();
    const shelf: Shelf = {
      kind: 'hanging',
      async open(name) {
        if (state === 'hangs') await new Promise((resolve) => setTimeout(resolve, 500));
        const connection = await inner.open(name);
        const append = async (file: string, text: string) => {
          if (state !== 'fails') return connection.append(file, text);
          state = 'hangs';
          throw new StorageError('failed', 'a bad moment');
        };
        return { ...connection, append };
      },
    };
    const phone = phoneOf(shelf, impatient());
    const real = memory();
    let looks = 0;
    phone.storage = {
      kind: 'counted',
      async open(name) {
        const connection = await real.open(name);
        return {
          ...connection,
          position: () => {
            looks++;
            return connection.position();
          },
        };
      },
    };
    const device = await phone.open(away);
    state = 'fails';
    const made = device.sync.models.todo.create({ id: 'm', title: 'm', done: false });
    await kept(device);
    const before = looks;
    await device.sync.persistor.flush();
    expect(looks - before).toBeLessThan(20);
    await made.saved;
  });
});
