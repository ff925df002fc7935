import type { Env } from '../ports/env.ts';
import { StorageError } from '../ports/storage.ts';
import { completed, storageError } from './idbRequests.ts';
import { abort, OpenTransactions } from './openTransactions.ts';

/** The one schema. A change of it is a new version and a migration in `onupgradeneeded`. */
const schemaVersion = 1;
export const stores = { journal: 'journal', pages: 'pages', meta: 'meta' } as const;
export type StoreName = keyof typeof stores;

/** Opening may be slow (30 s were seen), but not for ever. */
const openDeadline = 60_000;
const transactionDeadline = 30_000;
/** Reopenings of a dead handle in a row before the failure is told. */
const reopenLimit = 3;

/**
 * One shared connection per database: opens it, and opens it again when the platform has closed the
 * handle (Safari's lost server, a cleared site, a discarded backing store).
 */
export class IdbDatabase {
  readonly #env: Env;
  readonly #name: string;
  #handle: Promise<IDBDatabase> | null = null;
  readonly #transactions: OpenTransactions;
  /** Why it could not be opened: localforage replaces every error by its own. */
  openFailure: StorageError | null = null;

  constructor(env: Env, name: string) {
    this.#env = env;
    this.#name = name;
    this.#transactions = new OpenTransactions(env);
  }

  async open(): Promise<void> {
    this.openFailure = null;
    try {
      await this.#open();
    } catch (error) {
      this.openFailure = storageError(`opening the database "${this.#name}"`, error);
      throw this.openFailure;
    }
  }

  /**
   * Runs `work` in one transaction and resolves with its result after `complete`. A dead handle is
   * opened again and the work is done again: whoever appends must bear a second copy.
   */
  async transact<T>(
    names: readonly StoreName[],
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(names, mode, work);
      } catch (cause) {
        const error = storageError(mode === 'readonly' ? 'reading' : 'writing', cause);
        if (error.code !== 'lost' || attempt >= reopenLimit) throw error;
        await this.#drop();
      }
    }
  }

  async close(): Promise<void> {
    this.#transactions.close();
    await this.#drop();
  }

  async #attempt<T>(
    names: readonly StoreName[],
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> {
    const database = await this.#open();
    // In a loop: it may be frozen again before this goes on.
    while (this.#transactions.thawed) await this.#transactions.thawed;
    const transaction = database.transaction(names, mode, { durability: 'strict' });
    const end = completed(transaction);
    const timer = this.#env.setTimer(
      transactionDeadline,
      () => {
        stuck(new StorageError('timeout', `the database "${this.#name}" does not answer`));
      },
      'transaction',
    );
    this.#transactions.add(transaction);
    let stuck: (error: StorageError) => void = () => {};
    const deadline = new Promise<never>((_, reject) => {
      stuck = reject;
    });
    let refusal: unknown = null;
    try {
      const result = work(transaction);
      // Work that ends in the middle takes with it what it has asked for already: all or nothing.
      result.catch((cause) => {
        refusal = cause;
        abort(transaction);
      });
      await Promise.race([end, deadline]);
      return await result;
    } catch (cause) {
      // The abort's error is the truer one; an abort of ours has none.
      throw cause ?? refusal;
    } finally {
      this.#env.clearTimer(timer);
      this.#transactions.delete(transaction);
      end.catch(() => {});
      deadline.catch(() => {});
    }
  }

  #open(): Promise<IDBDatabase> {
    if (!this.#handle) {
      const handle = this.#request();
      this.#handle = handle;
      handle.catch(() => {
        if (this.#handle === handle) this.#handle = null;
      });
    }
    return this.#handle;
  }

  async #drop(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    if (handle) (await handle.catch(() => null))?.close();
  }

  #request(): Promise<IDBDatabase> {
    const factory = this.#env.indexedDB;
    if (!factory) {
      return Promise.reject(new StorageError('unavailable', 'there is no IndexedDB here'));
    }
    return new Promise((resolve, reject) => {
      const request = factory.open(this.#name, schemaVersion);
      const timer = this.#env.setTimer(
        openDeadline,
        () => reject(new StorageError('timeout', `opening "${this.#name}" takes too long`)),
        'open',
      );
      request.onupgradeneeded = () => {
        const database = request.result;
        database.createObjectStore(stores.journal, { autoIncrement: true });
        database.createObjectStore(stores.pages);
        database.createObjectStore(stores.meta);
      };
      request.onerror = () => {
        this.#env.clearTimer(timer);
        reject(request.error);
      };
      request.onsuccess = () => {
        this.#env.clearTimer(timer);
        const database = request.result;
        database.onclose = () => this.#forget(database);
        // A newer build wants to migrate: make room; our next transaction learns of it.
        database.onversionchange = () => {
          database.close();
          this.#forget(database);
        };
        resolve(database);
      };
    });
  }

  #forget(database: IDBDatabase): void {
    const handle = this.#handle;
    handle
      ?.then((current) => {
        if (current === database && this.#handle === handle) this.#handle = null;
      })
      .catch(() => {});
  }
}
