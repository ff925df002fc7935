import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Env } from '../../src/ports/env.ts';
import { indexedDb, type StorageConnection, type StorageError } from '../../src/storage.ts';

let count = 0;
const nextName = () => `fault-${count++}`;
const open: StorageConnection[] = [];

afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});

/** A connection whose write transactions pass through a test's hands. */
async function bentConnection(bend: (transaction: IDBTransaction) => void) {
  let bends = false;
  const factory = new Proxy(globalThis.indexedDB, {
    get(target, property) {
      if (property !== 'open') return Reflect.get(target, property);
      return (name: string, version?: number) => {
        const request = target.open(name, version);
        request.addEventListener('success', () => bendDatabase(request.result));
        return request;
      };
    },
  });
  function bendDatabase(database: IDBDatabase) {
    const original = database.transaction.bind(database);
    database.transaction = (names, mode, options) => {
      const transaction = original(names, mode, options);
      if (bends && mode === 'readwrite') bend(transaction);
      return transaction;
    };
  }
  const env: Env = { ...browserEnv, indexedDB: factory };
  const connection = await indexedDb(env).open(nextName());
  open.push(connection);
  return {
    connection,
    bending: (on: boolean) => {
      bends = on;
    },
  };
}

const full = () => new DOMException('no room', 'QuotaExceededError');
const fate = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error: StorageError) => error.code,
  );

describe('a write that finds no room', () => {
  /** The n-th row of a transaction finds none. */
  function throwsAt(n: number) {
    return (transaction: IDBTransaction) => {
      const store = transaction.objectStore.bind(transaction);
      let rows = 0;
      transaction.objectStore = (name) => {
        const found = store(name);
        const add = found.add.bind(found);
        found.add = (value) => {
          if (++rows === n) throw full();
          return add(value);
        };
        return found;
      };
    };
  }

  const aborts = (transaction: IDBTransaction) => {
    const store = transaction.objectStore.bind(transaction);
    transaction.objectStore = (name) => {
      const found = store(name);
      const add = found.add.bind(found);
      found.add = (value) => {
        const request = add(value);
        // As browsers do at the commit: no request fails, the transaction does.
        request.addEventListener('success', () => {
          Object.defineProperty(transaction, 'error', { value: full() });
          transaction.abort();
        });
        return request;
      };
      return found;
    };
    transaction.commit = () => {};
  };

  test.each([
    ['the first row is refused at once', throwsAt(1)],
    ['the second row is refused at once', throwsAt(2)],
    ['the transaction is aborted', aborts],
  ])('ST1 ST12: %s: nothing of it is written, and it is called by its name', async (_, bend) => {
    const { connection, bending } = await bentConnection(bend);
    await connection.commit({ append: ['before'] });
    bending(true);
    expect(await fate(connection.commit({ append: ['a', 'b'] }))).toBe('quota');
    bending(false);
    expect((await connection.readRows(0, 9)).map(({ text }) => text)).toEqual(['before']);
    await connection.commit({ append: ['after'] });
    expect((await connection.readRows(0, 9)).map(({ text }) => text)).toEqual(['before', 'after']);
  });

  test('ST21: a disk that is full below the browser refuses whole transactions, with the cause', async () => {
    const unknown = new DOMException('Internal error committing transaction.', 'UnknownError');
    const { connection, bending } = await bentConnection((transaction) => {
      transaction.commit = () => {
        Object.defineProperty(transaction, 'error', { value: unknown });
        transaction.abort();
      };
    });
    bending(true);
    const error = await connection.commit({ append: ['a'] }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'failed', cause: unknown });
    bending(false);
    expect(await connection.readRows(0, 9)).toEqual([]);
  });
});
