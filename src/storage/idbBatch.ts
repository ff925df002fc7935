import type { Batch, Committed } from '../ports/storage.ts';
import { type StoreName, stores } from './idbDatabase.ts';
import { appendRows, removeRows } from './idbJournal.ts';
import { requested } from './idbRequests.ts';

/** Meta keys of the driver's own; all others belong to the kit. */
const metaKeys = {
  /** The last sequence that was deleted: where an empty journal goes on. */
  through: 'driver/through',
  fence: 'driver/fence',
} as const;

export async function readPosition(transaction: IDBTransaction) {
  const journal = transaction.objectStore(stores.journal);
  const meta = transaction.objectStore(stores.meta);
  const [cursor, through, fence] = await Promise.all([
    requested(journal.openKeyCursor(null, 'prev')),
    requested(meta.get(metaKeys.through)),
    requested(meta.get(metaKeys.fence)),
  ]);
  const last = cursor ? Number(cursor.primaryKey) : 0;
  return { head: Math.max(last, Number(through ?? 0)), fence: Number(fence ?? 0) };
}

/**
 * The stores a batch needs, no more: a plain append locks the journal alone and stays one put, and
 * pages are written beside appends, not in front of them.
 */
export function storesOf(batch: Batch): StoreName[] {
  const names = new Set<StoreName>();
  const { append, expect, putPages, removePages, removeRowsThrough } = batch;
  if (append || expect || removeRowsThrough !== undefined) names.add('journal');
  if (putPages || removePages) names.add('pages');
  if (expect || hasMeta(batch)) names.add('meta');
  return [...names];
}

function hasMeta({ putMeta, removeMeta, fence, removeRowsThrough }: Batch): boolean {
  return Boolean(putMeta || removeMeta) || fence !== undefined || removeRowsThrough !== undefined;
}

/** Writes a batch in a transaction over `storesOf(batch)`. */
export async function writeBatch(
  transaction: IDBTransaction,
  batch: Batch,
  onCommitting?: () => void,
): Promise<Committed> {
  const { expect } = batch;
  let head: number | undefined;
  if (expect) {
    const position = await readPosition(transaction);
    head = position.head;
    const moved = expect?.head !== undefined && expect.head !== position.head;
    const fenced = expect?.fence !== undefined && expect.fence !== position.fence;
    const taken = expect.meta !== undefined && !(await isMeta(transaction, ...expect.meta));
    if (moved || fenced || taken) return { ok: false, ...position };
  }
  const rows = batch.append ?? [];
  const appended =
    rows.length > 0
      ? await appendRows(transaction.objectStore(stores.journal), rows, head ?? null)
      : null;
  if (batch.putPages || batch.removePages) {
    const pages = transaction.objectStore(stores.pages);
    for (const [key, text] of batch.putPages ?? []) pages.put(text, key);
    for (const key of batch.removePages ?? []) pages.delete(key);
  }
  await writeMeta(transaction, batch);
  // All is asked for: without this the browser waits for the answers before it commits.
  transaction.commit();
  onCommitting?.();
  if (appended) head = await appended();
  return { ok: true, head: head ?? 0 };
}

async function isMeta(
  transaction: IDBTransaction,
  key: string,
  text: string | undefined,
): Promise<boolean> {
  return (await requested(transaction.objectStore(stores.meta).get(key))) === text;
}

async function writeMeta(transaction: IDBTransaction, batch: Batch): Promise<void> {
  if (!hasMeta(batch)) return;
  const { putMeta = [], removeMeta = [], fence, removeRowsThrough } = batch;
  if (removeRowsThrough !== undefined) {
    await removeRows(transaction.objectStore(stores.journal), removeRowsThrough);
  }
  const meta = transaction.objectStore(stores.meta);
  for (const [key, text] of putMeta) meta.put(text, key);
  for (const key of removeMeta) meta.delete(key);
  if (fence !== undefined) meta.put(fence, metaKeys.fence);
  if (removeRowsThrough !== undefined) meta.put(removeRowsThrough, metaKeys.through);
}
