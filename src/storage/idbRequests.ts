import { StorageError, type StorageFailureCode } from '../ports/storage.ts';

/** The platform's error names, as the port's codes. Never by message text. */
const codes: Readonly<Record<string, StorageFailureCode>> = {
  QuotaExceededError: 'quota',
  // The handle is closed or closing; the transaction went with it.
  InvalidStateError: 'lost',
  AbortError: 'lost',
  TransactionInactiveError: 'lost',
  VersionError: 'newerSchema',
  SecurityError: 'denied',
  NotAllowedError: 'denied',
};

/** Keeps the platform's error as the cause. No error at all means that the connection went away. */
export function storageError(doing: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  if (cause === null || cause === undefined) {
    return new StorageError('lost', `${doing}: the connection to the database was lost`, cause);
  }
  const name = String((cause as { name?: unknown }).name);
  const code = Object.hasOwn(codes, name) ? (codes[name] as StorageFailureCode) : 'failed';
  return new StorageError(code, `${doing}: the browser reports ${name}`, cause);
}

/** The result of one request. */
export function requested<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves on `complete` (durable, as the transaction is strict), rejects on `abort`. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    // `abort` follows every failed request; alone, without an error, it means a lost connection.
    transaction.onabort = () => reject(transaction.error);
  });
}
