import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { SyncEvent } from '../../src/index.ts';
import type { Env } from '../../src/ports/env.ts';
import { rest } from '../../src/rest.ts';
import { type Batch, indexedDb, memory, type Storage } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire } from '../support/wire.ts';
import { type Device, deviceEnv, makeDevice, until } from '../support/world.ts';

const nobody = 'http://127.0.0.1:9';
const milk = { title: 'Milk', done: false };
const world = serverWorld();
const devices: Device[] = [];
const handles: IDBDatabase[] = [];

afterEach(async () => {
  for (const { sync } of devices.splice(0)) await sync.stop();
  for (const handle of handles.splice(0)) handle.close();
});

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const ids = ({ sync, store }: Device) => sync.models.todo.selectIds(store.getState());
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How a promise stands after a while. */
const fate = (promise: Promise<unknown>) =>
  Promise.race([
    promise.then(
      () => 'resolved',
      (error: { code?: string }) => error.code ?? 'rejected',
    ),
    pause(100).then(() => 'pending'),
  ]);

let count = 0;

/** A device on IndexedDB, away from every server, with its events; its waits are short. */
function onDisk(factory: IDBFactory | undefined = globalThis.indexedDB, name = `disk-${count++}`) {
  const env: Env = deviceEnv({
    indexedDB: factory,
    setTimer: (delay, callback, label) =>
      browserEnv.setTimer(
        ['reopen', 'storage', 'open'].includes(label) ? Math.min(delay, 40) : delay,
        callback,
        label,
      ),
  });
  const transport = rest({ baseUrl: nobody });
  const made = makeDevice({ transport, env, storage: indexedDb(env), name });
  devices.push(made);
  const events: SyncEvent[] = [];
  made.sync.events.on('*', (event) => events.push(event));
  made.sync.start();
  const codes = () =>
    events.flatMap((event) =>
      event.type === 'storageTrouble' || event.type === 'notSaved' ? [event.code] : [],
    );
  return { ...made, codes, events, name, todo: made.sync.models.todo };
}

/** The database of a device, opened by somebody else. */
function opened(
  name: string,
  version?: number,
  upgrade: (database: IDBDatabase) => void = () => {},
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = globalThis.indexedDB.open(`syncharts/${name}`, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('blocked'));
    request.onsuccess = () => {
      handles.push(request.result);
      resolve(request.result);
    };
  });
}

const blocked = (device: Device) =>
  until(
    'blocked',
    () => statusOf(device).role === 'blocked' && statusOf(device).phase === 'attention',
  );

describe('a database that this build can not use', () => {
  test('ST8 UP3: of a newer build: nothing is read into it or written, the tab says so and calls nothing saved', async () => {
    const name = `newer-${count++}`;
    const theirs = await opened(name, 99, (database) => database.createObjectStore('theirs'));
    const device = onDisk(globalThis.indexedDB, name);
    const early = device.todo.create(milk);
    await blocked(device);
    expect(device.codes()).toEqual(['newerSchema']);
    expect(await fate(early.saved)).toBe('pending');
    expect(device.sync.persistor.getState().bootstrapped).toBe(false);
    expect([theirs.version, [...theirs.objectStoreNames]]).toEqual([99, ['theirs']]);
  });

  test('ST7 ST8: a newer build that comes is let in, and what this tab writes from then on is refused, not lost in silence', async () => {
    const device = onDisk();
    await device.sync.ready;
    await device.todo.create({ ...milk, id: 'a' }).saved;
    // Whoever would take the lead meanwhile learns it first, and the tab only reads from then on.
    await until('it leads', () => statusOf(device).role === 'leading');
    const newer = await opened(device.name, 2);
    const rowsIn = (database: IDBDatabase): Promise<number> =>
      new Promise((resolve) => {
        const count = database.transaction('journal').objectStore('journal').count();
        count.onsuccess = () => resolve(count.result);
      });
    const before = await rowsIn(newer);
    const late = device.todo.create({ ...milk, id: 'b' });
    expect(await fate(late.saved)).toBe('notSaved');
    expect(ids(device)).toEqual(['a']);
    expect(device.events).toContainEqual(
      expect.objectContaining({ type: 'notSaved', code: 'newerSchema', recordId: 'b' }),
    );
    expect(await rowsIn(newer)).toBe(before);
  });

  test('ST7: an opening that somebody else holds up is told, waits, and goes on when they are done', async () => {
    const name = `held-${count++}`;
    const holder = await opened(name, 1, (database) => database.createObjectStore('old'));
    // A holder that does not give way: the deletion waits for it, and every opening behind it.
    const deletion = globalThis.indexedDB.deleteDatabase(`syncharts/${name}`);
    const device = onDisk(globalThis.indexedDB, name);
    const early = device.todo.create(milk);
    await blocked(device);
    expect(device.codes()).toEqual(['timeout']);
    expect(await fate(early.saved)).toBe('pending');
    expect(deletion.readyState).toBe('pending');
    holder.close();
    await early.saved;
    await until('it leads', () => statusOf(device).role === 'leading');
  });

  test('ST9: without its stores: told with the cause, nothing is made up and nothing called saved', async () => {
    const name = `partial-${count++}`;
    (await opened(name, 1, (database) => database.createObjectStore('journal'))).close();
    const device = onDisk(globalThis.indexedDB, name);
    const early = device.todo.create(milk);
    await blocked(device);
    expect(device.codes()).toEqual(['failed']);
    expect(await fate(early.saved)).toBe('pending');
  });

  test('ST11: a backing store that does not open is tried again and again; once it does, all is there', async () => {
    let broken = 0;
    const factory = new Proxy(globalThis.indexedDB, {
      get(target, property) {
        if (property !== 'open') return Reflect.get(target, property);
        return (name: string, version?: number) => {
          if (broken-- <= 0) return target.open(name, version);
          const request = { error: new DOMException('backing store', 'UnknownError') };
          queueMicrotask(() => (request as unknown as IDBRequest).onerror?.(new Event('error')));
          return request;
        };
      },
    });
    const first = onDisk(factory);
    await first.sync.ready;
    await first.todo.create({ ...milk, id: 'a' }).saved;
    await first.sync.stop();
    broken = 4;
    const second = onDisk(factory, first.name);
    await blocked(second);
    expect(second.codes()).toEqual(['failed']);
    await second.sync.ready;
    expect(ids(second)).toEqual(['a']);
  });

  test.each([
    ['there is none', undefined, 'unavailable'],
    [
      'the platform refuses it',
      {
        open: () => {
          throw new DOMException('denied', 'SecurityError');
        },
      } as unknown as IDBFactory,
      'denied',
    ],
  ])(
    'ST17 ST19: where %s, the status says so and no write is called saved',
    async (_, factory, code) => {
      const env = deviceEnv({ indexedDB: factory });
      const transport = rest({ baseUrl: nobody });
      const device = makeDevice({ transport, env, storage: indexedDb(env) });
      devices.push(device);
      const told: string[] = [];
      device.sync.events.on('storageTrouble', (event) => told.push(event.code));
      device.sync.start();
      const write = device.sync.models.todo.create(milk);
      await blocked(device);
      expect(statusOf(device).reason).toBe('blocked');
      expect(told).toEqual([code]);
      expect(await fate(write.saved)).toBe('pending');
    },
  );
});

describe('a disk that refuses', () => {
  test('ST21: full below the browser: the write is rolled back and refused with the cause; later ones are saved', async () => {
    let full = false;
    const factory = new Proxy(globalThis.indexedDB, {
      get(target, property) {
        if (property !== 'open') return Reflect.get(target, property);
        return (name: string, version?: number) => {
          const request = target.open(name, version);
          request.addEventListener('success', () => {
            const { transaction } = IDBDatabase.prototype;
            request.result.transaction = function (this: IDBDatabase, ...args) {
              const made = transaction.apply(this, args);
              if (!full || args[1] !== 'readwrite') return made;
              made.commit = () => {
                const error = new DOMException('Internal error committing', 'UnknownError');
                Object.defineProperty(made, 'error', { value: error });
                made.abort();
              };
              return made;
            };
          });
          return request;
        };
      },
    });
    const device = onDisk(factory);
    await device.sync.ready;
    await until('leading', () => statusOf(device).role === 'leading');
    full = true;
    const write = device.todo.create(milk);
    await expect(write.saved).rejects.toMatchObject({
      code: 'notSaved',
      cause: { code: 'failed' },
    });
    expect(ids(device)).toEqual([]);
    full = false;
    await device.todo.create({ ...milk, id: 'later' }).saved;
    expect(ids(device)).toEqual(['later']);
    expect(device.sync.outbox.list()).toHaveLength(1);
  });
});

describe('a disk of another time', () => {
  test('ST23: a profile that was put back to an earlier day sends nothing twice', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'today' });
    first.sync.pause();
    const write = first.sync.models.todo.create({ ...milk, id: 'a' });
    const edit = first.sync.models.todo.update('a', { title: 'Tea' });
    await edit.saved;
    const backup = await copyOf(storage, 'today');
    await first.sync.resume();
    expect((await edit.settled).outcome).toBe('committed');
    await first.sync.models.todo.update('a', { done: true }).settled;
    await first.sync.stop();
    const second = await world.device({ storage: backup, env, name: 'today' });
    expect(second.sync.outbox.list()).toHaveLength(2);
    expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
    await second.sync.models.todo.pull();
    await until('synced', () => statusOf(second).phase === 'synced');
    expect(world.ledger('a').map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    const now = { id: 'a', title: 'Tea', done: true };
    expect(second.sync.models.todo.selectAll(second.store.getState())).toEqual([now]);
    expect(world.database.records.find('todos', 'a')?.record).toEqual(now);
  });

  /** A storage that holds what this one holds now. */
  async function copyOf(storage: Storage, name: string): Promise<Storage> {
    const from = await storage.open(name);
    const rows = await from.readRows(0, 1_000);
    const keys = ['databaseId', 'checkpoint'];
    const values = await from.readMeta(keys);
    const putMeta = keys.flatMap((key, i): [string, string][] =>
      typeof values[i] === 'string' ? [[key, values[i]]] : [],
    );
    const copy = memory();
    const batch: Batch = { append: rows.map(({ text }) => String(text)), putMeta };
    await (await copy.open(name)).commit(batch);
    return copy;
  }
});

describe('a crash in the middle of something long', () => {
  test('CR19: of the first pull: the pages that came stay, the next start goes on behind them, and unsent writes are there', async () => {
    for (let i = 0; i < 6; i++) await world.someoneElse('POST', 'todos', { ...milk, id: `t${i}` });
    const small = () =>
      watchedWire(async (request, pass, exchange) => {
        if (request.method !== 'GET' || !exchange.path.startsWith('/todos')) return pass();
        const [path, query] = exchange.path.split('?');
        const asked = new URLSearchParams(query);
        asked.set('limit', '2');
        return fetch(`${world.url}${path}?${asked}`);
      });
    const inner = memory();
    let pages = 0;
    const storage = bent(inner, {
      beforeCommit: ({ append }) => {
        if (!append?.some((text) => text.includes('"pulled"') && text.includes('"todo"'))) return;
        // The page dies before its second page of records is durable.
        if (++pages === 2) return new Promise(() => {});
      },
    });
    const env = small().env();
    const first = makeDevice({
      transport: rest({ baseUrl: world.url }),
      env,
      storage,
      name: 'boot',
    });
    first.sync.start();
    await first.sync.ready;
    const mine = first.sync.models.todo.create({ ...milk, id: 'mine' });
    await mine.saved;
    await until('two pages came', () => pages === 2);
    const rows = await (await inner.open('boot')).readRows(0, 99);
    expect(rows.filter(({ text }) => String(text).includes('"pulled"')).length).toBeGreaterThan(0);

    const wire = small();
    const shared = { kind: 'memory', open: () => inner.open('boot') };
    const second = await world.device({ env: wire.env(), storage: shared, name: 'boot again' });
    await until('synced', () => statusOf(second).phase === 'synced');
    expect(ids(second)).toEqual(['mine', 't0', 't1', 't2', 't3', 't4', 't5']);
    expect(world.database.records.find('todos', 'mine')?.record).toMatchObject(milk);
    const asked = wire.exchanges.filter(({ path }) => path.startsWith('/todos?'));
    expect(asked[0]?.path).toContain('since=');
  });

  test('CR18: of a clear: the next start shows nothing of what was there, and takes the bytes off the disk', async () => {
    const inner = memory();
    let dies = false;
    const storage = bent(inner, {
      beforeCommit: ({ append }) => {
        if (dies && !append) return new Promise(() => {});
      },
    });
    const env = deviceEnv();
    const transport = rest({ baseUrl: nobody });
    const first = makeDevice({ transport, env, storage, name: 'wiped' });
    first.sync.start();
    await first.sync.ready;
    await first.sync.models.todo.create({ ...milk, title: 'a secret' }).saved;
    await first.sync.persistor.flush();
    await first.sync.models.todo.create({ ...milk, title: 'a secret' }).saved;
    dies = true;
    const clear = first.sync.clear({ unsent: 'discard' });
    const connection = await inner.open('wiped');
    const rows = async () => (await connection.readRows(0, 99)).map(({ text }) => String(text));
    const bytes = async () =>
      JSON.stringify([await rows(), await connection.readPages(await connection.pageKeys())]);
    for (;;) {
      if ((await rows()).some((text) => text.includes('purged'))) break;
      await pause(5);
    }
    expect(await fate(clear)).toBe('pending');
    expect(await bytes()).toContain('a secret');

    const shared = { kind: 'memory', open: () => inner.open('wiped') };
    const second = makeDevice({ transport, env, storage: shared, name: 'wiped again' });
    devices.push(second);
    const seen = new Set<number>();
    second.store.subscribe(() => seen.add(ids(second).length));
    second.sync.start();
    await second.sync.ready;
    await until('leading', () => statusOf(second).role === 'leading');
    for (let i = 0; i < 100 && (await bytes()).includes('a secret'); i++) await pause(5);
    expect(await bytes()).not.toContain('a secret');
    expect(seen).toEqual(new Set([0]));
    expect(second.sync.outbox.list()).toEqual([]);
  });
});
