import type { Facts } from '../../../store/facts.ts';
import type { JournalEntry, Row } from '../../../store/rows/row.ts';
import type { ShelfState } from '../../../store/slice.ts';
import type { Identity } from '../../journal/identity.ts';
import { ShelfKeeper } from '../../journal/shelfKeeper.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env } from '../../ports/env.ts';
import type { Shelf, ShelfConnection } from '../../ports/shelf.ts';
import { asStorageError, type StorageConnection, StorageError } from '../../ports/storage.ts';

export interface SecondShelfOptions {
  readonly env: Env;
  readonly codec: Codec;
  readonly name: string;
  /** Null: there is none. */
  readonly shelf: Shelf | null;
  /** `single`: what an earlier life has left there is removed, and nothing is kept. */
  readonly durability: 'double' | 'single';
  /** This tab. */
  readonly writer: string;
  /** The facts as they were folded last. */
  readonly facts: () => Facts;
  /** `error` where it has failed. */
  readonly onState: (state: ShelfState, error: StorageError | null) => void;
}

/** Up to so many waiting operations the shelf is written anew at each start: it costs next to nothing. */
const restatedAtStart = 1_000;

/**
 * The second shelf in the life of a tab: opened before the database is identified, in step with the
 * journal from then on, let go when the page is frozen. Its trouble is told and never stands in the
 * way of what is written: where it is full, what is written is called saved once it has room again;
 * where it does not work at all, what is saved stands in the database alone.
 */
export class SecondShelf {
  readonly #options: SecondShelfOptions;
  /** The error where there is one, and it does not work at present. */
  #connection: ShelfConnection | StorageError | null = null;
  #keeper: ShelfKeeper | null = null;
  /** What was kept as it was opened anew: nothing more is known before it has begun. */
  #keptBefore = Number.POSITIVE_INFINITY;

  constructor(options: SecondShelfOptions) {
    this.#options = options;
  }

  /** Opens it anew. Null where there is none; `unread` where it can not be opened now. */
  async open(): Promise<ShelfConnection | null | 'unread'> {
    const { shelf, name, durability, onState } = this.#options;
    if (!shelf) return null;
    this.#keptBefore = this.keptThrough;
    await this.close();
    try {
      const connection = await shelf.open(name);
      if (durability === 'single') {
        for (const file of await connection.list()) await connection.remove(file.name);
        await connection.close();
        return null;
      }
      this.#connection = connection;
      return connection;
    } catch (cause) {
      const error = asStorageError(cause);
      if (durability === 'double' && error.code !== 'unavailable') {
        await this.giveUp(error);
        return 'unread';
      }
      onState('none', null);
      return null;
    }
  }

  /** It can not be read now: the start goes on without it, and it is tried again. */
  async giveUp(error: StorageError): Promise<void> {
    await this.close();
    this.#connection = error;
    this.#options.onState(error.code === 'quota' ? 'full' : 'failed', error);
  }

  /**
   * The database is known, and `read` are its facts, of which nobody has been told yet: from here on
   * the shelf keeps what it says. `moved`: lanes of which the shelf may not know how they stand; no
   * checkpoint is written while it has no room. `begun` tells that it works.
   */
  async begin(
    identity: Identity,
    database: StorageConnection,
    read: Facts,
    moved: ReadonlySet<string>,
  ): Promise<void> {
    const found = this.#connection;
    const { env, codec, shelf, name, writer, facts, onState } = this.#options;
    this.#keptBefore = Number.POSITIVE_INFINITY;
    if (!found || !shelf) return;
    const { id, replaces, unread } = identity;
    const keeper = new ShelfKeeper(
      {
        ...{ env, codec, database: id, replaces, unread, writer, facts },
        owner: env.uuid(),
        open: () => shelf.open(name),
        sizes: shelf.sizes,
        headAtStart: read.head,
        // Nobody has compared what they say with the database.
        keepsOthers: found instanceof StorageError,
        headOnDisk: async () => (await database.position()).head,
        onChange: (standing, error) => onState(standing === 'broken' ? 'failed' : standing, error),
      },
      found,
    );
    this.#keeper = keeper;
    if (found instanceof StorageError) return;
    // Before anything is sent: a second loss must find what this database has taken in.
    const isTold = identity.shelf === 'kept' && identity.lost === null;
    // An earlier page may have died, or found no room, between the two shelves.
    if (!isTold) await keeper.mustRestate('leading', () => read);
    else await keeper.tellLanes(read, moved);
  }

  /** The transaction of these entries runs; they are likely to get these sequences. */
  foretell(before: Facts, entries: readonly JournalEntry[], isOwn: (row: Row) => boolean): void {
    this.#keeper?.foretell(before, entries, isOwn);
  }

  /** It has ended: the journal's head is this now, or null: nothing was written. */
  foretoldIs(head: number | null): Promise<void> | undefined {
    return this.#keeper?.foretoldIs(head);
  }

  /** Resolves once both shelves have what these entries (not folded yet) come to. */
  keep(before: Facts, entries: readonly JournalEntry[], isOwn: (row: Row) => boolean) {
    return this.#keeper?.keep(before, entries, isOwn);
  }

  /** To be called once the facts are what people are shown: it tells that the shelf works, if it does. */
  begun(): void {
    if (this.#keeper?.isOpen) this.#options.onState('open', null);
  }

  /** Resolves once it is known whether a shelf that has just failed works after all. */
  async settled(): Promise<void> {
    await this.#keeper?.settled();
  }

  get isFull(): boolean {
    return this.#keeper?.isFull ?? false;
  }

  /** The number of this tab's last act that stands there too; without end where that is not waited for. */
  get keptThrough(): number {
    return this.#keeper?.keptThrough ?? this.#keptBefore;
  }

  /** This tab leads from here on: what others have left behind is taken over. */
  async lead(): Promise<void> {
    const few = this.#options.facts().outbox.size <= restatedAtStart;
    if (few) await this.#keeper?.restate('leading');
    else await this.#keeper?.tidy('leading');
  }

  /** After entries were folded. */
  folded(entries: readonly JournalEntry[], role: 'leading' | 'following'): void {
    const { env } = this.#options;
    const isCleared = entries.some(({ row }) => row?.type === 'purged');
    const done = isCleared ? this.#keeper?.mustRestate(role) : this.#keeper?.tidyIfLarge(role);
    done?.catch(env.report);
  }

  /**
   * These facts were read anew, and nobody was told of them yet: rows of this tab may stand in them of
   * which the shelf was never told.
   */
  async reread(facts: Facts, role: 'leading' | 'following'): Promise<void> {
    await this.#keeper?.mustRestate(role, () => facts);
  }

  /** A frozen page must hold nothing that others wait for. */
  async release(): Promise<void> {
    await this.#keeper?.release();
  }

  async close(): Promise<void> {
    const [keeper, connection] = [this.#keeper, this.#connection];
    this.#keeper = null;
    this.#connection = null;
    if (keeper) await keeper.close();
    else if (!(connection instanceof StorageError)) await connection?.close().catch(() => {});
  }
}
