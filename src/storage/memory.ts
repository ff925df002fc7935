import { type Batch, type Committed, type Storage, StorageError } from '../ports/storage.ts';

interface Database {
  rows: { sequence: number; text: string }[];
  head: number;
  fence: number;
  readonly pages: Map<string, string>;
  readonly meta: Map<string, string>;
}

/** Rows are few between checkpoints; the sequence is found from the end. */
function commit(database: Database, batch: Batch): Committed {
  const { head, fence } = database;
  const { expect } = batch;
  const moved = expect?.head !== undefined && expect.head !== head;
  const fenced = expect?.fence !== undefined && expect.fence !== fence;
  if (moved || fenced) return { ok: false, head, fence };
  for (const text of batch.append ?? []) {
    database.head++;
    database.rows.push({ sequence: database.head, text });
  }
  for (const [key, text] of batch.putPages ?? []) database.pages.set(key, text);
  for (const key of batch.removePages ?? []) database.pages.delete(key);
  for (const [key, text] of batch.putMeta ?? []) database.meta.set(key, text);
  for (const key of batch.removeMeta ?? []) database.meta.delete(key);
  if (batch.fence !== undefined) database.fence = batch.fence;
  const through = batch.removeRowsThrough;
  if (through !== undefined) database.rows = database.rows.filter((row) => row.sequence > through);
  return { ok: true, head: batch.append?.length || expect ? database.head : 0 };
}

/**
 * Storage that lasts as long as the value: for tests, servers and trying things out. Nothing
 * survives a reload, and `sync.status` says so (`kind: 'memory'`).
 */
export function memory(): Storage {
  const databases = new Map<string, Database>();
  return {
    kind: 'memory',
    async open(name) {
      const known = databases.get(name);
      const database: Database = known ?? {
        rows: [],
        head: 0,
        fence: 0,
        pages: new Map(),
        meta: new Map(),
      };
      databases.set(name, database);
      let closed = false;
      const use = (): Database => {
        if (closed) throw new StorageError('lost', 'this connection was closed');
        return database;
      };
      return {
        commit: async (batch) => commit(use(), batch),
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
