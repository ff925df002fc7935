import type { Batch, Committed } from '../ports/storage.ts';

/** A database in memory: what `memory()` and the simulated disk stand on. */
export interface MemoryDatabase {
  rows: { sequence: number; text: string }[];
  head: number;
  fence: number;
  readonly pages: Map<string, string>;
  readonly meta: Map<string, string>;
}

export function emptyDatabase(): MemoryDatabase {
  return { rows: [], head: 0, fence: 0, pages: new Map(), meta: new Map() };
}

/** One transaction of the storage port: all of the batch, or nothing where `expect` is not so. */
export function applyBatch(database: MemoryDatabase, batch: Batch): Committed {
  const { head, fence } = database;
  const { expect } = batch;
  const moved = expect?.head !== undefined && expect.head !== head;
  const fenced = expect?.fence !== undefined && expect.fence !== fence;
  const { meta } = expect ?? {};
  const taken = meta !== undefined && database.meta.get(meta[0]) !== meta[1];
  if (moved || fenced || taken) return { ok: false, head, fence };
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
