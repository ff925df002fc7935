import type { Facts } from '../../../store/facts.ts';
import { Checkpointer } from '../../journal/checkpointer.ts';
import { CheckpointSchedule } from '../../journal/checkpointSchedule.ts';
import { lastShelved, takeInAhead } from '../../journal/fallenBack.ts';
import { type Hydrated, hydrate } from '../../journal/hydrate.ts';
import {
  databaseIdOf,
  type Identity,
  type IdentityOptions,
  identify,
} from '../../journal/identity.ts';
import { ShelfTrouble } from '../../journal/lostDatabases.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env } from '../../ports/env.ts';
import {
  asStorageError,
  type Storage,
  type StorageConnection,
  StorageError,
} from '../../ports/storage.ts';

export interface Opened {
  readonly connection: StorageConnection;
  readonly checkpointer: Checkpointer;
  readonly schedule: CheckpointSchedule;
  readonly identity: Identity;
  readonly reading: Reading;
  /**
   * The second shelf has more than the database, which has no room for it: nothing may be written before
   * it has.
   */
  readonly isShort: boolean;
}

/**
 * What is kept of a reading. The facts are not: from the moment when the store has them they
 * would be held twice, as they were then, as long as the page lives.
 */
export type Reading = Pick<
  Hydrated,
  'illegal' | 'unreadable' | 'settledBefore' | 'checkpointed' | 'isCleared'
>;

/** What a reading gives. */
interface Read extends Pick<Opened, 'reading' | 'checkpointer'> {
  readonly facts: Facts;
  /** Lanes that rows behind the checkpoint have moved. */
  readonly moved: ReadonlySet<string>;
}

export interface OpeningOptions {
  readonly env: Env;
  readonly storage: Storage;
  readonly codec: Codec;
  readonly name: string;
  readonly models: readonly string[];
  readonly shelf: IdentityOptions['shelf'];
  readonly renamed: IdentityOptions['renamed'];
  /** Rejects where there is no room for what is only on the second shelf. Default: the facts come without. */
  readonly isWhole?: boolean;
}

/**
 * Opens the database and reads the facts. Rejects with StorageError, or with ShelfTrouble where it is
 * the second shelf that does not answer; nothing is written over.
 */
export async function open(options: OpeningOptions): Promise<Opened & Read> {
  const { env, storage, name, codec, shelf, renamed } = options;
  const schedule = new CheckpointSchedule();
  const connection = schedule.watch(await storage.open(name));
  try {
    let isShelfBehind = false;
    for (let look = 1; ; look++) {
      const known = await identify({ env, connection, shelf, codec, name, renamed });
      const identity: Identity = isShelfBehind ? { ...known, shelf: 'new' } : known;
      const files = shelf === null || shelf === 'unread' ? null : { connection, codec, env, shelf };
      const [said, read] = await Promise.all([
        files ? lastShelved(files, identity) : 0,
        readFacts(options, connection),
      ]);
      const isLast = look === looks;
      // Another tab may have found it short between the two, and these are the facts of another one.
      if ((await databaseIdOf(connection)) !== identity.id && !isLast) continue;
      const opened = { connection, schedule, identity, ...read };
      if (!files || said <= read.facts.head || isLast) return { ...opened, isShort: false };
      const outcome = await takeInAhead(files, identity, read.facts).catch((cause: unknown) => {
        if (options.isWhole || asStorageError(cause).code !== 'quota') throw cause;
        return 'noRoom' as const;
      });
      if (outcome === 'nothing' || outcome === 'noRoom') {
        return { ...opened, isShort: outcome === 'noRoom' };
      }
      isShelfBehind ||= outcome === 'taken';
    }
  } catch (cause) {
    await connection.close().catch(() => {});
    throw cause instanceof ShelfTrouble ? cause : asStorageError(cause);
  }
}

/**
 * How often the second shelf is compared with a database to which others write meanwhile: they have
 * compared it themselves.
 */
const looks = 4;

/** Reads the facts over an open connection, with the checkpointer that knows what it read. */
export async function readFacts(
  { env, codec, models }: Pick<OpeningOptions, 'env' | 'codec' | 'models'>,
  connection: StorageConnection,
): Promise<Read> {
  const pacing = { now: () => env.now(), breathe: () => env.breathe() };
  const uniqueName = () => env.uuid();
  const { facts, stored, pages, root, moved, ...reading } = await hydrate({
    ...{ connection, codec, models },
    ...pacing,
  });
  const options = { connection, codec, uniqueName, ...pacing };
  return { facts, moved, reading, checkpointer: new Checkpointer(options, stored, pages, root) };
}

/** Others may take the lead at the same moment; not for ever. */
const leadAttempts = 20;

/**
 * Takes the lead: raises the fence, so that no other leader can write any more. Null: it is not wanted
 * any more; on a slow disk another tab may lead by now, and must not be fenced out.
 */
export async function takeLead(
  connection: StorageConnection,
  isWanted: () => boolean,
): Promise<number | null> {
  for (let attempt = 0; attempt < leadAttempts; attempt++) {
    const { fence } = await connection.position();
    if (!isWanted()) return null;
    const committed = await connection.commit({ expect: { fence }, fence: fence + 1 });
    if (committed.ok) return fence + 1;
  }
  throw new StorageError('failed', 'others raise the fence again and again');
}

/** Whether these are the facts that were last seen (the DevTools may show others). */
export function sameMoment(a: Facts, b: Facts): boolean {
  return a.head === b.head && a.folded === b.folded && a.generation === b.generation;
}
