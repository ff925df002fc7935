/**
 * A page that speaks to the browser's storage with nothing of the package between, so that the
 * harness is tested alone. Tests call it through `rawStorage` on the page's global object.
 */
const databaseName = 'raw';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('rows');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Writes rows 0 to count-1 in one strict transaction; returns the durability it really had. */
async function commitRows(count: number): Promise<string> {
  const database = await open();
  const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' });
  for (let key = 0; key < count; key += 1) transaction.objectStore('rows').put(`row ${key}`, key);
  await finished(transaction);
  database.close();
  return transaction.durability;
}

/**
 * Puts one value of so many bytes; returns 'stored' or the name of the error. Random bytes, because
 * Chromium compresses values and its quota counts what is left.
 */
async function putBytes(size: number): Promise<string> {
  const database = await open();
  try {
    const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' });
    transaction.objectStore('rows').put(randomBytes(size), 'big');
    await finished(transaction);
    return 'stored';
  } catch (error) {
    return error instanceof DOMException ? error.name : String(error);
  } finally {
    database.close();
  }
}

/** How many rows there are; undefined if the whole database is gone. */
async function countRows(): Promise<number | undefined> {
  const names = (await indexedDB.databases()).map((database) => database.name);
  if (!names.includes(databaseName)) return undefined;
  const database = await open();
  const request = database.transaction('rows').objectStore('rows').count();
  const count = await new Promise<number>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  database.close();
  return count;
}

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const most = 65_536; // What one call of getRandomValues gives.
  for (let at = 0; at < size; at += most) crypto.getRandomValues(bytes.subarray(at, at + most));
  return bytes;
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

export interface RawStorage {
  readonly commitRows: typeof commitRows;
  readonly countRows: typeof countRows;
  readonly putBytes: typeof putBytes;
}

declare global {
  var rawStorage: RawStorage;
}

globalThis.rawStorage = { commitRows, countRows, putBytes };
