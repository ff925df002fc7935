import { emptyFacts, type Facts } from '../../../store/facts.ts';
import { valuesOf } from '../../../store/pages.ts';
import type { JournalEntry, PersonRow } from '../../../store/rows/row.ts';
import { outboxLines } from '../../../store/shelf/linesOf.ts';
import type { ShelfState, SyncState } from '../../../store/slice.ts';
import type { SyncEvents } from '../../events.ts';
import { rootKey } from '../../journal/checkpointer.ts';
import {
  databaseIdOf,
  type Identity,
  type IdentityOptions,
  identify,
} from '../../journal/identity.ts';
import { Journal } from '../../journal/journal.ts';
import { ShelfTrouble } from '../../journal/lostDatabases.ts';
import type { Codec } from '../../ports/codec.ts';
import type { Env } from '../../ports/env.ts';
import type { Shelf } from '../../ports/shelf.ts';
import { type Storage, type StorageConnection, StorageError } from '../../ports/storage.ts';
import { Checkpoints } from './checkpoints.ts';
import type { TakenOver } from './engineOptions.ts';
import { FoldedFacts } from './foldedFacts.ts';
import { type Opened, type OpeningOptions, open, readFacts, takeLead } from './opening.ts';
import { SecondShelf } from './secondShelf.ts';
import { StorageTrouble, type StorageTroubleOptions } from './storageTrouble.ts';

export interface GroundOptions extends Pick<StorageTroubleOptions, 'onFailed' | 'onRecovered'> {
  readonly env: Env;
  readonly name: string;
  readonly storage: Storage;
  /** Null: there is none. */
  readonly shelf: Shelf | null;
  readonly durability: 'double' | 'single';
  readonly codec: Codec;
  readonly models: readonly string[];
  readonly writer: string;
  readonly events: SyncEvents;
  readonly state: () => SyncState;
  readonly sequenced: (entries: readonly JournalEntry[]) => void;
  readonly checkpointLoaded: (facts: Facts, takenOver?: TakenOver) => void;
  readonly onRejected: (rows: readonly PersonRow[], error: StorageError) => void;
  /** Lanes of the records that a write names. */
  readonly namedBy: (row: PersonRow) => readonly string[];
  readonly renamed: IdentityOptions['renamed'];
  /** Whether the store shows what was folded; otherwise nothing is folded or checkpointed. */
  readonly isHere: () => boolean;
  /** Lanes that rows have touched; null: all of them. */
  readonly onTouched: (facts: Facts, lanes: ReadonlySet<string> | null) => void;
  /** Entries were folded over these facts. */
  readonly onFolded: (before: Facts, entries: readonly JournalEntry[]) => void;
  /** Own rows are on the disk, up to this sequence. */
  readonly onAppended: (head: number) => void;
  /** Another leader has raised the fence. */
  readonly onFenced: () => void;
  /** The facts were read anew: what stands in them may have been told by nobody. */
  readonly onReread: () => void;
  /** The database was another one, and all was read anew. */
  readonly onReplaced: () => void;
  /** `error` where the second shelf has failed. */
  readonly onShelf: (state: ShelfState, error: StorageError | null) => void;
  readonly onStorageError: (error: unknown) => void;
}

/** What is on the disk and what was folded of it: the journal, the checkpoint, and trouble with both. */
export class Ground {
  readonly #options: GroundOptions;
  readonly #folded: FoldedFacts;
  readonly #checkpoints: Checkpoints;
  readonly #shelf: SecondShelf;
  readonly trouble: StorageTrouble;
  #opened: Opened | null = null;
  /** As they were read, until the store has them. */
  #unshown: Facts | null = null;
  #journal: Journal | null = null;
  #fence: number | null = null;

  constructor(options: GroundOptions) {
    this.#options = options;
    this.trouble = new StorageTrouble(options);
    this.#folded = new FoldedFacts(options);
    this.#checkpoints = new Checkpoints({
      fence: () => this.#fence,
      onFenced: options.onFenced,
      onBehind: () => void this.reload().catch(options.onStorageError),
    });
    this.#shelf = new SecondShelf({
      ...options,
      facts: () => (this.isRead ? this.facts : (this.#unshown ?? emptyFacts([]))),
      onState: options.onShelf,
    });
  }

  /** Opens the storage and reads the facts; tries again until it works. */
  async open(): Promise<{ readonly identity: Identity; readonly facts: Facts }> {
    const { opened, facts } = await this.#read();
    this.#shelf.begun();
    return { identity: opened.identity, facts };
  }

  /** Opens it anew until there is room for what the second shelf alone has; people see the rest meanwhile. */
  async openWhole({ connection }: Opened): Promise<Opened> {
    await connection.close().catch(() => {});
    const { opened, facts } = await this.#read({ isWhole: true });
    this.tellIdentity(opened.identity);
    this.#options.checkpointLoaded(facts);
    this.#shelf.begun();
    return opened;
  }

  async #read(how: Pick<OpeningOptions, 'isWhole'> = {}) {
    const { facts, moved, ...opened } = await this.trouble.untilDone(() =>
      this.#withShelf((shelf) => open({ ...this.#options, ...how, shelf })),
    );
    this.#opened = opened;
    this.#unshown = facts;
    const { identity, connection, isShort } = opened;
    // What it alone has must stay there.
    if (!isShort) await this.#shelf.begin(identity, connection, facts, moved);
    return { opened, facts };
  }

  /** Trouble of the second shelf costs that shelf, and never the start. */
  async #withShelf<T>(work: (shelf: IdentityOptions['shelf']) => Promise<T>): Promise<T> {
    const shelf = await this.#shelf.open();
    try {
      return await work(shelf);
    } catch (cause) {
      if (!(cause instanceof ShelfTrouble)) throw cause;
      await this.#shelf.giveUp(cause.error);
      return work('unread');
    }
  }

  /** A loss is told, with what came back; then it is known outside that this is the database. */
  tellIdentity({ id, lost, recovered, unreadable, shelf, remember }: Identity): void {
    const { events, onStorageError } = this.#options;
    if (lost !== null) {
      events.emit({ type: 'dataLoss', known: lost, found: id, recovered, unreadable });
    }
    if (shelf === 'missing') events.emit({ type: 'shelfLost' });
    remember().catch(onStorageError);
  }

  get opened(): Opened | null {
    return this.#opened;
  }

  get connection(): StorageConnection | null {
    return this.#opened?.connection ?? null;
  }

  get facts(): Facts {
    return this.#folded.facts;
  }

  /** Whether the store has the facts. */
  get isRead(): boolean {
    return this.#folded.isRead;
  }

  get isShown(): boolean {
    return this.#folded.isShown;
  }

  /** The epoch under which this tab leads; null while it does not. */
  get fence(): number | null {
    return this.#fence;
  }

  /** The store has the facts: what was dispatched before is written, and what others wrote is read. */
  begin({ connection, checkpointer, schedule, reading }: Opened): void {
    const { env, codec, writer, state, onRejected, namedBy } = this.#options;
    const { onAppended, onFenced } = this.#options;
    this.#folded.replace(state().sequenced);
    this.#unshown = null;
    this.#checkpoints.read(checkpointer, schedule, reading.checkpointed);
    this.#folded.tell(reading.illegal, reading.unreadable);
    const journal = new Journal({
      ...{ env, connection, codec, writer, onRejected, namedBy, onAppended, onFenced },
      facts: () => this.#folded.facts,
      fence: () => this.#fence,
      keep: (entries, isOwn) => this.#shelf.keep(this.#folded.facts, entries, isOwn),
      foretell: (entries, isOwn) => this.#shelf.foretell(this.#folded.facts, entries, isOwn),
      foretoldIs: (head) => this.#shelf.foretoldIs(head),
      onSequenced: (entries) => this.#fold(entries),
      onTrouble: (error) => (error ? this.trouble.failed(error) : this.trouble.recovered()),
      isReplaced: () => this.#isReplaced(connection),
      onReplaced: () => this.trouble.untilDone(() => this.#replaced(connection)),
      // While DevTools show the past nothing is read over it.
      wasCompacted: async () => this.#options.isHere() && (await this.#wasCompacted(connection)),
      reread: () => this.#reread(),
    });
    this.#journal = journal;
    for (const row of valuesOf(state().tail)) journal.append(row);
  }

  /** Whether all that is durable may be told: nothing is missing on a second shelf that is waited for. */
  get isKept(): boolean {
    return this.keptThrough === Number.POSITIVE_INFINITY;
  }

  /** Resolves once it is known whether a second shelf that has just failed works after all. */
  shelfSettled(): Promise<void> {
    return this.#shelf.settled();
  }

  /** Throws StorageError where the second shelf has no room. */
  refuseFull(): void {
    if (this.#shelf.isFull) throw new StorageError('quota', 'the second shelf has no room');
  }

  /** The number of this tab's last act that stands on the second shelf too; without end where none waits for it. */
  get keptThrough(): number {
    return this.#shelf.keptThrough;
  }

  /** A person's row is in the tail: make it durable. */
  write(row: PersonRow): void {
    this.#journal?.append(row);
  }

  /** Writes rows of the leader's. */
  appendIf(...rows: Parameters<Journal['appendIf']>): Promise<boolean> {
    return this.#journal?.appendIf(...rows) ?? Promise.resolve(false);
  }

  /** Folds what other tabs have written. */
  readOn(): Promise<void> {
    return this.#journal?.readOn() ?? Promise.resolve();
  }

  /** Reads all facts anew; the tail stays. */
  reload(): Promise<void> {
    return this.#journal?.reload() ?? Promise.resolve();
  }

  /** Resolves once everything queued so far has met its fate. */
  written(): Promise<void> {
    return this.#journal?.flush() ?? Promise.resolve();
  }

  /**
   * Raises the fence, so that no other tab can write as leader, and reads what they wrote before.
   * `isWanted` is asked in between: the lead may be gone again. Resolves with whether it was taken.
   */
  async takeLead(isWanted: () => boolean): Promise<boolean> {
    const { connection } = this;
    if (!connection) return false;
    const taken = await this.trouble.untilDone(async () => {
      const fence = await takeLead(connection, isWanted);
      return fence !== null && { fence, isBehind: await this.#wasCompacted(connection) };
    });
    if (!taken || !isWanted() || (this.#fence ?? 0) > taken.fence) return false;
    this.#fence = taken.fence;
    // The checkpointer must know the pages of the checkpoint that it follows.
    await (taken.isBehind ? this.reload() : this.readOn());
    await this.#shelf.lead();
    return isWanted() && this.#fence === taken.fence;
  }

  /** The epoch that stands in the database; 0 where it can't be read. */
  async diskFence(): Promise<number> {
    const position = await this.connection?.position().catch(() => null);
    return position?.fence ?? 0;
  }

  /** This tab leads no more. */
  leaveLead(): void {
    this.#fence = null;
    this.#journal?.letGo();
  }

  /** Does what earlier leaders left: bytes of a clear, a checkpoint that is due, orphaned pages. */
  async tidy(): Promise<void> {
    if (this.isCheckpointDue || this.#opened?.reading.isCleared) await this.checkpoint();
    await this.#checkpoints.sweep();
    // What became due meanwhile is not left to the next row: there may be none.
    if (this.isCheckpointDue) await this.checkpoint();
  }

  /** The page is about to be frozen: nothing is held that others wait for. */
  release(): Promise<void> {
    return this.#shelf.release();
  }

  /**
   * Resolves with whether one was written: not where this tab does not lead, or shows the past, nor while
   * endings are held that are to be told (those in a checkpoint count as told).
   */
  checkpoint(): Promise<boolean> {
    return this.#checkpoints.write(() =>
      this.#fence !== null && this.#options.isHere() && this.isKept ? this.#folded.facts : null,
    );
  }

  get isCheckpointDue(): boolean {
    return this.#fence !== null && this.isKept && this.#checkpoints.isDue(this.#folded.facts);
  }

  /** `flushed`: resolves when rows under way have met their fate, or it takes too long. */
  async close(flushed: (work: Promise<void>) => Promise<void>): Promise<void> {
    if (this.#journal) await flushed(this.#journal.flush());
    this.#journal?.close();
    await this.#checkpoints.idle();
  }

  /** After `close`, and after the lead was given away. */
  async end(): Promise<void> {
    await this.connection?.close().catch(() => {});
    await this.#shelf.close();
  }

  #fold(entries: readonly JournalEntry[]): void {
    if (!this.#options.isHere()) return;
    const before = this.#folded.facts;
    this.#folded.fold(entries);
    this.#shelf.folded(entries, this.#standing);
    this.#options.onFolded(before, entries);
  }

  async #isReplaced(connection: StorageConnection): Promise<boolean> {
    return (await databaseIdOf(connection)) !== this.#opened?.identity.id;
  }

  async #wasCompacted(connection: StorageConnection): Promise<boolean> {
    const [root] = await connection.readMeta([rootKey]);
    return root !== this.#opened?.checkpointer.root;
  }

  async #reread(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    // What is read must not be replaced by a checkpoint that this tab is still writing.
    await this.#checkpoints.idle();
    const { connection } = opened;
    const {
      facts,
      moved: _,
      ...read
    } = await this.trouble.untilDone(() => readFacts(this.#options, connection));
    // Own rows that went into a checkpoint before they were folded here were not told it.
    await this.#shelf.reread(facts, this.#standing);
    this.#adopt({ ...opened, ...read }, facts);
    this.#options.onReread();
  }

  get #standing(): 'leading' | 'following' {
    return this.#fence === null ? 'following' : 'leading';
  }

  /**
   * The database was deleted under the open page. What waited in it is taken over from the second shelf
   * and from what this page remembers; the rest is told as lost, and pulled again as far as the server
   * has it.
   */
  async #replaced(connection: StorageConnection): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    const { env, name, codec, renamed, onReplaced } = this.#options;
    const { id: database, replaces } = opened.identity;
    const remembered = { database, replaces, lines: () => outboxLines(this.facts) };
    const found = await this.#withShelf((shelf) =>
      identify({ env, connection, shelf, codec, name, renamed, remembered }),
    );
    const identity = { ...found, lost: found.lost ?? opened.identity.id };
    if (this.#fence !== null) {
      this.#fence = await takeLead(connection, () => this.#fence !== null);
    }
    const { facts, moved, ...read } = await readFacts(this.#options, connection);
    await this.#shelf.begin(identity, connection, facts, moved);
    this.tellIdentity(identity);
    const takenOver = identity.isRemembered ? 'all' : 'someOfIt';
    this.#adopt({ ...opened, ...read, identity }, facts, takenOver);
    this.#shelf.begun();
    onReplaced();
  }

  /** What was read from disk takes the place of what was known. */
  #adopt(opened: Opened, facts: Facts, takenOver?: TakenOver): void {
    this.#opened = opened;
    this.#options.checkpointLoaded(facts, takenOver);
    this.#folded.replace(facts);
    this.#checkpoints.read(opened.checkpointer, opened.schedule, opened.reading.checkpointed);
  }
}
