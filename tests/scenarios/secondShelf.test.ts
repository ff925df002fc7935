import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { readShelf } from '../../src/journal/shelfFiles.ts';
import { identityCodec } from '../../src/ports/codec.ts';
import type { Env } from '../../src/ports/env.ts';
import type { Shelf } from '../../src/ports/shelf.ts';
import { StorageError } from '../../src/ports/storage.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { impatient, kept, Phone, type PhoneParts } from '../support/phone.ts';
import { tabsWorld } from '../support/tabs.ts';
import {
  away,
  type Bend,
  quickEnv,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const phoneOf = (...more: PhoneParts) => new Phone(world, ...more);

const straight: Bend = () => ({});

describe('the second shelf', () => {
  test('ST25 N16: after the loss of the whole database every acknowledged change comes back and reaches the server once', async () => {
    world.server.put('todo', 'old', { title: 'old', done: false });
    const phone = phoneOf();
    const first = await phone.open(straight);
    await synced(first);
    await first.sync.stop();

    const offline = await phone.open(away);
    const made = offline.sync.models.todo.create({ id: 'new', title: 'made', done: false });
    const edited = offline.sync.models.todo.update('old', { done: true });
    const again = offline.sync.models.todo.update('new', { title: 'made twice' });
    await Promise.all([made.saved, edited.saved, again.saved]);
    const known = offline.sync.databaseId;
    await offline.sync.stop();
    phone.wipe();

    const after = await phone.open(straight);
    const operationIds = [made.operationId, edited.operationId, again.operationId];
    expect(phone.loss).toMatchObject({ known, found: after.sync.databaseId, unreadable: 0 });
    expect(new Set(phone.loss?.recovered)).toEqual(new Set(operationIds));
    await synced(after);
    expect(world.server.find('todo', 'old')).toMatchObject({
      record: { title: 'old', done: true },
    });
    expect(world.server.find('todo', 'new')).toMatchObject({ record: { title: 'made twice' } });
    expect(world.server.find('todo', 'new')?.version).toBe(1);
    expect(world.server.find('todo', 'old')?.version).toBe(2);
    expect(todoOf(after, 'old')).toMatchObject({ title: 'old', done: true });
  });

  test('N16: what others changed meanwhile is merged, though the base is gone with the database', async () => {
    world.server.put('todo', 'a', { title: 'then', done: false, note: 'then' });
    const phone = phoneOf();
    const first = await phone.open(straight);
    await synced(first);
    await first.sync.stop();
    const offline = await phone.open(away);
    await offline.sync.models.todo.update('a', { title: 'ours', done: true }).saved;
    await offline.sync.stop();
    // Another field, and one of the same fields.
    world.server.put('todo', 'a', { title: 'theirs', done: false, note: 'theirs' });
    phone.wipe();

    const after = await phone.open(straight);
    await synced(after);
    const expected = { title: 'ours', done: true, note: 'theirs' };
    expect(world.server.find('todo', 'a')).toMatchObject({ record: expected });
    expect(todoOf(after, 'a')).toMatchObject(expected);
    expect(after.sync.conflicts.log()).toMatchObject([
      { field: 'title', local: 'ours', remote: 'theirs' },
    ]);
  });

  test('N16 SV4: an edit of a record that was deleted meanwhile waits for a person, though no list tells of it', async () => {
    world.server.put('todo', 'a', { title: 'then', done: false });
    world.server.put('todo', 'b', { title: 'then', done: false });
    const phone = phoneOf();
    const first = await phone.open(straight);
    await synced(first);
    await first.sync.stop();
    const offline = await phone.open(away);
    await offline.sync.models.todo.update('a', { title: 'ours' }).saved;
    await offline.sync.models.todo.remove('b').saved;
    await offline.sync.stop();
    world.server.put('todo', 'a', null);
    world.server.put('todo', 'b', null);
    phone.wipe();
    const after = await phone.open(straight);
    await until('a person is asked', () => after.sync.conflicts.list().length === 1);
    expect(after.sync.conflicts.list()).toMatchObject([{ recordId: 'a', remote: null }]);
    await until('the other is gone on both sides', () => after.sync.outbox.list().length === 1);
    await after.sync.conflicts.resolve('a', 'keepRemote');
    await synced(after);
    expect(todoOf(after, 'a')).toBeUndefined();
  });

  test('N16 CR6: a request whose answer was lost goes again as it was sealed, and takes effect once', async () => {
    const phone = phoneOf();
    const bodies: (string | null)[] = [];
    const lost: Bend = ({ push }) => ({
      push: async (...args) => {
        bodies.push(args[0].body);
        await push(...args);
        throw new Error('the answer is lost');
      },
      probe: () => Promise.reject(new Error('no network')),
    });
    const first = await phone.open(lost);
    const made = first.sync.models.todo.create({ id: 'a', title: 'one', done: false });
    await until('it was sent', () => bodies.length > 0);
    await first.sync.models.todo.update('a', { title: 'two' }).saved;
    await first.sync.stop();
    phone.wipe();

    const keys: string[] = [];
    const second = await phone.open(({ push }) => ({
      push: (...args) => {
        keys.push(args[0].key);
        bodies.push(args[0].body);
        return push(...args);
      },
    }));
    await synced(second);
    expect(keys[0]).toBe(made.operationId);
    expect(bodies[1]).toBe(bodies[0]);
    expect(world.server.find('todo', 'a')).toMatchObject({ record: { title: 'two' } });
  });

  test('ST25: a database that is deleted again right after the recovery loses nothing and doubles nothing', async () => {
    const phone = phoneOf();
    const offline = await phone.open(away);
    await offline.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    await offline.sync.stop();
    phone.wipe();
    const second = await phone.open(away);
    expect(phone.loss?.recovered).toHaveLength(1);
    await second.sync.models.todo.update('a', { title: 'two' }).saved;
    await second.sync.stop();
    phone.wipe();
    const keys = new Set<string>();
    const third = await phone.open(({ push }) => ({
      push: (...args) => {
        keys.add(args[0].key);
        return push(...args);
      },
    }));
    expect(phone.loss?.recovered).toHaveLength(2);
    await synced(third);
    expect(keys.size).toBe(world.server.pushes);
    expect(world.server.find('todo', 'a')).toMatchObject({ record: { title: 'two' } });
  });

  test('N16 I17: what has reached the server does not come back', async () => {
    const phone = phoneOf();
    const first = await phone.open(straight);
    const { settled } = first.sync.models.todo.create({ id: 'a', title: 'one', done: false });
    expect((await settled).outcome).toBe('committed');
    first.sync.stop();
    phone.wipe();
    const second = await phone.open(straight);
    expect(phone.loss?.recovered).toEqual([]);
    await synced(second);
    expect(world.server.pushes).toBe(1);
  });

  test('N16 N1: a dead letter comes back as one, with its reason', async () => {
    const phone = phoneOf();
    const failure = { code: 'rejected', status: 422, message: 'no title', at: 5 } as const;
    const first = await phone.open(() => ({ push: async () => ({ kind: 'rejected', failure }) }));
    const write = first.sync.models.todo.create({ id: 'a', title: '', done: false });
    expect((await write.settled).outcome).toBe('rejected');
    await first.sync.stop();
    phone.wipe();
    const second = await phone.open(straight);
    expect(second.sync.outbox.list()).toMatchObject([{ deadLetter: true, status: { failure } }]);
    await second.sync.outbox.edit(write.operationId, { title: 'a title' });
    await synced(second);
    expect(world.server.find('todo', 'a')).toMatchObject({ record: { title: 'a title' } });
  });

  test('N16: the shelf follows what people take back and clear', async () => {
    const phone = phoneOf();
    const first = await phone.open(away);
    const write = first.sync.models.todo.create({ id: 'a', title: 'one', done: false });
    await write.saved;
    expect(await write.cancel()).toBe('cancelled');
    await first.sync.models.todo.create({ id: 'b', title: 'one', done: false }).saved;
    await first.sync.clear({ unsent: 'discard' });
    await first.sync.models.todo.create({ id: 'c', title: 'one', done: false }).saved;
    await first.sync.stop();
    phone.wipe();
    const second = await phone.open(away);
    expect(phone.loss?.recovered).toHaveLength(1);
    expect(second.sync.outbox.list()).toMatchObject([{ operation: { recordId: 'c' } }]);
  });

  test('N16: an emptied shelf on a known device is told, and written anew from the database', async () => {
    const phone = phoneOf();
    const first = await phone.open(away);
    await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    await first.sync.stop();
    const connection = await phone.shelf.open(phone.name);
    for (const { name } of await connection.list()) await connection.remove(name);
    const second = await phone.open(away);
    expect(phone.events).toContainEqual({ type: 'shelfLost' });
    expect(phone.loss).toBeUndefined();
    await second.sync.stop();
    phone.wipe();
    await phone.open(away);
    expect(phone.loss?.recovered).toHaveLength(1);
  });

  test('N16: database and mark, each there or not: four cases, and a first run is told from a loss', async () => {
    const told = async (database: boolean, mark: boolean) => {
      const phone = phoneOf();
      const first = await phone.open(away);
      await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
      await first.sync.stop();
      if (!database) phone.wipe();
      const marks = mark ? phone.env : quickEnv();
      const shelf = mark ? phone.shelf : memoryShelf();
      const next = phoneOf(shelf, marks);
      Object.assign(next, { name: phone.name, storage: phone.storage });
      const second = await next.open(away);
      const types = next.events.map(({ type }) => type);
      return {
        loss: types.includes('dataLoss'),
        shelfLost: types.includes('shelfLost'),
        waiting: second.sync.outbox.list().length,
      };
    };
    expect(await told(true, true)).toEqual({ loss: false, shelfLost: false, waiting: 1 });
    expect(await told(true, false)).toEqual({ loss: false, shelfLost: true, waiting: 1 });
    expect(await told(false, true)).toEqual({ loss: true, shelfLost: false, waiting: 1 });
    expect(await told(false, false)).toEqual({ loss: false, shelfLost: false, waiting: 0 });
  });

  test('N16: a shelf that can not be listed at a start costs the start nothing; what stands on it is taken in by a later one', async () => {
    const inner = memoryShelf();
    let trouble: 'none' | 'opening' | 'listing' = 'none';
    const shelf: Shelf = {
      kind: 'slow',
      async open(name) {
        if (trouble === 'opening') throw new StorageError('timeout', 'no answer');
        const connection = await inner.open(name);
        const list = () =>
          trouble === 'listing'
            ? Promise.reject(new StorageError('timeout', 'no answer'))
            : connection.list();
        return { ...connection, list };
      },
    };
    const phone = phoneOf(shelf, impatient());
    const first = await phone.open(away);
    await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    await first.sync.stop();
    for (const kind of ['listing', 'opening'] as const) {
      phone.wipe();
      trouble = kind;
      const second = await phone.open(away);
      expect(statusOf(second).durability).toBe('single');
      const { todo } = second.sync.models;
      await todo.create({ id: kind, title: kind, done: false }).saved;
      await todo.upsert({ id: 'a', title: 'one', done: true, note: kind }).saved;
      trouble = 'none';
      await until('it works again', () => statusOf(second).durability === 'double');
      await second.sync.stop();
    }
    const third = await phone.open(away);
    const ids = third.sync.outbox.list().map(({ operation }) => operation.recordId);
    expect(ids.sort()).toEqual(['a', 'a', 'a', 'listing', 'opening']);
    const notes = third.sync.outbox.list().map(({ operation }) => operation.changes.note);
    expect(notes.filter(Boolean).sort()).toEqual(['listing', 'opening']);
    await third.sync.stop();
  });

  test('N16: an app that wants one shelf has one, and nothing is left on the other', async () => {
    const phone = phoneOf();
    const first = await phone.open(away);
    await first.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    await first.sync.stop();
    const second = await phone.open(away, { durability: 'single' });
    expect(statusOf(second).durability).toBe('single');
    expect(await phone.shelfSize()).toBe(0);
    await second.sync.models.todo.update('a', { title: 'two' }).saved;
    await kept(second);
    expect(await phone.shelfSize()).toBe(0);
  });

  test('ST15: the browser is asked to keep what is here once something is, and what it says stands in the status', async () => {
    let isPersisted = false;
    let asked = 0;
    const env: Env = {
      ...quickEnv(),
      storageRoom: async () => ({ usage: 950, quota: 1_000, persisted: isPersisted }),
      askToPersist: async () => {
        asked++;
        isPersisted = true;
        return true;
      },
    };
    const phone = phoneOf(memoryShelf(), env);
    const device = await phone.open(away);
    await until('it is measured', () => statusOf(device).room !== null);
    expect(asked).toBe(0);
    expect(statusOf(device)).toMatchObject({ risk: 'nearlyFull', room: { quota: 1_000 } });
    await device.sync.models.todo.create({ id: 'a', title: 'one', done: false }).saved;
    await device.sync.models.todo.create({ id: 'b', title: 'one', done: false }).saved;
    await until('it was asked', () => isPersisted);
    expect(asked).toBe(1);
  });

  test('ST15: an origin that the browser may evict is told as such', async () => {
    const told = async (room: { usage: number; quota: number; persisted: boolean } | null) => {
      const env: Env = { ...quickEnv(), storageRoom: async () => room };
      const device = await phoneOf(memoryShelf(), env).open(away);
      if (room) await until('it is measured', () => statusOf(device).room !== null);
      return statusOf(device).risk;
    };
    expect(await told({ usage: 1, quota: 100, persisted: false })).toBe('evictable');
    expect(await told({ usage: 1, quota: 100, persisted: true })).toBe('none');
    expect(await told(null)).toBe('unknown');
  });

  test('N16 I22: the shelf is bounded: it begins anew as the outbox empties, and when it has grown', async () => {
    const phone = phoneOf();
    const device = await phone.open(straight);
    const note = 'x'.repeat(2_000);
    for (let i = 0; i < 300; i++) {
      const { settled } = device.sync.models.todo.create({ title: `${i}`, done: false, note });
      await settled;
    }
    expect(await phone.shelfSize()).toBeLessThan(150_000);
    await device.sync.stop();
    const again = await phone.open(straight);
    await synced(again);
    expect(await phone.shelfSize()).toBeLessThan(1_000);
  });

  test('N16: a change that another tab came before stands on the shelf under its true place alone, and no place is guessed until a guess would be right', async () => {
    const inner = memoryShelf();
    let cuts = 0;
    const shelf: Shelf = {
      kind: 'shared',
      async open() {
        const connection = await inner.open('shared');
        const cut = async (file: string, size: number) => {
          cuts++;
          await connection.cut(file, size);
        };
        return { ...connection, cut };
      },
    };
    let isDeaf = false;
    const tabs = tabsWorld({ bend: away, fate: () => (isDeaf ? [] : [0]) });
    const more = { more: { shelf } };
    const [first, second] = [await tabs.opened(more), await tabs.opened(more)];
    isDeaf = true;
    for (const title of ['1', '3', '5']) {
      await first.todo.create({ id: title, title, done: false }).saved;
      const next = `${Number(title) + 1}`;
      await second.todo.create({ id: next, title: next, done: false }).saved;
    }
    // The first tab is right once, then each is wrong once.
    expect(cuts).toBe(2);
    const connection = await inner.open('shared');
    const names = (await connection.list()).map((file) => file.name);
    const { files } = await readShelf(connection, identityCodec, names, browserEnv);
    const places = files.flat().flatMap((line) => {
      return line.kind === 'operation' ? [[line.operation.recordId, line.s] as const] : [];
    });
    const head = Math.min(...places.map(([, s]) => s));
    expect(places.sort(([, a], [, b]) => a - b).map(([id, s]) => [id, s - head])).toEqual([
      ['1', 0],
      ['2', 1],
      ['3', 2],
      ['4', 3],
      ['5', 4],
      ['6', 5],
    ]);
  });
});
