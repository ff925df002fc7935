import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import { type Ahead, aheadStepwise, rowsAhead } from '../../store/shelf/ahead.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import type { ShelfConnection } from '../ports/shelf.ts';
import { asStorageError, type StorageConnection } from '../ports/storage.ts';
import { encodeTexts } from './entries.ts';
import { becomeAnother, type Identity } from './identity.ts';
import { ShelfTrouble } from './lostDatabases.ts';
import { paced } from './pacer.ts';
import { databaseOf, lastSaid, readShelf } from './shelfFiles.ts';

export interface FallenBackOptions {
  readonly env: Env;
  readonly connection: StorageConnection;
  readonly shelf: ShelfConnection;
  readonly codec: Codec;
}

/**
 * The last sequence that the shelf's files of a database speak of, at a glance; without end where a glance
 * does not tell: another one has taken it in since, or an earlier start could not read the shelf.
 * Rejects with ShelfTrouble.
 */
export async function lastShelved(
  { shelf, codec }: Pick<FallenBackOptions, 'shelf' | 'codec'>,
  { files, unread, successors }: Identity,
): Promise<number> {
  if (successors.length > 0 || (unread > 0 && files.length > 0)) return Number.POSITIVE_INFINITY;
  return onShelf(async () => {
    return Math.max(0, ...(await Promise.all(files.map((file) => lastSaid(shelf, codec, file)))));
  });
}

/** `taken`: identity and facts are to be read again. `others`: another tab has written meanwhile. */
export type Taken = 'nothing' | 'taken' | 'others';

/**
 * Takes in what the second shelf says beyond the facts of its own database. A database may have lost its
 * last transactions, those among them that it had called durable: a log that is torn, a machine that went
 * down. To be done before anything is written. Where the shelf shows that rows are gone, the database
 * becomes another one by the same transaction, as it does where it is deleted: no file of before counts
 * against it any more. Files of tabs that live are left to them: none lives through such a loss.
 *
 * @param facts as they were read
 * @returns what came of it; rejects with ShelfTrouble, or StorageError
 */
export async function takeInAhead(
  { env, connection, shelf, codec }: FallenBackOptions,
  identity: Identity,
  facts: Facts,
): Promise<Taken> {
  const { files, damaged } = await onShelf(async () => {
    return readShelf(shelf, codec, await freeFiles(shelf, identity), env);
  });
  const ahead = await paced(aheadStepwise(files, identity, facts, damaged === 0), env);
  if (!ahead && identity.successors.length === 0) return 'nothing';
  const { isShort = true } = ahead ?? {};
  const by = { from: identity.id, at: env.now(), writer: `${env.uuid()}/engine` };
  const rows = ahead ? rowsAhead(ahead, facts, by) : [];
  const texts = rows.map((row) => (typeof row === 'string' ? row : encodeRow(row)));
  const append = await encodeTexts(codec, texts);
  const { head } = facts;
  if (!isShort) {
    const { ok } = await connection.commit({ append, expect: { head } });
    return ok ? 'taken' : 'others';
  }
  const told = { recovered: ahead ? operationIdsOf(ahead, facts) : [], unreadable: damaged };
  const isDone = await becomeAnother({ env, connection }, identity, { append, head }, told);
  return isDone ? 'taken' : 'others';
}

/** Names of the files of a database, and of those that have taken it in, that no living tab writes to. */
async function freeFiles(shelf: ShelfConnection, { id, successors }: Identity): Promise<string[]> {
  const names = (await shelf.list()).map(({ name }) => name);
  const own = names.filter((name) => [id, ...successors].includes(databaseOf(name)));
  const held = await Promise.all(own.map((name) => shelf.isHeld(name)));
  return own.filter((_, i) => !held[i]);
}

async function onShelf<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ShelfTrouble(asStorageError(cause));
  }
}

/** Operations that the database did not know to be waiting. */
function operationIdsOf({ lanes, older, changes }: Ahead, { places }: Facts): string[] {
  const operations = [
    ...[...lanes, ...older].flatMap((lane) => lane.operations),
    ...changes.map((it) => it.operation),
  ];
  return operations.map(({ id }) => id).filter((id) => getIn(places, id) === undefined);
}
