import type { ShelfLine } from '../../store/shelf/line.ts';
import { type RecoveredShelf, recoverStepwise } from '../../store/shelf/recover.ts';
import type { Codec } from '../ports/codec.ts';
import type { ShelfConnection, ShelfFile } from '../ports/shelf.ts';
import { asStorageError, type StorageError } from '../ports/storage.ts';
import { type PacingEnv, paced } from './pacer.ts';
import { databaseOf, type ReadShelf, readShelf } from './shelfFiles.ts';

/** A database that a page has read, and what waits in it. */
export interface Remembered {
  /** Its id. */
  readonly database: string;
  readonly replaces: readonly string[];
  /** The outbox as lines of the second shelf. */
  readonly lines: () => Iterable<ShelfLine>;
}

/** The second shelf can not be listed or read now; the database may be well. */
export class ShelfTrouble extends Error {
  override readonly name = 'ShelfTrouble';
  readonly error: StorageError;

  constructor(error: StorageError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}

interface Known {
  readonly env: PacingEnv;
  readonly shelf: ShelfConnection | null;
  readonly codec: Codec;
  /** Of the database that is there, and of those that it has taken in: their files are none of a loss. */
  readonly id: string;
  readonly replaced: readonly string[];
  readonly remembered?: Remembered;
}

/** What stands on the shelf, and in this page's memory, of databases that are gone. @throws ShelfTrouble */
export async function readShelfFor({ env, shelf, codec, id, replaced, remembered }: Known) {
  const known = [id, ...replaced];
  const isLost = remembered && !known.includes(remembered.database);
  const inMemory = isLost ? [remembered] : [];
  if (!shelf) {
    return { files: [], lost: await recoverAll(noFiles, inMemory, env), successors: [] };
  }
  const files: ShelfFile[] = [];
  let read: ReadLost;
  try {
    files.push(...(await shelf.list()));
    read = await readLost(shelf, codec, lostFiles(files, known), env);
  } catch (cause) {
    throw new ShelfTrouble(asStorageError(cause));
  }
  const successors = successorsIn(read, id);
  const lost = successors.length > 0 ? noFiles : read;
  return { files, lost: await recoverAll(lost, inMemory, env), successors };
}

/** Files of databases that this one neither is nor has taken in. */
function lostFiles(files: readonly ShelfFile[], known: readonly string[]): string[] {
  const names = files.map(({ name }) => name);
  return names.filter((name) => databaseOf(name) !== '' && !known.includes(databaseOf(name)));
}

/** Databases that had taken in the one of this id, as their files say. */
function successorsIn({ files }: ReadShelf, id: string): string[] {
  const heads = files.flatMap(([head]) => (head?.kind === 'file' ? head : []));
  return heads.filter(({ replaces }) => replaces.includes(id)).map(({ database }) => database);
}

export interface Lost extends RecoveredShelf {
  readonly unreadable: number;
  readonly databases: readonly string[];
}

interface ReadLost extends ReadShelf {
  readonly databases: readonly string[];
}

const noFiles: ReadLost = { files: [], damaged: 0, databases: [] };

async function readLost(
  shelf: ShelfConnection,
  codec: Codec,
  names: readonly string[],
  pacing: PacingEnv,
): Promise<ReadLost> {
  if (names.length === 0) return noFiles;
  const databases = names.map(databaseOf);
  return { ...(await readShelf(shelf, codec, names, pacing)), databases };
}

/** What a page remembers is one more file: it may know of acts for which the shelf had no room. */
async function recoverAll(
  read: ReadLost,
  remembered: readonly Remembered[],
  pacing: PacingEnv,
): Promise<Lost> {
  const inMemory = remembered.map(({ database, replaces, lines }): ShelfLine[] => [
    { v: 1, kind: 'file', database, replaces },
    ...lines(),
  ]);
  const recovered = await paced(recoverStepwise([...read.files, ...inMemory]), pacing);
  const known = [...read.databases, ...remembered.map(({ database }) => database)];
  return { ...recovered, unreadable: read.damaged, databases: [...new Set(known)] };
}
