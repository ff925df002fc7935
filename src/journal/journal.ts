import type { Facts } from '../../store/facts.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import type { EngineRow, JournalEntry, PersonRow, Row } from '../../store/rows/row.ts';
import { lanesOfRow } from '../../store/slice.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import {
  asStorageError,
  type Committed,
  type StorageConnection,
  type StorageError,
} from '../ports/storage.ts';
import { dependentRows } from './dependentRows.ts';
import { readEntries } from './entries.ts';

/** A row of the engine's before the journal gives it its id. */
export type EngineDraft = EngineRow extends infer R
  ? R extends EngineRow
    ? Omit<R, 'actionId'>
    : never
  : never;

/**
 * Builds rows on the facts as they are at the moment of writing; it is asked again if they moved.
 * `taken`: lanes that other rows of the same transaction touch, or that people's acts which wait in
 * front of it take something back of; a builder that needs one of them answers 'later', one that has
 * nothing to say (any more) answers null.
 */
export type RowBuilder = (
  facts: Facts,
  taken: ReadonlySet<string>,
) => readonly EngineDraft[] | 'later' | null;

export interface JournalOptions {
  readonly env: Env;
  readonly connection: StorageConnection;
  readonly codec: Codec;
  /** This tab; rows of people are written under it, the engine's under `<tab>/engine`. */
  readonly writer: string;
  readonly facts: () => Facts;
  /** The leader's epoch; engine rows are written under it. Null: this tab does not lead. */
  readonly fence: () => number | null;
  /**
   * Entries are durable in the database, and not folded yet: the second shelf hears of them first.
   * `isOwn`: those of this tab, which nobody else tells it.
   */
  readonly keep: (
    entries: readonly JournalEntry[],
    isOwn: (row: Row) => boolean,
  ) => Promise<void> | undefined;
  /** Entries are durable, in order. */
  readonly onSequenced: (entries: readonly JournalEntry[]) => void;
  /** Rows that can't be made durable, with all that was built on them. */
  readonly onRejected: (rows: readonly PersonRow[], error: StorageError) => void;
  /** Lanes of the records that a write names (`references`). */
  readonly namedBy: (row: PersonRow) => readonly string[];
  /** Storage does not answer; rows are kept and tried again. Undefined: it answers again. */
  readonly onTrouble: (error: StorageError | undefined) => void;
  /** Own rows are on the disk, up to this sequence. */
  readonly onAppended: (head: number) => void;
  /** Another leader has taken over. */
  readonly onFenced: () => void;
  /** The database under us is another one: its sequences are behind ours. Reads the facts anew. */
  readonly onReplaced: () => Promise<void>;
  /** Whether rows beyond our head may have gone into a checkpoint that was written since. */
  readonly wasCompacted: () => Promise<boolean>;
  /** Reads the facts anew: checkpoint and rows. */
  readonly reread: () => Promise<void>;
}

interface EngineRequest {
  readonly build: RowBuilder;
  /** ms that it may wait for others to share a transaction with. */
  readonly patience: number;
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: StorageError) => void;
}

/**
 * How this journal stands to the disk, from well to worst; what is worse includes what comes before.
 * `behind`: the disk has, or may have, entries that were not folded. `inDoubt`: an append of people's
 * rows ended without an answer, they may be on the disk. `outdated`: the facts are to be read anew.
 * `closed`: nothing is written any more.
 */
type Standing = 'current' | 'behind' | 'inDoubt' | 'outdated' | 'closed';
const standings: readonly Standing[] = ['current', 'behind', 'inDoubt', 'outdated', 'closed'];

/** Rows and characters of one transaction of people's rows. */
const groupLimits = { rows: 1_000, characters: 4_000_000 } as const;
/** Engine requests that have patience, at which none of them waits any longer. */
const patientLimit = 64;
/** ms until storage that does not answer is asked again. */
const troubleDelay = 1_000;

/**
 * The write-ahead journal: strictly ordered appends with group commit. One transaction at a time;
 * what comes while it runs goes into the next. People's rows go first, in the order of dispatch;
 * engine rows are built on the facts at that moment and written only if the journal's head has not
 * moved since. Engine rows that have patience wait a moment for others to go with.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #engineWriter: string;
  #people: PersonRow[] = [];
  #engine: EngineRequest[] = [];
  #pumping: Promise<void> | null = null;
  #engineCount = 0;
  #standing: Standing = 'current';
  /** Who waits until all that is on the disk now was folded. */
  #readers: (() => void)[] = [];
  #troubleTimer: number | null = null;
  /** Ends the patience of those that wait. */
  #patienceTimer: number | null = null;
  #wake: (() => void) | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#engineWriter = `${options.writer}/engine`;
  }

  /** Queues a person's row; `onSequenced` or `onRejected` tells its fate. */
  append(row: PersonRow): void {
    this.#people.push(row);
    this.#pump();
  }

  /**
   * Writes engine rows built on the facts of the moment. Resolves once they are folded: true if
   * rows were written, false if there was nothing to write.
   * Rejects with StorageError `quota` or `failed`; nothing was written then.
   *
   * @param patience ms that the rows may wait for others to share a transaction with; 0: none
   */
  appendIf(build: RowBuilder, patience = 0): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        resolve(false);
        return;
      }
      this.#engine.push({ build, patience, resolve, reject });
      if (this.#isEngineDue) this.#pump();
      else
        this.#patienceTimer ??= this.#options.env.setTimer(patience, () => this.#hurry(), 'group');
    });
  }

  /**
   * Folds what is durable and was not folded: other tabs have written, or the store showed another
   * moment. Resolves when all that is on the disk now was folded, as far as the store lets it.
   */
  readOn(): Promise<void> {
    return this.#caughtUp('behind');
  }

  /** The same, but that all facts are read anew. */
  reload(): Promise<void> {
    return this.#caughtUp('outdated');
  }

  #caughtUp(standing: 'behind' | 'outdated'): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#worsen(standing);
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.#pump();
    });
  }

  /** This tab leads no more: what waits to be written as leader is not written. */
  letGo(): void {
    this.#endPatience();
    for (const request of this.#engine.splice(0)) request.resolve(false);
  }

  /** Resolves once everything queued so far has met its fate. */
  async flush(): Promise<void> {
    this.#hurry();
    while (this.#pumping) await this.#pumping;
  }

  /** No more writes; what waits stays in memory, unacknowledged. */
  close(): void {
    this.#worsen('closed');
    if (this.#troubleTimer !== null) this.#options.env.clearTimer(this.#troubleTimer);
    this.#wake?.();
    this.letGo();
    for (const resolve of this.#readers.splice(0)) resolve();
  }

  get #isClosed(): boolean {
    return this.#standing === 'closed';
  }

  /** What is worse stays. */
  #worsen(standing: Standing): void {
    if (standings.indexOf(standing) > standings.indexOf(this.#standing)) this.#standing = standing;
  }

  #pump(): void {
    if (this.#pumping || this.#isClosed || !this.#hasWork) return;
    this.#pumping = this.#run().finally(() => {
      this.#pumping = null;
      if (!this.#isClosed && this.#hasWork) this.#pump();
    });
  }

  /** What is in doubt is looked at when it is written again. */
  get #mustRead(): boolean {
    return this.#readers.length > 0 || this.#standing === 'behind' || this.#standing === 'outdated';
  }

  get #hasWork(): boolean {
    return this.#mustRead || this.#people.length > 0 || this.#isEngineDue;
  }

  /** One that has no patience takes all others with it. */
  get #isEngineDue(): boolean {
    const isFull = this.#engine.length >= patientLimit;
    return isFull || this.#engine.some(({ patience }) => patience === 0);
  }

  /** Nothing waits for company any more. */
  #hurry(): void {
    this.#endPatience();
    this.#engine = this.#engine.map(hurried);
    this.#pump();
  }

  #endPatience(): void {
    if (this.#patienceTimer !== null) this.#options.env.clearTimer(this.#patienceTimer);
    this.#patienceTimer = null;
  }

  /**
   * Reads and folds what the disk has beyond our head. Rows in doubt that were written after all
   * leave the queue: were they written again, a full disk could refuse the second copy, and the
   * first would take effect though it was refused.
   */
  async #readNew(): Promise<void> {
    const before = this.#standing;
    const readers = this.#readers.splice(0);
    this.#standing = 'current';
    try {
      if (before === 'outdated') await this.#options.reread();
      const { head } = await this.#options.connection.position();
      if (head < this.#options.facts().head) await this.#options.onReplaced();
      else await this.#catchUp(head);
    } catch (cause) {
      this.#worsen(before);
      this.#readers.push(...readers);
      await this.#trouble(asStorageError(cause));
      return;
    }
    for (const resolve of readers) resolve();
    if (before !== 'inDoubt' && before !== 'outdated') return;
    const { facts, writer } = this.#options;
    const seen = facts().lastSeen[writer]?.n ?? 0;
    this.#people = this.#people.filter((row) => row.actionId.n > seen);
  }

  async #run(): Promise<void> {
    // Writes of the same task go together.
    await Promise.resolve();
    while (!this.#isClosed && this.#hasWork) {
      // Engine rows wait for no doubt about people's: they are written only if the head is ours.
      if (this.#mustRead || this.#people.length > 0) await this.#writePeople();
      if (this.#isEngineDue && !this.#isClosed) await this.#writeEngine();
    }
  }

  async #writePeople(): Promise<void> {
    if (this.#mustRead || this.#standing === 'inDoubt') await this.#readNew();
    if (this.#standing !== 'current' || this.#people.length === 0) return;
    const { rows, texts } = await this.#group();
    const head = await this.#commitRows(texts, (error) =>
      rows.length > 1 ? this.#writeOneByOne(rows.length) : this.#giveUp(error),
    );
    if (head === null) return;
    this.#people.splice(0, rows.length);
    await this.#deliver(rows, head);
  }

  /** The new head, or null after trouble (all stays queued) or a failure (`onFailed` has seen to it). */
  async #commitRows(
    append: readonly string[],
    onFailed: (error: StorageError) => Promise<void> | void,
  ): Promise<number | null> {
    try {
      const { head } = await this.#options.connection.commit({ append });
      this.#options.onTrouble(undefined);
      return head;
    } catch (cause) {
      const error = asStorageError(cause);
      if (isInDoubt(error)) {
        this.#worsen('inDoubt');
        await this.#trouble(error);
      } else {
        // It refuses, but it answers: whoever waits for it may go on.
        this.#options.onTrouble(undefined);
        await onFailed(error);
      }
      return null;
    }
  }

  /** The next rows of people, with their text. */
  async #group(): Promise<{ rows: PersonRow[]; texts: string[] }> {
    const rows: PersonRow[] = [];
    const texts: string[] = [];
    let characters = 0;
    for (const row of this.#people) {
      if (rows.length >= groupLimits.rows || characters > groupLimits.characters) break;
      const encoded = this.#options.codec.encode(encodeRow(row));
      const text = typeof encoded === 'string' ? encoded : await encoded;
      rows.push(row);
      texts.push(text);
      characters += text.length;
    }
    return { rows, texts };
  }

  /** A group failed: each row gets its own chance, so that one that is too big harms no other. */
  async #writeOneByOne(count: number): Promise<void> {
    for (let left = count; left > 0 && !this.#isClosed; left--) {
      const row = this.#people[0];
      if (!row) return;
      const text = await this.#options.codec.encode(encodeRow(row));
      const head = await this.#commitRows([text], (error) => this.#giveUp(error));
      if (head !== null) {
        this.#people.shift();
        await this.#deliver([row], head);
      } else if (this.#people[0] === row) {
        return;
      }
    }
  }

  /** The first row can't be stored: it goes, and with it what was made on it. */
  #giveUp(error: StorageError): void {
    const [first, ...rest] = this.#people;
    if (!first) return;
    const { facts, namedBy, onRejected } = this.#options;
    const dependent = dependentRows(facts(), first, rest, namedBy);
    this.#people = rest.filter((row) => !dependent.includes(row));
    onRejected([first, ...dependent], error);
  }

  async #writeEngine(): Promise<void> {
    const { facts, fence, codec, connection, onFenced } = this.#options;
    const epoch = fence();
    if (epoch === null) return this.letGo();
    const before = facts();
    const { written, idle, later, rows } = this.#build(before, this.#engineWriter);
    this.#endPatience();
    this.#engine = later.map(hurried);
    for (const request of idle) request.resolve(false);
    if (rows.length === 0) return;
    const append: string[] = [];
    for (const row of rows) append.push(await codec.encode(encodeRow(row)));
    const expect = { head: before.head, fence: epoch };
    let committed: Committed;
    try {
      committed = await connection.commit({ append, expect });
      this.#options.onTrouble(undefined);
    } catch (cause) {
      const error = asStorageError(cause);
      if (!isInDoubt(error)) {
        this.#options.onTrouble(undefined);
        for (const request of written) request.reject(error);
        return;
      }
      if (fence() === epoch) this.#engine = [...written.map(hurried), ...this.#engine];
      else for (const request of written) request.resolve(false);
      await this.#trouble(error);
      return;
    }
    if (committed.ok) {
      await this.#deliver(rows, committed.head);
      for (const request of written) request.resolve(true);
      return;
    }
    if (committed.fence !== epoch || fence() !== epoch) {
      for (const request of written) request.resolve(false);
      if (fence() !== epoch) return;
      this.letGo();
      return onFenced();
    }
    // The head moved (another tab, or our own append in doubt was written after all): build anew.
    this.#engine = [...written.map(hurried), ...this.#engine];
    if (committed.head < before.head) return this.#options.onReplaced();
    await this.#catchUp(committed.head);
    // The store shows another moment: nothing is decided until it is back.
    if (facts().head < committed.head) this.letGo();
  }

  #build(facts: Facts, writer: string) {
    const taken = this.#takenBack();
    const rows: Row[] = [];
    const [written, idle, later]: EngineRequest[][] = [[], [], []];
    let count = Math.max(this.#engineCount, facts.lastSeen[writer]?.n ?? 0);
    for (const [place, request] of this.#engine.entries()) {
      const isLast = place === this.#engine.length - 1;
      const built = request.build(facts, taken);
      if (built === 'later') later?.push(request);
      else if (built === null || built.length === 0) idle?.push(request);
      else {
        written?.push(request);
        for (const draft of built) {
          const row = { ...draft, actionId: { writer, n: ++count } } as EngineRow;
          rows.push(row);
          // Nobody asks after the last.
          if (!isLast) for (const lane of lanesOfRow(row)) taken.add(lane);
        }
      }
    }
    this.#engineCount = count;
    return { rows, written: written ?? [], idle: idle ?? [], later: later ?? [] };
  }

  /**
   * Lanes of which a person has taken back or changed something that is still to be written: what
   * was cancelled before it was sealed must not be sealed just because its row came first.
   */
  #takenBack(): Set<string> {
    const lanes = new Set<string>();
    for (const row of this.#people) {
      if (row.type === 'recorded') continue;
      for (const lane of lanesOfRow(row)) lanes.add(lane);
    }
    return lanes;
  }

  /** Rows that end at `head` were written; what stands between our head and them comes first. */
  async #deliver(rows: readonly Row[], head: number): Promise<void> {
    const { facts, onReplaced, onAppended } = this.#options;
    const first = head - rows.length + 1;
    if (first <= facts().head) return onReplaced();
    onAppended(head);
    if (first > facts().head + 1) await this.#catchUp(first - 1);
    // A checkpoint that was read meanwhile has them.
    if (head <= facts().head) return;
    await this.#sequence(rows.map((row, i) => ({ sequence: first + i, row })));
  }

  async #sequence(entries: readonly JournalEntry[]): Promise<void> {
    const { keep, onSequenced } = this.#options;
    await keep(entries, (row) => this.#isOwn(row));
    if (!this.#isClosed) onSequenced(entries);
  }

  #isOwn({ actionId: { writer } }: Row): boolean {
    return writer === this.#options.writer || writer === this.#engineWriter;
  }

  /** Reads and folds what the journal has beyond our head, up to `through`. */
  async #catchUp(through: number): Promise<void> {
    const { connection, codec, facts } = this.#options;
    while (facts().head < through) {
      if (this.#isClosed) return;
      const limit = Math.min(1_000, through - facts().head);
      let entries: JournalEntry[];
      try {
        entries = await readEntries(connection, codec, facts().head, limit);
      } catch (cause) {
        await this.#trouble(asStorageError(cause));
        continue;
      }
      this.#options.onTrouble(undefined);
      const next = entries.filter((entry) => entry.sequence <= through);
      const before = facts().head;
      if (next[0]?.sequence !== before + 1 && (await this.#wasCompacted())) {
        await this.#options.reread();
        if (facts().head === before) return;
        continue;
      }
      if (next.length === 0) return;
      await this.#sequence(next);
      // The store shows another moment (DevTools): nothing is folded until it is back or reloaded.
      if (facts().head === before) return;
    }
  }

  /** The rows that come next are not there: gone into a checkpoint, unless the disk has lost them. */
  async #wasCompacted(): Promise<boolean> {
    try {
      return await this.#options.wasCompacted();
    } catch (cause) {
      await this.#trouble(asStorageError(cause));
      return this.#isClosed ? false : this.#wasCompacted();
    }
  }

  /** Waits before the storage is asked again; everything stays queued. */
  async #trouble(error: StorageError): Promise<void> {
    const { env, onTrouble } = this.#options;
    onTrouble(error);
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#troubleTimer = env.setTimer(troubleDelay, resolve, 'storage');
    });
    this.#wake = null;
    this.#troubleTimer = null;
  }
}

function hurried(request: EngineRequest): EngineRequest {
  return { ...request, patience: 0 };
}

function isInDoubt(error: StorageError): boolean {
  return error.code === 'lost' || error.code === 'timeout';
}
