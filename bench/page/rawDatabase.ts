import type { Todo } from './todos.ts';

/** IndexedDB with nothing between: the floor of everything durable. One row a record. */
export interface RawDatabase {
  /** One strict transaction with a put for each. */
  put(records: readonly Todo[]): Promise<void>;
  get(id: string): Promise<Todo | undefined>;
  getAll(): Promise<Todo[]>;
  count(): Promise<number>;
  close(): void;
}

export async function openRaw(name: string): Promise<RawDatabase> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(`raw/${name}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('rows', { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const read = <T>(ask: (rows: IDBObjectStore) => IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      const request = ask(database.transaction('rows').objectStore('rows'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  return {
    put: (records) =>
      new Promise((resolve, reject) => {
        const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' });
        const rows = transaction.objectStore('rows');
        for (const record of records) rows.put(record);
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      }),
    get: (id) => read<Todo | undefined>((rows) => rows.get(id)),
    getAll: () => read<Todo[]>((rows) => rows.getAll()),
    count: () => read((rows) => rows.count()),
    close: () => database.close(),
  };
}
