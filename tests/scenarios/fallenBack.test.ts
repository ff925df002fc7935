import { describe, expect, test } from 'vitest';
import type { Shelf } from '../../src/ports/shelf.ts';
import { type Storage, type StorageConnection, StorageError } from '../../src/ports/storage.ts';
import { memoryShelf } from '../../src/storage/memoryShelf.ts';
import { memory } from '../../src/storage.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { bentCommits } from '../support/bentCommits.ts';
import { impatient, Phone, type PhoneParts } from '../support/phone.ts';
import { ReplayedStorage } from '../support/replayedStorage.ts';
import { tabsWorld } from '../support/tabs.ts';
import {
  away,
  type Bend,
  busy,
  gate,
  pause,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();
const straight: Bend = () => ({});
const noRoom = () => new StorageError('quota', 'no room');

/** A phone whose database can be had as it was some transactions ago. */
function phoneWithPast(...parts: PhoneParts) {
  const phone = new Phone(world, ...parts);
  const past = new ReplayedStorage();
  phone.storage = past.storage;
  const fallBack = async (count: number) => {
    phone.storage = await past.asOf(count, phone.name);
  };
  return { phone, past, fallBack };
}

/** A shelf that can be opened only while `works()`. */
function opening(works: () => boolean): Shelf {
  const inner = memoryShelf();
  return {
    kind: 'opening',
    open: async (name) => {
      if (!works()) throw new StorageError('timeout', 'slow');
      return inner.open(name);
    },
  };
}

function waiting({ sync }: Device): string[] {
  return sync.outbox.list().map(({ operation }) => operation.id);
}

describe('a database that has lost its last transactions', () => {
  test('N16 ST14: changes that were called saved come back from the second shelf, in their order, and are shown at once', async () => {
    world.server.put('todo', 'old', { title: 'old', done: false });
    const { phone, past, fallBack } = phoneWithPast();
    const first = await phone.open(straight);
    await synced(first);
    await first.sync.stop();
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    const kept = todo.update('old', { title: 'one' });
    await kept.saved;
    const moment = past.count;
    const lost = [
      todo.update('old', { title: 'two', done: true }),
      todo.create({ id: 'new', title: 'new', done: false }),
      todo.update('new', { title: 'newer' }),
    ];
    await Promise.all(lost.map(({ saved }) => saved));
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open(away);
    expect(waiting(after).sort()).toEqual(
      [kept, ...lost].map(({ operationId }) => operationId).sort(),
    );
    expect(todoOf(after, 'old')).toMatchObject({ title: 'two', done: true });
    expect(todoOf(after, 'new')).toMatchObject({ title: 'newer' });
    await after.sync.stop();
    const online = await phone.open(straight);
    await synced(online);
    expect(world.server.find('todo', 'old')?.record).toMatchObject({ title: 'two', done: true });
    expect(world.server.find('todo', 'new')?.record).toMatchObject({ title: 'newer' });
  });

  test('N16 ST14 I17: what had been answered in them is not sent again, and what was changed after it goes', async () => {
    const { phone, past, fallBack } = phoneWithPast();
    const device = await phone.open(straight);
    const { todo } = device.sync.models;
    await todo.create({ id: 'a', title: 'one', done: false }).settled;
    await synced(device);
    const moment = past.count;
    await todo.update('a', { title: 'two' }).settled;
    await synced(device);
    const { version } = world.server.find('todo', 'a') ?? {};
    await device.sync.stop();
    const offline = await phone.open(away);
    const later = offline.sync.models.todo.update('a', { done: true });
    await later.saved;
    await offline.sync.stop();
    await fallBack(moment);

    const known = offline.sync.databaseId;
    const after = await phone.open(straight);
    expect(phone.loss).toMatchObject({
      ...{ known, found: after.sync.databaseId, unreadable: 0 },
      recovered: [later.operationId],
    });
    await synced(after);
    expect(world.server.find('todo', 'a')).toMatchObject({
      record: { title: 'two', done: true },
      version: (version ?? 0) + 1,
    });
    expect(todoOf(after, 'a')).toMatchObject({ title: 'two', done: true });
    expect(after.sync.conflicts.log()).toEqual([]);
    await after.sync.stop();
    // It is told once.
    await (await phone.open(straight)).sync.stop();
    expect(phone.loss).toBeUndefined();
  });

  test('N16 I18: a request that had left goes again byte for byte, though the row that sealed it is lost', async () => {
    world.server.put('todo', 'a', { title: 'old', done: false });
    const { phone, past, fallBack } = phoneWithPast();
    const sent: SealedRequest[] = [];
    const noAnswer: Bend = (transport) => ({
      push: async (request, ...more) => {
        sent.push(request);
        await transport.push(request, ...more);
        return { kind: 'retryLater', failure: busy };
      },
    });
    const device = await phone.open(noAnswer);
    await synced(device);
    const { todo } = device.sync.models;
    const moment = past.count;
    await todo.update('a', { title: 'ours' }).saved;
    await until('it has left', () => sent.length > 0);
    await todo.update('a', { done: true }).saved;
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open((transport) => ({
      push: async (request, ...more) => {
        sent.push(request);
        return transport.push(request, ...more);
      },
    }));
    await synced(after);
    const [first] = sent;
    const again = sent.filter(({ key }) => key === first?.key);
    expect(again.length).toBeGreaterThan(1);
    for (const request of again) expect(request).toEqual(first);
    expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'ours', done: true });
  });

  test('N16: a dead letter of them waits for a person again, and what was discarded does not', async () => {
    const { phone, past, fallBack } = phoneWithPast();
    const refusing: Bend = () => ({
      push: async () => ({ kind: 'rejected', failure: { ...busy, code: 'rejected', status: 422 } }),
    });
    const device = await phone.open(refusing);
    await synced(device);
    const { todo } = device.sync.models;
    const moment = past.count;
    const [kept, gone] = ['kept', 'gone'].map((id) => todo.create({ id, title: id, done: false }));
    await until('both are refused', () => stateOf(device).sequenced.counts.failed === 2);
    await device.sync.outbox.discard(gone?.operationId ?? '');
    await device.sync.stop();
    await fallBack(moment);

    const after = await phone.open(refusing);
    expect(after.sync.outbox.list()).toMatchObject([
      { operation: { id: kept?.operationId }, deadLetter: true },
    ]);
    expect(todoOf(after, 'gone')).toBeUndefined();
  });

  test('N16 SEC4: a clear that it has lost stays cleared', async () => {
    const { phone, past, fallBack } = phoneWithPast();
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'mine', title: 'mine', done: false }).saved;
    const moment = past.count;
    await device.sync.clear({ unsent: 'discard' });
    await device.sync.stop();
    await fallBack(moment);
    const after = await phone.open(away);
    expect(waiting(after)).toEqual([]);
    expect(todoOf(after, 'mine')).toBeUndefined();
  });

  test('N16 ST1: where there is no room for them people see the rest, and nothing is written before there is', async () => {
    const { phone, past, fallBack } = phoneWithPast(undefined, impatient());
    const device = await phone.open(away);
    const { todo } = device.sync.models;
    await todo.create({ id: 'kept', title: 'kept', done: false }).saved;
    const moment = past.count;
    const lost = todo.create({ id: 'lost', title: 'lost', done: false });
    await lost.saved;
    await device.sync.stop();
    await fallBack(moment);
    let isFull = true;
    phone.storage = bentCommits(phone.storage, (batch, commit, onCommitting) => {
      const isRefused = isFull && batch.append?.length;
      return isRefused ? Promise.reject(noRoom()) : commit(batch, onCommitting);
    });
    const after = phone.device(away);
    after.sync.start();
    await after.sync.ready;
    expect(todoOf(after, 'kept')).toBeDefined();
    expect(todoOf(after, 'lost')).toBeUndefined();
    const made = after.sync.models.todo.create({ id: 'new', title: 'new', done: false });
    await until('it is told', () => statusOf(after).role === 'blocked');
    expect(stateOf(after).tail.size).toBe(1);
    isFull = false;
    await made.saved;
    expect(waiting(after)).toContain(lost.operationId);
    expect(todoOf(after, 'lost')).toMatchObject({ title: 'lost' });
    expect(todoOf(after, 'new')).toMatchObject({ title: 'new' });
  });
});

describe('a start that could not read the second shelf of such a database', () => {
  test('N16: what was lost comes back at a later one, though others have the sequences of it by then', async () => {
    let works = true;
    const { phone, past, fallBack } = phoneWithPast(
      opening(() => works),
      impatient(),
    );
    await (await phone.open(straight)).sync.stop();
    const device = await phone.open(away);
    const moment = past.count;
    await device.sync.models.todo.create({ id: 'lost', title: 'lost', done: false }).saved;
    await device.sync.stop();
    await fallBack(moment);
    works = false;
    const dark = await phone.open(straight);
    await synced(dark);
    dark.sync.models.todo.create({ id: 'x', title: 'x', done: false });
    await synced(dark);
    await dark.sync.stop();
    works = true;
    const after = await phone.open(straight);
    await synced(after);
    expect(todoOf(after, 'lost')).toMatchObject({ title: 'lost' });
    expect(world.server.ids('todo')).toContain('lost');
  });

  test.each(['single', 'double'] as const)(
    'N16: what was saved in that page (%s) stays, whatever files from before it say',
    async (durability) => {
      let works = true;
      const { phone, past, fallBack } = phoneWithPast(
        opening(() => works),
        impatient(),
      );
      const first = await phone.open(straight);
      const { todo } = first.sync.models;
      await todo.create({ id: 'a', title: 'a', done: false }).settled;
      await synced(first);
      const moment = past.count;
      for (const n of [1, 2, 3, 4]) await todo.update('a', { title: `b${n}` }).settled;
      await synced(first);
      await first.sync.stop();
      await fallBack(moment);
      works = false;
      const dark = await phone.open(away);
      works = durability === 'double';
      await until(durability, () => statusOf(dark).durability === durability);
      const made = dark.sync.models.todo.update('a', { done: true });
      await made.saved;
      await dark.sync.stop();
      works = true;
      const after = await phone.open(away);
      expect(waiting(after)).toContain(made.operationId);
    },
  );

  test('N16 ST1: on a full disk, which can not even count it, people see what they have', async () => {
    let works = true;
    const phone = new Phone(
      world,
      opening(() => works),
      impatient(),
    );
    const first = await phone.open(away);
    await first.sync.models.todo.create({ id: 'a', title: 'a', done: false }).saved;
    await first.sync.stop();
    works = false;
    phone.storage = bentCommits(phone.storage, () => Promise.reject(noRoom()));
    const after = phone.device(away);
    after.sync.start();
    await after.sync.ready;
    expect(todoOf(after, 'a')).toMatchObject({ title: 'a' });
  });
});

describe('several tabs over such a database', () => {
  const unsent: Bend = () => ({ push: () => new Promise(() => {}) });

  test('N16 MT2: one that reads its id before another has made it good, and its rows after that, keeps its changes all the same', async () => {
    const past = new ReplayedStorage();
    let current = past.storage;
    let isQuiet = false;
    const storage: Storage = { kind: 'shared', open: (name) => current.open(name) };
    const tabs = tabsWorld({ storage, bend: unsent, fate: () => (isQuiet ? [] : [1]) });
    const inner = memoryShelf();
    const shelf: Shelf = { kind: 'shared', open: () => inner.open('x') };
    const one = await tabs.opened({ more: { shelf } });
    one.todo.create({ id: 'a', title: 'a', done: false });
    await until('it is sealed', () => past.countBefore('sealed') >= 0);
    await pause(50);
    one.kill();
    current = await past.asOf(past.countBefore('sealed'), tabs.name);
    // Of two tabs that are restored one is slow behind its first look.
    const held = gate();
    const base = current;
    let isSlow = true;
    current = {
      ...base,
      open: async (name) => {
        const connection = await base.open(name);
        if (!isSlow) return connection;
        isSlow = false;
        return afterFirst(connection, held.opened);
      },
    };
    let lists = 0;
    const slowShelf: Shelf = {
      kind: 'slow',
      open: async () => {
        const connection = await inner.open('x');
        const list = async () => {
          if (lists++ > 0) await held.opened;
          return connection.list();
        };
        return { ...connection, list };
      },
    };
    const slow = tabs.tab({ more: { shelf: slowShelf } });
    slow.sync.start();
    await pause(50);
    const quick = await tabs.opened({ more: { shelf } });
    isQuiet = true;
    held.open();
    await slow.sync.ready;
    await slow.becomes('following');
    await slow.todo.create({ id: 'mine', title: 'mine', done: false }).saved;
    expect(slow.sync.databaseId).toBe(quick.sync.databaseId);
    // The browser is killed, and deletes the database.
    for (const tab of [quick, slow]) tab.kill();
    await pause(30);
    current = memory();
    const after = await tabs.opened({ more: { shelf } });
    const ids = after.sync.outbox.list().map(({ operation }) => operation.recordId);
    expect(ids.sort()).toEqual(['a', 'mine']);
  });

  test('N16 ST1: a change that a living tab was refused stays refused, though another tab starts in that moment', async () => {
    const held = gate();
    let isRefused = false;
    const storage = bentCommits(memory(), async (batch, commit, onCommitting) => {
      if (!isRefused || !batch.append?.some((text) => text.includes('refused'))) {
        return commit(batch, onCommitting);
      }
      isRefused = false;
      onCommitting?.();
      await held.opened;
      throw new StorageError('failed', 'an I/O error');
    });
    const shared = memoryShelf();
    const shelf: Shelf = { kind: 'shared', open: () => shared.open('x') };
    const tabs = tabsWorld({ storage, bend: away });
    const one = await tabs.opened({ more: { shelf } });
    isRefused = true;
    const { saved } = one.todo.create({ id: 'r', title: 'refused', done: false });
    saved.catch(() => {});
    await pause(30);
    const other = await tabs.opened({ more: { shelf } });
    held.open();
    await expect(saved).rejects.toMatchObject({ code: 'notSaved' });
    await pause(50);
    expect([one, other].flatMap((tab) => tab.titles())).toEqual([]);
  });
});

/** A connection that answers one look at once, and everything else behind `opened`. */
function afterFirst(connection: StorageConnection, opened: Promise<unknown>): StorageConnection {
  let calls = 0;
  const late = <A extends unknown[], T>(ask: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      if (calls++ > 0) await opened;
      return ask(...args);
    };
  };
  return {
    ...connection,
    ...{ readMeta: late(connection.readMeta), readRows: late(connection.readRows) },
    ...{ readPages: late(connection.readPages), position: late(connection.position) },
    commit: late(connection.commit),
  };
}
