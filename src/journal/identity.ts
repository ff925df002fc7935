import type { JsonObject } from '../../store/json.ts';
import { isCount, isText, listOf, shape } from '../../store/rows/check.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import type { RecoveredRow, ServerName } from '../../store/rows/row.ts';
import type { RecoveredLane } from '../../store/shelf/recover.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import type { ShelfConnection, ShelfFile } from '../ports/shelf.ts';
import { asStorageError, type StorageConnection } from '../ports/storage.ts';
import { encodeTexts } from './entries.ts';
import { type Lost, type Remembered, readShelfFor } from './lostDatabases.ts';
import { Pacer } from './pacer.ts';
import { databaseOf } from './shelfFiles.ts';

const idKey = 'databaseId';

/** The random id of a database; undefined: it has none yet. */
export async function databaseIdOf(connection: StorageConnection): Promise<string | undefined> {
  const [id] = await connection.readMeta([idKey]);
  return typeof id === 'string' ? id : undefined;
}

/** Lost databases whose operations stand in this one. */
const replacesKey = 'replaces';
/** Set once the second shelf has had a file of this database. */
const shelvedKey = 'shelved';
/**
 * How many starts could not read the shelf: they went on behind a last row of which they could not know
 * whether it was the last, so the same sequences may stand for other rows in files from before.
 */
const unreadKey = 'unreadStarts';
/** A loss of which nobody was told yet, with what came back. */
const untoldKey = 'untoldLoss';

export interface Identity {
  readonly id: string;
  /** Whether what the page remembered was taken in: not where another tab was first. */
  readonly isRemembered: boolean;
  /** The id that this device had known, if the database of that id is gone. */
  readonly lost: string | null;
  /** Operations that came back from the second shelf, by id. */
  readonly recovered: readonly string[];
  /** What it told and this build can not read: lines, not operations. */
  readonly unreadable: number;
  /** Lost databases of which everything stands in this one now. */
  readonly replaces: readonly string[];
  /** How many of its starts could not read the shelf, this one among them. */
  readonly unread: number;
  /** Its files on the shelf, as it was found. */
  readonly files: readonly ShelfFile[];
  /** Databases that have taken this one in: it is older than they were, and must have come back. */
  readonly successors: readonly string[];
  /**
   * Whether the shelf says what this database says: `kept`; `missing`: it had, and is empty now (the
   * browser has deleted it); `new`: it has to be told for the first time, or anew.
   */
  readonly shelf: 'kept' | 'missing' | 'new' | 'none';
  /** Writes down outside that this is the database; once the loss of another one has been told. */
  readonly remember: () => Promise<void>;
}

export interface IdentityOptions {
  readonly env: Env;
  readonly connection: StorageConnection;
  /** Null where there is no second shelf; `unread`: what stands there is for a later start. */
  readonly shelf: ShelfConnection | null | 'unread';
  readonly codec: Codec;
  readonly name: string;
  /** What this page knows of the database that it had before, if it had one. */
  readonly remembered?: Remembered;
  /** A record of a model with what it names in the server's words. */
  readonly renamed: (model: string, record: JsonObject, names: readonly ServerName[]) => JsonObject;
}

/** Another tab may be at it in the same moment; not for ever. */
const attempts = 20;

/**
 * The database's random id stands in it, on the second shelf (in its files' names) and in
 * localStorage: a browser may delete the whole of IndexedDB, and a loss must be told from a first run.
 *
 * | database | shelf or mark | then |
 * |---|---|---|
 * | has an id | the same | as always |
 * | has an id | nothing | `missing` if there was something: told, and written anew from the database |
 * | has an id | another one | that one is lost: its unsent operations are taken in |
 * | none | one | lost: a new id, and the unsent operations are taken in |
 * | has an id | one that had taken it in | it is older than that one: a `successor`, for who compares them |
 * | none | nothing | a first run |
 *
 * Operations are taken in by the transaction that gives the new id, so a crash at any moment leaves
 * either the shelf to be read again, or a database that knows what it has taken. The mark in
 * localStorage stays what it was until `remember`: a page may die before anybody was told.
 */
export async function identify(options: IdentityOptions): Promise<Identity> {
  for (let attempt = 1; ; attempt++) {
    const identity = await identifyOnce(options);
    if (identity) return identity;
    if (attempt === attempts) throw new Error('the database changes whenever it is looked at');
  }
}

async function identifyOnce(options: IdentityOptions): Promise<Identity | null> {
  const { env, connection, codec, name, remembered } = options;
  const shelf = options.shelf === 'unread' ? null : options.shelf;
  const markKey = `syncharts/${name}/databaseId`;
  const mark = env.readMark(markKey);
  const stored = await connection.readMeta([
    ...[idKey, replacesKey, shelvedKey, untoldKey, unreadKey],
  ]);
  const [storedId, storedReplaces, shelved, storedUntold, storedUnread] = stored;
  const isNew = typeof storedId !== 'string';
  const id = isNew ? env.uuid() : storedId;
  const replaced = textsIn(storedReplaces);
  const isDark = options.shelf === 'unread' && !isNew && shelved !== undefined;
  const unread = (Number(storedUnread) || 0) + (isDark ? 1 : 0);
  const { files, lost, successors } = await readShelfFor({
    ...{ env, shelf, codec, id, replaced },
    ...(remembered && { remembered }),
  });
  // What an unread shelf says of it besides is taken in by a later start.
  const replaces = options.shelf === 'unread' ? replaced : [...replaced, ...lost.databases];
  let untold = untoldIn(storedUntold);
  if (lost.databases.length > 0) {
    const recovered = lost.lanes.flatMap(({ operations }) => operations.map((item) => item.id));
    untold = { lost: lost.databases[0] ?? '', recovered, unreadable: lost.unreadable };
  }
  if (isNew || isDark || lost.databases.length > 0 || (shelf && shelved === undefined)) {
    const append = await encodeRecovered(options, lost);
    const head = append.length > 0 ? (await connection.position()).head : undefined;
    const committing = connection.commit({
      ...(append.length > 0 && { append }),
      expect: {
        ...(head !== undefined && { head }),
        ...(isNew && { meta: [idKey, undefined] as const }),
        ...(isDark && { meta: [unreadKey, storedUnread as string | undefined] as const }),
      },
      putMeta: [
        [idKey, id],
        [replacesKey, JSON.stringify(replaces)],
        ...(shelf ? ([[shelvedKey, '1']] as const) : []),
        ...(untold ? ([[untoldKey, JSON.stringify(untold)]] as const) : []),
        ...(isDark ? ([[unreadKey, String(unread)]] as const) : []),
      ],
    });
    // A full disk that can not count it must not keep people from what they have: then no file agrees with it.
    const isOnlyCounted = isDark && lost.databases.length === 0;
    const { ok } = await (isOnlyCounted ? committing.catch(orFull) : committing);
    if (!ok) return null;
  }
  const own = files.filter(({ name }) => databaseOf(name) === id);
  const isMissing = shelved !== undefined && !isNew && lost.databases.length === 0;
  const { recovered = [], unreadable = 0 } = untold ?? {};
  return {
    ...{ id, replaces, unread, files: own, successors, recovered, unreadable },
    isRemembered: remembered !== undefined && lost.databases.includes(remembered.database),
    // The one that people knew, not one that was begun after it and lost before it was told.
    lost: (mark !== undefined && mark !== id ? mark : untold?.lost) ?? null,
    shelf: shelf ? (own.length > 0 ? 'kept' : isMissing ? 'missing' : 'new') : 'none',
    remember: async () => {
      if (mark !== id) env.writeMark(markKey, id);
      if (untold) await connection.commit({ removeMeta: [untoldKey] });
    },
  };
}

/**
 * The database of this identity has lost its last rows: from here on it is another one, which has taken
 * over what the old one had. One transaction, with rows for the journal's end; resolves with false, and
 * nothing is written, where another tab was first or the head is another one by now.
 */
export async function becomeAnother(
  { env, connection }: Pick<IdentityOptions, 'env' | 'connection'>,
  { id, replaces, successors }: Identity,
  { append, head }: { readonly append: readonly string[]; readonly head: number },
  told: Pick<Identity, 'recovered' | 'unreadable'>,
): Promise<boolean> {
  const untold: UntoldLoss = { lost: id, ...told };
  const { ok } = await connection.commit({
    append,
    expect: { head, meta: [idKey, id] },
    putMeta: [
      [idKey, env.uuid()],
      [replacesKey, JSON.stringify([...replaces, id, ...successors])],
      [untoldKey, JSON.stringify(untold)],
    ],
    // No file of the shelf is this one's yet.
    removeMeta: [shelvedKey, unreadKey],
  });
  return ok;
}

function orFull(cause: unknown): { readonly ok: true } {
  if (asStorageError(cause).code !== 'quota') throw cause;
  return { ok: true };
}

/** First what can not be read, so that it holds what comes behind it as before. */
async function encodeRecovered(options: IdentityOptions, lost: Lost): Promise<string[]> {
  const { env, codec } = options;
  const writer = `${env.uuid()}/engine`;
  const [from = ''] = lost.databases;
  const texts = [...lost.rows];
  const pacer = new Pacer(env);
  for (const [i, told] of lost.lanes.entries()) {
    const lane = inServersWords(told, options.renamed);
    const actionId = { writer, n: i + 1 };
    const row: RecoveredRow = {
      ...{ v: 1, type: 'recovered', at: env.now(), from, ...lane, actionId },
    };
    texts.push(encodeRow(row));
    if (pacer.isDue()) await pacer.breathe();
  }
  return encodeTexts(codec, texts);
}

function inServersWords(
  { names, ...lane }: RecoveredLane,
  renamed: IdentityOptions['renamed'],
): Omit<RecoveredLane, 'names'> {
  if (!names) return lane;
  const { salvage, operations } = lane;
  const base = salvage.base && renamed(lane.model, salvage.base, names);
  return {
    ...{ ...lane, salvage: { ...salvage, base } },
    operations: operations.map((operation) => {
      return { ...operation, changes: renamed(operation.model, operation.changes, names) };
    }),
  };
}

interface UntoldLoss {
  readonly lost: string;
  readonly recovered: readonly string[];
  readonly unreadable: number;
}

const isUntold = shape({ lost: isText, recovered: listOf(isText), unreadable: isCount });

function untoldIn(stored: unknown): UntoldLoss | null {
  const parsed = parsedIn(stored);
  return isUntold(parsed) ? (parsed as UntoldLoss) : null;
}

const areTexts = listOf(isText);

function textsIn(stored: unknown): readonly string[] {
  const parsed = parsedIn(stored);
  return areTexts(parsed) ? (parsed as string[]) : [];
}

function parsedIn(stored: unknown): unknown {
  if (typeof stored !== 'string') return null;
  try {
    return JSON.parse(stored);
  } catch {
    return null;
  }
}
