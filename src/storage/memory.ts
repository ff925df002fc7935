import { type Storage, StorageError } from '../ports/storage.ts';
import { applyBatch, emptyDatabase, type MemoryDatabase } from './memoryDatabase.ts';

/**
 * Storage that lasts as long as the value: for tests, servers and trying things out. Nothing
 * survives a reload.
 */
export function memory(): Storage {
  const databases = new Map<string, MemoryDatabase>();
  return {
    kind: 'memory',
    async open(name) {
      const database = databases.get(name) ?? emptyDatabase();
      databases.set(name, database);
      let closed = false;
      const use = (): MemoryDatabase => {
        if (closed) throw new StorageError('lost', 'this connection was closed');
        return database;
      };
      return {
        commit: async (batch, onCommitting) => {
          const committed = applyBatch(use(), batch);
          if (committed.ok) onCommitting?.();
          return committed;
        },
        readRows: async (after, limit) =>
          use()
            .rows.filter((row) => row.sequence > after)
            .slice(0, limit),
        readPages: async (keys) => keys.map((key) => use().pages.get(key)),
        pageKeys: async () => [...use().pages.keys()],
        readMeta: async (keys) => keys.map((key) => use().meta.get(key)),
        position: async () => ({ head: use().head, fence: use().fence }),
        close: async () => {
          closed = true;
        },
      };
    },
  };
}
