import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import { type Ahead, aheadStepwise, rowsAhead } from '../../store/shelf/ahead.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import type { ShelfConnection } from '../ports/shelf.ts';
import { asStorageError, type StorageConnection } from '../ports/storage.ts';
import { encodeTexts } from './entries.ts';
import { becomeAnother, type Identity, ShelfTrouble } from './identity.ts';
import { Pacer } from './pacer.ts';
import { lastSaid, parseFileName, readShelf } from './shelfFiles.ts';

export interface FallenBackOptions {
  readonly env: Env;
  readonly connection: StorageConnection;
  readonly shelf: ShelfConnection;
  readonly codec: Codec;
}

/**
 * The last sequence that the shelf's files of a database speak of, at a glance; without end where another
 * one has taken it in since. Rejects with ShelfTrouble.
 */
export async function lastShelved(
  { shelf, codec }: Pick<FallenBackOptions, 'shelf' | 'codec'>,
  { id, successors }: Identity,
): Promise<number> {
  if (successors.length > 0) return Number.POSITIVE_INFINITY;
  return onShelf(async () => {
    const files = await filesOf(shelf, [id]);
    return Math.max(0, ...(await Promise.all(files.map((file) => lastSaid(shelf, codec, file)))));
  });
}

/**
 * Takes in what the second shelf says beyond the facts of its own database. A database may have lost its
 * last transactions, those among them that it had called durable: a log that is torn, a machine that went
 * down. To be done before anything is written. Where the shelf shows that rows are gone, the database
 * becomes another one by the same transaction, as it does where it is deleted: no file of before counts
 * against it any more.
 *
 * @param facts as they were read
 * @returns whether something was ahead: then identity and facts are to be read again. Rejects with
 * ShelfTrouble, or StorageError
 */
export async function takeInAhead(
  { env, connection, shelf, codec }: FallenBackOptions,
  identity: Identity,
  facts: Facts,
): Promise<boolean> {
  const { files, damaged } = await onShelf(async () => {
    const databases = [identity.id, ...identity.successors];
    const names = (await filesOf(shelf, databases)).map(({ name }) => name);
    return readShelf(shelf, codec, names, env);
  });
  const pacer = new Pacer(env);
  const comparing = aheadStepwise(files, identity.id, facts);
  let step = comparing.next();
  for (; !step.done; step = comparing.next()) if (pacer.isDue()) await pacer.breathe();
  const ahead = step.value;
  if (!ahead) return false;
  const by = { from: identity.id, at: env.now(), writer: `${env.uuid()}/engine` };
  const rows = rowsAhead(ahead, facts, by);
  const texts = rows.map((row) => (typeof row === 'string' ? row : encodeRow(row)));
  const append = await encodeTexts(codec, texts);
  const { head } = facts;
  if (ahead.isShort) {
    const told = { recovered: operationIdsOf(ahead, facts), unreadable: damaged };
    await becomeAnother({ env, connection }, identity, { append, head }, told);
  } else {
    await connection.commit({ append, expect: { head } });
  }
  return true;
}

async function filesOf(shelf: ShelfConnection, databases: readonly string[]) {
  const files = await shelf.list();
  return files.filter(({ name }) => databases.includes(parseFileName(name)?.database ?? ''));
}

async function onShelf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ShelfTrouble(asStorageError(cause));
  }
}

/** Operations that the database did not know to be waiting. */
function operationIdsOf({ lanes, changes }: Ahead, { places }: Facts): string[] {
  const operations = [
    ...lanes.flatMap((lane) => lane.operations),
    ...changes.map((it) => it.operation),
  ];
  return operations.map(({ id }) => id).filter((id) => getIn(places, id) === undefined);
}
