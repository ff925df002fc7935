import type { Batch, Storage, StorageConnection } from '../../src/storage.ts';

export interface Bends {
  /** Called before each commit; a throw or rejection is the disk's. */
  beforeCommit?: (batch: Batch) => unknown;
  /** Called after the batch was written; a rejection means that nobody learns of it. */
  afterCommit?: (batch: Batch) => unknown;
  beforeOpen?: () => unknown;
  beforeRead?: () => unknown;
  beforeReadRows?: () => unknown;
  beforePageKeys?: () => unknown;
}

/** A storage whose disk does what a test tells it. */
export function bent(storage: Storage, bends: Bends): Storage {
  return {
    kind: storage.kind,
    open: async (name) => {
      await bends.beforeOpen?.();
      const connection = await storage.open(name);
      const wrapped: StorageConnection = {
        ...connection,
        commit: async (batch, onCommitting) => {
          await bends.beforeCommit?.(batch);
          const committed = await connection.commit(batch, onCommitting);
          await bends.afterCommit?.(batch);
          return committed;
        },
        readMeta: async (keys) => {
          await bends.beforeRead?.();
          return connection.readMeta(keys);
        },
        readRows: async (after, limit) => {
          await bends.beforeReadRows?.();
          return connection.readRows(after, limit);
        },
        pageKeys: async () => {
          await bends.beforePageKeys?.();
          return connection.pageKeys();
        },
      };
      return wrapped;
    },
  };
}
