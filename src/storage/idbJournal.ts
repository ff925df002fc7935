import type { StoredRow } from '../ports/storage.ts';
import { requested } from './idbRequests.ts';

/**
 * Fewer rows are added one by one. A put of its own costs the browser some 0.1 ms for each row
 * (docs/benchmarks.md, the drain in batches).
 */
const packedFrom = 4;

/**
 * Rows and characters of one value, about as many as a start reads at once. Whoever reads a row reads
 * all that stand with it: if a hundred thousand that came back from the second shelf were one value,
 * each few of them would cost all.
 */
const packLimits = { rows: 512, characters: 200_000 } as const;

/** As many rows are read without a look at where they stand: a value holds one of them at least. */
const fewRows = 4;

/**
 * Appends rows that go together as one value, or as a few where they are many: the array of their texts
 * under the last one's sequence. The keys' gaps tell how many rows stand at each.
 *
 * @param head the journal's head, if it was looked up in this transaction
 * @returns the new head, once the browser has told it
 */
export async function appendRows(
  journal: IDBObjectStore,
  texts: readonly string[],
  head: number | null,
): Promise<() => Promise<number>> {
  if (texts.length >= packedFrom) {
    // Without the head the first row alone is given the next key.
    const before = head ?? Number(await requested(journal.add(texts[0])));
    const packs = packsOf(head === null ? texts.slice(1) : texts);
    let through = before;
    let put: IDBRequest<IDBValidKey> | undefined;
    for (const pack of packs) {
      // One after the other, so that no task has to copy all of them.
      if (put) await requested(put);
      through += pack.length;
      put = journal.put(pack, through);
    }
    return answerOf(put, head);
  }
  let last: IDBRequest<IDBValidKey> | undefined;
  for (const text of texts) last = journal.add(text);
  return answerOf(last, head);
}

function packsOf(texts: readonly string[]): (readonly string[])[] {
  const packs: (readonly string[])[] = [];
  let from = 0;
  let characters = 0;
  texts.forEach((text, at) => {
    const isFull = at - from >= packLimits.rows || characters + text.length > packLimits.characters;
    if (at > from && isFull) {
      packs.push(texts.slice(from, at));
      from = at;
      characters = 0;
    }
    characters += text.length;
  });
  packs.push(texts.slice(from));
  return packs;
}

function answerOf(request: IDBRequest<IDBValidKey> | undefined, head: number | null) {
  const answer = request ? requested(request) : Promise.resolve(head ?? 0);
  // Nobody may ask for it: the transaction can end before.
  answer.catch(() => {});
  return async () => Number(await answer);
}

/** The rows of what is stored under a key, the last of which has the key as its sequence. */
function rowsOf(key: number, stored: unknown): StoredRow[] {
  if (!Array.isArray(stored)) return [{ sequence: key, text: stored }];
  const before = key - stored.length;
  return stored.map((text: unknown, i) => ({ sequence: before + i + 1, text }));
}

/**
 * Rows after `after`, at most `limit`; no more is read than these and what stands beside the last, or,
 * where they are few, in as many values.
 */
export async function readJournal(
  journal: IDBObjectStore,
  after: number,
  limit: number,
): Promise<StoredRow[]> {
  const range = IDBKeyRange.lowerBound(after, true);
  // What another tab has just written: keys and values come by one way to the browser and back.
  const [found, few] = await Promise.all([
    requested(journal.getAllKeys(range, limit)),
    limit <= fewRows ? requested<unknown[]>(journal.getAll(range, limit)) : null,
  ]);
  const keys = found.map(Number);
  if (few) return rowsWithin(keys, few, after, limit);
  const [first] = keys;
  if (first === undefined) return [];
  // How many stand under the first is not known yet; one at least.
  const last = keys.find((key) => 1 + key - first >= limit) ?? keys.at(-1);
  const stored = await requested<unknown[]>(journal.getAll(IDBKeyRange.bound(after, last, true)));
  return rowsWithin(keys, stored, after, limit);
}

function rowsWithin(
  keys: readonly number[],
  stored: readonly unknown[],
  after: number,
  limit: number,
): StoredRow[] {
  const rows = stored.flatMap((value, i) => rowsOf(keys[i] as number, value));
  return rows.filter(({ sequence }) => sequence > after).slice(0, limit);
}

/** Deletes the rows up to and including `through`, also those that stand with later ones. */
export async function removeRows(journal: IDBObjectStore, through: number): Promise<void> {
  journal.delete(IDBKeyRange.upperBound(through));
  const next = await requested(journal.openCursor(IDBKeyRange.lowerBound(through, true)));
  if (!next) return;
  const value: unknown = next.value;
  const rows = rowsOf(Number(next.primaryKey), value);
  const left = rows.filter(({ sequence }) => sequence > through);
  if (left.length < rows.length) next.update(left.map(({ text }) => text));
}
