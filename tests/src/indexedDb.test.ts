import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Env } from '../../src/ports/env.ts';
import { IdbDatabase } from '../../src/storage/idbDatabase.ts';
import { openForage } from '../../src/storage/localforageDriver.ts';
import { indexedDb, type StorageError } from '../../src/storage.ts';

let count = 0;
const nextName = () => `idb-${count++}`;

/** A factory whose opened databases can be seen, and bent. */
function watched(bend: (database: IDBDatabase) => void = () => {}) {
  const opened: IDBDatabase[] = [];
  const factory = new Proxy(globalThis.indexedDB, {
    get(target, property) {
      if (property !== 'open') return Reflect.get(target, property);
      return (name: string, version?: number) => {
        const request = target.open(name, version);
        request.addEventListener('success', () => {
          opened.push(request.result);
          bend(request.result);
        });
        return request;
      };
    },
  });
  return { opened, env: { ...browserEnv, indexedDB: factory } as Env };
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: StorageError) => error.code,
  );
}

describe('our localforage driver', () => {
  test('S3: has localforage’s own methods, on the meta store', async () => {
    const database = new IdbDatabase(browserEnv, nextName());
    const forage = await openForage('x', database);
    await forage.setItem('a', { n: 1 });
    await forage.setItem('b', 2);
    expect(await forage.getItem('a')).toEqual({ n: 1 });
    expect(await forage.getItem('missing')).toBeNull();
    expect(await forage.keys()).toEqual(['a', 'b']);
    expect([await forage.length(), await forage.key(1), await forage.key(9)]).toEqual([
      2,
      'b',
      null,
    ]);
    expect(await forage.iterate((value, key) => (key === 'b' ? value : undefined))).toBe(2);
    expect(await forage.iterate(() => undefined)).toBeUndefined();
    await forage.removeItem('a');
    await forage.clear();
    expect(await forage.length()).toBe(0);
    await database.close();
  });

  test('rows that were appended together are read piece by piece, not all of them for each piece', async () => {
    const connection = await indexedDb().open(nextName());
    const count = 5_000;
    const texts = Array.from({ length: count }, (_, i) => `${i}`.padEnd(100, '.'));
    await connection.commit({ append: ['first'] });
    await connection.commit({ append: texts });
    let rows = 0;
    const { getAll } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.getAll = function (...args) {
      const request = getAll.apply(this, args);
      request.addEventListener('success', () => {
        rows += request.result.flat().length;
      });
      return request;
    };
    const read: unknown[] = [];
    try {
      for (let after = 1; after <= count; after += 100) {
        read.push(...(await connection.readRows(after, 100)));
      }
    } finally {
      IDBObjectStore.prototype.getAll = getAll;
    }
    expect(read).toEqual(texts.map((text, i) => ({ sequence: i + 2, text })));
    // A value has 512 of them at most, and a piece stands in two at most.
    expect(rows).toBeLessThanOrEqual((count / 100) * 2 * 512);
    await connection.close();
  });

  test('writes with strict durability', async () => {
    const seen: (string | undefined)[] = [];
    const { env } = watched((database) => {
      const original = database.transaction.bind(database);
      database.transaction = (names, mode, options) => {
        if (mode === 'readwrite') seen.push(options?.durability);
        return original(names, mode, options);
      };
    });
    const connection = await indexedDb(env).open(nextName());
    await connection.commit({ append: ['a'] });
    expect(seen).toEqual(['strict']);
    await connection.close();
  });

  test('ST4: a dead handle is opened again and the write is done', async () => {
    const { opened, env } = watched();
    const connection = await indexedDb(env).open(nextName());
    await connection.commit({ append: ['a'] });
    opened[0]?.close();
    expect(await connection.commit({ append: ['b'] })).toEqual({ ok: true, head: 2 });
    expect(opened).toHaveLength(2);
    opened[1]?.onclose?.(new Event('close'));
    opened[1]?.close();
    expect(await connection.commit({ append: ['c'] })).toEqual({ ok: true, head: 3 });
    await connection.close();
  });

  test('ST4: a handle that dies again and again is told, with the cause', async () => {
    let dead = false;
    const { env } = watched((database) => {
      const original = database.transaction.bind(database);
      database.transaction = (names, mode, options) => {
        if (dead) throw new DOMException('closing', 'InvalidStateError');
        return original(names, mode, options);
      };
    });
    const connection = await indexedDb(env).open(nextName());
    dead = true;
    const error = await connection.commit({ append: ['a'] }).catch((cause: StorageError) => cause);
    expect(error).toMatchObject({ code: 'lost', cause: { name: 'InvalidStateError' } });
  });

  test('ST1: a full quota writes nothing and is called by its name', async () => {
    const { env } = watched((database) => {
      const original = database.transaction.bind(database);
      database.transaction = (names, mode, options) => {
        if (mode === 'readwrite') throw new DOMException('full', 'QuotaExceededError');
        return original(names, mode, options);
      };
    });
    const connection = await indexedDb(env).open(nextName());
    expect(await codeOf(connection.commit({ append: ['a'] }))).toBe('quota');
    expect(await connection.readRows(0, 9)).toEqual([]);
  });

  test('ST3: an abort without an error is a lost connection, tried again', async () => {
    let aborts = 1;
    const { env } = watched((database) => {
      const original = database.transaction.bind(database);
      database.transaction = (names, mode, options) => {
        const transaction = original(names, mode, options);
        if (mode === 'readwrite' && aborts-- > 0) transaction.abort();
        return transaction;
      };
    });
    const connection = await indexedDb(env).open(nextName());
    expect(await connection.commit({ append: ['a'] })).toEqual({ ok: true, head: 1 });
    await connection.close();
  });

  test('ST8: a database of a newer build is left alone', async () => {
    const name = nextName();
    await new Promise<void>((resolve) => {
      const request = globalThis.indexedDB.open(`syncharts/${name}`, 99);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    expect(await codeOf(indexedDb(browserEnv).open(name))).toBe('newerSchema');
  });

  test('ST17: a platform without IndexedDB or that refuses it says so', async () => {
    expect(await codeOf(indexedDb({ ...browserEnv, indexedDB: undefined }).open('x'))).toBe(
      'unavailable',
    );
    const refusing = {
      open: () => {
        throw new DOMException('no', 'SecurityError');
      },
    } as unknown as IDBFactory;
    expect(await codeOf(indexedDb({ ...browserEnv, indexedDB: refusing }).open('x'))).toBe(
      'denied',
    );
  });

  test('ST5: an open that never answers ends with a time-out', async () => {
    const silent = { open: () => ({}) } as unknown as IDBFactory;
    const env: Env = {
      ...browserEnv,
      indexedDB: silent,
      setTimer: (_, callback, label) => {
        if (label === 'open') setTimeout(callback, 0);
        return 1;
      },
      clearTimer: () => {},
    };
    expect(await codeOf(indexedDb(env).open('x'))).toBe('timeout');
  });

  test('a transaction that never ends is told, and what it did is in doubt', async () => {
    let deaf = false;
    const { env } = watched((database) => {
      const original = database.transaction.bind(database);
      database.transaction = (names, mode, options) => {
        const transaction = original(names, mode, options);
        if (deaf) Object.defineProperty(transaction, 'oncomplete', { set: () => {} });
        return transaction;
      };
    });
    const impatient: Env = {
      ...env,
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'transaction' && deaf ? 20 : delay, callback, label),
    };
    const connection = await indexedDb(impatient).open(nextName());
    deaf = true;
    expect(await codeOf(connection.commit({ append: ['a'] }))).toBe('timeout');
    deaf = false;
    expect(await connection.readRows(0, 9)).toHaveLength(1);
    await connection.close();
  });

  test('ST7: a newer build that wants to migrate is let in', async () => {
    const name = nextName();
    const connection = await indexedDb(browserEnv).open(name);
    await connection.commit({ append: ['a'] });
    const upgraded = await new Promise<boolean>((resolve) => {
      const request = globalThis.indexedDB.open(`syncharts/${name}`, 2);
      request.onblocked = () => resolve(false);
      request.onsuccess = () => {
        request.result.close();
        resolve(true);
      };
    });
    expect(upgraded).toBe(true);
    expect(await codeOf(connection.commit({ append: ['b'] }))).toBe('newerSchema');
  });
});
