import { describe, expect, test } from 'vitest';
import type { SyncEvent, TransportFactory } from '../../src/index.ts';
import { type Batch, memory, StorageError } from '../../src/storage.ts';
import { type Bends, bent } from '../support/bentStorage.ts';
import { clearedStorage } from '../support/clearedStorage.ts';
import { deviceEnv, makeDevice, until } from '../support/world.ts';

/** A server that can not be reached: whatever is tested here must hold without one. */
const nobody: TransportFactory = () => ({
  seal: () => ({
    method: 'POST',
    path: '',
    query: '',
    contentType: null,
    body: null,
    ifMatch: null,
  }),
  push: () => Promise.reject(new Error('offline')),
  pull: () => Promise.reject(new Error('offline')),
  read: () => Promise.reject(new Error('offline')),
  probe: () => Promise.reject(new Error('offline')),
});

async function device(bends: Bends = {}, storage = memory(), env = deviceEnv(), name = 'one') {
  const made = makeDevice({ transport: nobody, storage: bent(storage, bends), env, name });
  const events: SyncEvent[] = [];
  made.sync.events.on('*', (event) => events.push(event));
  made.sync.start();
  return { ...made, events, storage, env, todo: made.sync.models.todo };
}

const milk = { title: 'Milk', done: false };
const appends = (batch: Batch, text: string) =>
  batch.append?.some((row) => row.includes(text)) ?? false;

describe('durability', () => {
  test('CR4 I7: a write is called saved only once it is on the disk', async () => {
    let written: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      written = resolve;
    });
    const { sync, todo, store } = await device({
      beforeCommit: (batch) => (batch.append ? gate : undefined),
    });
    await sync.ready;
    const write = todo.create(milk);
    let saved = false;
    write.saved.then(() => {
      saved = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(saved).toBe(false);
    expect(todo.selectRecordStatus(store.getState(), write.id).status).toBe('saving');
    written();
    await write.saved;
    expect(todo.selectRecordStatus(store.getState(), write.id).status).toBe('pending');
    await sync.stop();
  });

  test('P1 CR1: a write that never reached the disk is gone after a crash, with what it showed', async () => {
    const storage = memory();
    const never = new Promise<never>(() => {});
    const first = await device(
      { beforeCommit: (batch) => (batch.append ? never : undefined) },
      storage,
    );
    await first.sync.ready;
    const write = first.todo.create(milk);
    expect(first.todo.selectById(first.store.getState(), write.id)).toBeDefined();
    // The page is gone without a word; another one opens the same database.
    const second = await device({}, storage, first.env, 'one');
    await second.sync.ready;
    expect(second.todo.selectTotal(second.store.getState())).toBe(0);
    expect(second.sync.outbox.list()).toEqual([]);
    await second.sync.stop();
  });

  test('CR2: an append in doubt is written again and counts once', async () => {
    let doubts = 2;
    const { sync, todo, store, events, storage } = await device({
      afterCommit: (batch) => {
        if (appends(batch, 'recorded') && doubts-- > 0)
          throw new StorageError('lost', 'the handle died');
      },
    });
    await sync.ready;
    await todo.create(milk).saved;
    expect(sync.outbox.list()).toHaveLength(1);
    expect(events.map((event) => event.type)).toContain('storageTrouble');
    expect(events.map((event) => event.type)).toContain('storageRecovered');
    const connection = await storage.open('one');
    expect((await connection.readRows(0, 99)).length).toBe(1);
    await sync.stop();
    const again = await device({}, storage, deviceEnv(), 'one');
    await again.sync.ready;
    expect(again.sync.outbox.list()).toHaveLength(1);
    expect(store.getState()).toBeDefined();
    await again.sync.stop();
  });

  test('CR2 ST1: a write in doubt is never told as refused when it stands on the disk', async () => {
    let doubts = 1;
    let full = false;
    const { sync, todo, store } = await device({
      beforeCommit: (batch) => {
        if (full && batch.append) throw new StorageError('quota', 'no room');
      },
      afterCommit: (batch) => {
        if (!appends(batch, 'recorded') || doubts-- <= 0) return;
        full = true;
        throw new StorageError('lost', 'the handle died');
      },
    });
    await sync.ready;
    const write = todo.create(milk);
    await write.saved;
    expect(todo.selectById(store.getState(), write.id)).toBeDefined();
    expect(sync.outbox.list()).toHaveLength(1);
    await sync.stop();
  });

  test('ST2 ST4: a disk that dies and then is full, and then is not, is written to again', async () => {
    const trouble: StorageError[] = [];
    const { sync, todo, store } = await device({
      beforeCommit: (batch) => {
        const next = batch.append ? trouble.shift() : undefined;
        if (next) throw next;
      },
    });
    await sync.ready;
    trouble.push(new StorageError('lost', 'the handle died'), new StorageError('quota', 'no room'));
    await expect(todo.create(milk).saved).rejects.toMatchObject({ code: 'notSaved' });
    await until('leading', () => sync.selectSyncStatus(store.getState()).role === 'leading');
    await todo.create(milk).saved;
    await sync.stop();
  });

  test('ST1: a full disk refuses the write, rolls it back and says so; the next one is saved', async () => {
    let full = true;
    const { sync, todo, store, events } = await device({
      beforeCommit: (batch) => {
        if (full && batch.append) throw new StorageError('quota', 'no room');
      },
    });
    await sync.ready;
    const write = todo.create(milk);
    await expect(write.saved).rejects.toMatchObject({ code: 'notSaved', cause: { code: 'quota' } });
    expect((await write.settled).outcome).toBe('discarded');
    expect(todo.selectById(store.getState(), write.id)).toBeUndefined();
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'notSaved', code: 'quota', recordId: write.id }),
    );
    full = false;
    await todo.create(milk).saved;
    await sync.stop();
  });

  test('ST1: one row that does not fit takes what was made on it with it, and nothing else', async () => {
    const { sync, todo, store } = await device({
      beforeCommit: (batch) => {
        if (appends(batch, 'too large')) throw new StorageError('quota', 'no room');
      },
    });
    await sync.ready;
    const before = todo.create({ title: 'before', done: false });
    const large = todo.create({ title: 'too large', done: false });
    const onIt = todo.update(large.id, { done: true });
    const after = todo.create({ title: 'after', done: false });
    await Promise.all([before.saved, after.saved]);
    await expect(large.saved).rejects.toMatchObject({ code: 'notSaved' });
    await expect(onIt.saved).rejects.toMatchObject({ code: 'notSaved' });
    expect(todo.selectAll(store.getState()).map((item) => item.title)).toEqual(['before', 'after']);
    await sync.stop();
  });

  test('ST20: what can not be kept is refused with its path, and nothing is shown or written', async () => {
    const { sync, todo, store } = await device();
    await sync.ready;
    const bad = { ...milk, note: new Date() as unknown as string };
    expect(() => todo.create(bad)).toThrow(
      expect.objectContaining({ code: 'badData', message: expect.stringContaining('todo.note') }),
    );
    expect(() => todo.update('x', { note: undefined as unknown as string })).toThrow(
      expect.objectContaining({ code: 'badData' }),
    );
    expect(() => todo.update('x', { id: 'y' } as object)).toThrow(
      expect.objectContaining({ code: 'badData' }),
    );
    expect(() => todo.create(3 as unknown as typeof milk)).toThrow(
      expect.objectContaining({ code: 'badData' }),
    );
    expect(() => todo.create(milk, { meta: { f: () => 1 } })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('meta.f') }),
    );
    expect(todo.selectTotal(store.getState())).toBe(0);
    expect(sync.outbox.list()).toEqual([]);
    await sync.stop();
  });

  test('DA2 DA3 DA4: ids that a path, a key or a URL can not bear are refused', async () => {
    const { sync, todo } = await device();
    await sync.ready;
    for (const id of [
      '',
      '.',
      '..',
      'a\u0000b',
      '\ud800',
      'x'.repeat(201),
      7 as unknown as string,
    ]) {
      expect(() => todo.create({ ...milk, id })).toThrow(
        expect.objectContaining({ code: 'badId' }),
      );
    }
    for (const id of ['__proto__', 'constructor', 'a/b?c#d%', '🙂', ' ', '0']) {
      await todo.create({ ...milk, id }).saved;
    }
    expect(sync.outbox.list()).toHaveLength(6);
    await sync.stop();
  });

  test('an id that is there already is refused', async () => {
    const { sync, todo } = await device();
    await sync.ready;
    todo.create({ ...milk, id: 'a' });
    expect(() => todo.create({ ...milk, id: 'a' })).toThrow(
      expect.objectContaining({ code: 'recordExists' }),
    );
    await sync.stop();
  });
});

describe('opening', () => {
  test('ST5: storage that fails keeps the gate shut; nothing is overwritten, and it goes on when it works', async () => {
    const storage = memory();
    const first = await device({}, storage);
    await first.sync.ready;
    await first.todo.create(milk).saved;
    await first.sync.stop();
    let broken = true;
    const second = await device(
      {
        beforeOpen: () => {
          if (broken) throw new StorageError('failed', 'backing store');
        },
      },
      storage,
    );
    await until(
      'blocked',
      () => second.sync.selectSyncStatus(second.store.getState()).role === 'blocked',
    );
    expect(second.sync.persistor.getState().bootstrapped).toBe(false);
    expect(second.sync.selectSyncStatus(second.store.getState())).toMatchObject({
      reason: 'blocked',
      phase: 'attention',
    });
    const early = second.todo.create({ title: 'early', done: false });
    broken = false;
    await second.sync.ready;
    await early.saved;
    expect(second.todo.selectTotal(second.store.getState())).toBe(2);
    expect(second.sync.persistor.getState().bootstrapped).toBe(true);
    await second.sync.stop();
  });

  test('ST6: a slow start loses nothing of what was written meanwhile', async () => {
    const storage = memory();
    const first = await device({}, storage);
    await first.sync.ready;
    await first.todo.create({ ...milk, id: 'a' }).saved;
    await first.sync.stop();
    const slow = () => new Promise((resolve) => setTimeout(resolve, 150));
    const second = await device({ beforeRead: slow }, storage);
    const early = second.todo.update('a', { title: 'Tea' });
    expect(second.todo.selectById(second.store.getState(), 'a')).toBeUndefined();
    await early.saved;
    expect(second.todo.selectById(second.store.getState(), 'a')).toMatchObject({ title: 'Tea' });
    await second.sync.stop();
  });

  test('ST25: a database that is gone is told from a first run', async () => {
    const env = deviceEnv();
    const first = await device({}, memory(), env);
    await first.sync.ready;
    expect(first.events.filter((event) => event.type === 'dataLoss')).toEqual([]);
    const known = first.sync.databaseId;
    await first.sync.stop();
    const second = await device({}, memory(), env);
    await second.sync.ready;
    const { databaseId: found } = second.sync;
    expect(found).not.toBe(known);
    const loss = { type: 'dataLoss', known, found, recovered: [], unreadable: 0 };
    expect(second.events).toContainEqual(loss);
    await second.sync.stop();
  });

  test('ST16: a database that is deleted under an open page is told, and what waited comes back from the page’s memory', async () => {
    const { storage, clear } = clearedStorage();
    const { sync, todo, store, events } = await device({}, storage);
    await sync.ready;
    const known = todo.create({ ...milk, id: 'a' });
    await known.saved;
    clear();
    await todo.create({ ...milk, id: 'b' }).saved;
    const { operationId } = known;
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'dataLoss', recovered: [operationId] }),
    );
    expect(todo.selectIds(store.getState())).toEqual(['a', 'b']);
    await todo.create({ ...milk, id: 'c' }).saved;
    expect(sync.outbox.list()).toHaveLength(3);
    await sync.stop();
  });

  test('CR20: rows that are illegal or unreadable never stop a start', async () => {
    const storage = memory();
    const connection = await storage.open('one');
    const answered = {
      v: 1,
      type: 'answered',
      at: 1,
      actionId: { writer: 'x', n: 1 },
      model: 'todo',
      recordId: 'a',
      operationIds: [],
      base: null,
      version: null,
    };
    await connection.commit({
      append: ['not json', JSON.stringify(answered), '{"v":99,"model":"todo","recordId":"b"}'],
    });
    const made = await device({}, storage);
    await made.sync.ready;
    await made.todo.create(milk).saved;
    expect(made.events).toContainEqual(
      expect.objectContaining({ type: 'illegalRow', rowType: 'answered' }),
    );
    expect(made.todo.selectTotal(made.store.getState())).toBe(1);
    await made.sync.stop();
  });

  test('thousands of writes are checkpointed and come back', async () => {
    const storage = memory();
    const first = await device({}, storage);
    await first.sync.ready;
    const writes = first.todo.createMany(
      Array.from({ length: 2_500 }, (_, i) => ({ title: `t${i}`, done: false })),
    );
    await Promise.all(writes.map((write) => write.saved));
    await first.sync.persistor.flush();
    const connection = await storage.open('one');
    expect(await connection.readRows(0, 1)).toEqual([]);
    await first.sync.stop();
    const second = await device({}, storage);
    await second.sync.ready;
    expect(second.todo.selectTotal(second.store.getState())).toBe(2_500);
    expect(second.sync.outbox.list()).toHaveLength(2_500);
    await second.sync.stop();
  });
});

describe('one tab leads', () => {
  /** A platform with one lock for all tabs. */
  function locks() {
    let holder: object | null = null;
    const queue: (() => void)[] = [];
    return (): ReturnType<typeof deviceEnv> =>
      deviceEnv({
        lock: (_, on) => {
          const me = {};
          const grant = () => {
            holder = me;
            on.held({
              release: () => {
                holder = null;
                queue.shift()?.();
              },
            });
          };
          if (holder) {
            on.waiting();
            queue.push(grant);
          } else {
            grant();
          }
          return () => {};
        },
      });
  }

  test('P21 MT5: a second tab of the same name writes durably, and leads once the first has gone', async () => {
    const tab = locks();
    const storage = memory();
    // Another page: the same database and lock, not the same registry of running syncs.
    const shared = { kind: 'memory', open: () => storage.open('shared-1') };
    const first = await device({}, storage, tab(), 'shared-1');
    await first.sync.ready;
    await first.todo.create(milk).saved;
    const second = makeDevice({
      transport: nobody,
      storage: shared,
      env: tab(),
      name: 'shared-1b',
    });
    const role = () => second.sync.selectSyncStatus(second.store.getState()).role;
    second.sync.start();
    await second.sync.ready;
    await until('following', () => role() === 'following');
    await second.sync.models.todo.create(milk).saved;
    const connection = await storage.open('shared-1');
    const rows = await connection.readRows(0, 99);
    expect(rows.filter(({ text }) => String(text).includes('"recorded"'))).toHaveLength(2);
    await first.sync.stop();
    await until('leading', () => role() === 'leading');
    await second.sync.models.todo.create(milk).saved;
    expect(second.sync.models.todo.selectTotal(second.store.getState())).toBe(3);
    await second.sync.stop();
  });

  test('a write that was made before a tab knew that another one leads is saved', async () => {
    const tab = locks();
    const first = await device({}, memory(), tab(), 'shared-2');
    await first.sync.ready;
    const second = makeDevice({
      transport: nobody,
      storage: memory(),
      env: tab(),
      name: 'shared-2b',
    });
    second.sync.start();
    const early = second.sync.models.todo.create(milk);
    await expect(early.saved).resolves.toBeUndefined();
    expect(second.sync.models.todo.selectTotal(second.store.getState())).toBe(1);
    await first.sync.stop();
    await second.sync.stop();
  });

  test('a second start of the same name stops the first', async () => {
    const storage = memory();
    const first = await device({}, storage, deviceEnv(), 'hot');
    await first.sync.ready;
    await first.todo.create(milk).saved;
    const second = await device({}, storage, deviceEnv(), 'hot');
    await second.sync.ready;
    expect(first.sync.selectSyncStatus(first.store.getState()).phase).toBe('stopped');
    expect(second.todo.selectTotal(second.store.getState())).toBe(1);
    second.sync.start();
    await second.sync.stop();
  });
});

describe('clearing', () => {
  test('S4: empties everything and is refused while something is unsent, if so asked', async () => {
    const storage = memory();
    const { sync, todo, store } = await device({}, storage);
    await sync.ready;
    const write = todo.create(milk);
    await write.saved;
    await expect(sync.clear({ unsent: 'refuse' })).rejects.toMatchObject({ code: 'unsent' });
    await sync.clear({ unsent: 'discard' });
    expect((await write.settled).outcome).toBe('discarded');
    expect(todo.selectTotal(store.getState())).toBe(0);
    const connection = await storage.open('one');
    const pages = await connection.readPages(await connection.pageKeys());
    expect(JSON.stringify([await connection.readRows(0, 99), pages])).not.toContain('Milk');
    await todo.create(milk).saved;
    expect(todo.selectTotal(store.getState())).toBe(1);
    await sync.stop();
  });
});
