import localforage from 'localforage';
import type { Batch, Committed, StoredRow } from '../ports/storage.ts';
import { readPosition, storesOf, writeBatch } from './idbBatch.ts';
import { type IdbDatabase, stores } from './idbDatabase.ts';
import { readJournal } from './idbJournal.ts';
import { requested } from './idbRequests.ts';

/** What the driver adds to an instance of localforage; there only after `ready()`. */
export interface SynchartsForage extends LocalForage {
  commitBatch(batch: Batch, onCommitting?: () => void): Promise<Committed>;
  readRows(after: number, limit: number): Promise<readonly StoredRow[]>;
  readPages(keys: readonly string[]): Promise<readonly unknown[]>;
  pageKeys(): Promise<readonly string[]>;
  readMeta(keys: readonly string[]): Promise<readonly unknown[]>;
  readPosition(): Promise<{ readonly head: number; readonly fence: number }>;
}

/** An instance with the driver in place. */
interface Self {
  database: IdbDatabase;
}

interface DriverOptions extends LocalForageOptions {
  readonly database: IdbDatabase;
}

const driverName = 'synchartsIndexedDb';

function manyOf(self: Self, store: 'pages' | 'meta', keys: readonly string[]) {
  return self.database.transact([store], 'readonly', (transaction) => {
    const from = transaction.objectStore(stores[store]);
    return Promise.all(keys.map((key) => requested<unknown>(from.get(key))));
  });
}

function keysOf(self: Self, store: 'pages' | 'meta'): Promise<string[]> {
  return self.database.transact([store], 'readonly', async (transaction) => {
    const keys = await requested(transaction.objectStore(stores[store]).getAllKeys());
    return keys.map(String);
  });
}

function change<T>(self: Self, work: (meta: IDBObjectStore) => T): Promise<T> {
  return self.database.transact(['meta'], 'readwrite', async (transaction) =>
    work(transaction.objectStore(stores.meta)),
  );
}

/**
 * localforage's own methods work on the meta store; the journal's and the pages' are ours, because
 * the library has neither several keys in one transaction nor strict durability nor a second
 * opening of a dead handle. One fixed schema: localforage never adds stores, and with this one
 * driver named it never falls through to another storage.
 */
const driver = {
  _driver: driverName,
  _support: true,
  _initStorage(this: Self, options: DriverOptions) {
    this.database = options.database;
    return this.database.open();
  },
  async getItem(this: Self, key: string) {
    return (await manyOf(this, 'meta', [key]))[0] ?? null;
  },
  async setItem(this: Self, key: string, value: unknown) {
    await change(this, (meta) => meta.put(value, key));
    return value;
  },
  async removeItem(this: Self, key: string) {
    await change(this, (meta) => meta.delete(key));
  },
  async clear(this: Self) {
    await change(this, (meta) => meta.clear());
  },
  async length(this: Self) {
    return (await keysOf(this, 'meta')).length;
  },
  async key(this: Self, index: number) {
    return (await keysOf(this, 'meta'))[index] ?? null;
  },
  keys(this: Self) {
    return keysOf(this, 'meta');
  },
  async iterate(this: Self, visit: (value: unknown, key: string, n: number) => unknown) {
    const keys = await keysOf(this, 'meta');
    const values = await manyOf(this, 'meta', keys);
    for (let i = 0; i < keys.length; i++) {
      const result = visit(values[i], keys[i] as string, i + 1);
      if (result !== undefined) return result;
    }
    return undefined;
  },
  commitBatch(this: Self, batch: Batch, onCommitting?: () => void) {
    return this.database.transact(storesOf(batch), 'readwrite', (transaction) =>
      writeBatch(transaction, batch, onCommitting),
    );
  },
  readRows(this: Self, after: number, limit: number) {
    return this.database.transact(['journal'], 'readonly', (transaction) =>
      readJournal(transaction.objectStore(stores.journal), after, limit),
    );
  },
  readPages(this: Self, keys: readonly string[]) {
    return manyOf(this, 'pages', keys);
  },
  pageKeys(this: Self) {
    return keysOf(this, 'pages');
  },
  readMeta(this: Self, keys: readonly string[]) {
    return manyOf(this, 'meta', keys);
  },
  readPosition(this: Self) {
    return this.database.transact(['journal', 'meta'], 'readonly', readPosition);
  },
};

let defined: Promise<void> | undefined;

/** An instance on this database, ready. Rejects with the database's own failure. */
export async function openForage(name: string, database: IdbDatabase): Promise<SynchartsForage> {
  // The driver has `this`-typed methods and more of them than localforage's types can say.
  defined ??= localforage.defineDriver(driver as unknown as LocalForageDriver);
  await defined;
  const options: DriverOptions = { name, storeName: stores.meta, driver: driverName, database };
  const forage = localforage.createInstance(options);
  try {
    await forage.ready();
  } catch (error) {
    throw database.openFailure ?? error;
  }
  return forage as SynchartsForage;
}
