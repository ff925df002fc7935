import { encodeRow } from '../../store/rows/codec.ts';
import type { PersonRow, Row } from '../../store/rows/row.ts';
import { asStorageError, type Committed, type StorageError } from '../ports/storage.ts';
import { EngineQueue, type RowBuilder } from './engineQueue.ts';
import type { JournalOptions } from './journalOptions.ts';
import { JournalReader } from './journalReader.ts';
import { PeopleQueue } from './peopleQueue.ts';
import { Standing } from './standing.ts';
import { StoragePause } from './storagePause.ts';

/**
 * The write-ahead journal: strictly ordered appends with group commit. One transaction at a time;
 * what comes while it runs goes into the next. People's rows go first, in the order of dispatch;
 * engine rows are built on the facts at that moment and written only if the journal's head has not
 * moved since. Engine rows that have patience wait a moment for others to go with.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #standing = new Standing();
  readonly #people: PeopleQueue;
  readonly #engine: EngineQueue;
  readonly #pause: StoragePause;
  readonly #reader: JournalReader;
  #pumping: Promise<void> | null = null;
  /** Whether the last rows of people came right behind our head: then the next are likely to. */
  #guessedRight = true;
  /** Who waits until all that is on the disk now was folded. */
  #readers: (() => void)[] = [];

  constructor(options: JournalOptions) {
    const { env, codec, writer, onTrouble } = options;
    const engineWriter = `${writer}/engine`;
    const standing = this.#standing;
    this.#options = options;
    this.#people = new PeopleQueue(codec);
    this.#engine = new EngineQueue({ env, writer: engineWriter, onDue: () => this.#pump() });
    this.#pause = new StoragePause({ env, standing, onTrouble });
    this.#reader = new JournalReader({
      ...{ journal: options, standing, pause: this.#pause },
      isOwn: ({ actionId }: Row) => actionId.writer === writer || actionId.writer === engineWriter,
    });
  }

  /** Queues a person's row; `onSequenced` or `onRejected` tells its fate. */
  append(row: PersonRow): void {
    this.#people.add(row);
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
      if (this.#standing.isClosed) resolve(false);
      else this.#engine.add({ build, patience, resolve, reject });
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

  #caughtUp(grade: 'behind' | 'outdated'): Promise<void> {
    if (this.#standing.isClosed) return Promise.resolve();
    this.#standing.worsen(grade);
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.#pump();
    });
  }

  /** This tab leads no more: what waits to be written as leader is not written. */
  letGo(): void {
    this.#engine.letGo();
  }

  /** Resolves once everything queued so far has met its fate. */
  async flush(): Promise<void> {
    this.#engine.hurry();
    while (this.#pumping) await this.#pumping;
  }

  /** No more writes; what waits stays in memory, unacknowledged. */
  close(): void {
    this.#standing.worsen('closed');
    this.#pause.end();
    this.letGo();
    for (const resolve of this.#readers.splice(0)) resolve();
  }

  #pump(): void {
    if (this.#pumping || this.#standing.isClosed || !this.#hasWork) return;
    this.#pumping = this.#run().finally(() => {
      this.#pumping = null;
      if (!this.#standing.isClosed && this.#hasWork) this.#pump();
    });
  }

  /** What is in doubt is looked at when it is written again. */
  get #mustRead(): boolean {
    const { grade } = this.#standing;
    return this.#readers.length > 0 || grade === 'behind' || grade === 'outdated';
  }

  get #hasWork(): boolean {
    return this.#mustRead || !this.#people.isEmpty || this.#engine.isDue;
  }

  async #run(): Promise<void> {
    // Writes of the same task go together.
    await Promise.resolve();
    while (!this.#standing.isClosed && this.#hasWork) {
      // Engine rows wait for no doubt about people's: they are written only if the head is ours.
      if (this.#mustRead || !this.#people.isEmpty) await this.#writePeople();
      if (this.#engine.isDue && !this.#standing.isClosed) await this.#writeEngine();
    }
  }

  /**
   * Reads and folds what the disk has beyond our head. Rows in doubt that were written after all
   * leave the queue: were they written again, a full disk could refuse the second copy, and the
   * first would take effect though it was refused.
   */
  async #readNew(): Promise<void> {
    const { facts, writer, connection, reread, isReplaced, onReplaced } = this.#options;
    const readers = this.#readers.splice(0);
    const before = this.#standing.renew();
    try {
      const replaced = isReplaced();
      // Where the head can not be read either, nobody waits for this one.
      replaced.catch(() => {});
      if (before === 'outdated' && !(await replaced)) await reread();
      const { head } = await connection.position();
      if (head < facts().head || (await replaced)) await onReplaced();
      else await this.#reader.catchUp(head);
    } catch (cause) {
      this.#standing.worsen(before);
      this.#readers.push(...readers);
      await this.#pause.after(asStorageError(cause));
      return;
    }
    for (const resolve of readers) resolve();
    if (before !== 'inDoubt' && before !== 'outdated') return;
    this.#people.dropThrough(facts().lastSeen[writer]?.n ?? 0);
  }

  async #writePeople(): Promise<void> {
    if (this.#mustRead || this.#standing.grade === 'inDoubt') await this.#readNew();
    if (this.#standing.grade !== 'current' || this.#people.isEmpty) return;
    const { rows, texts } = await this.#people.group();
    const head = await this.#commitRows(
      texts,
      (error) => (rows.length > 1 ? this.#writeOneByOne(rows.length) : this.#giveUp(error)),
      () => this.#reader.foretell(rows),
    );
    if (head === null) return;
    this.#people.drop(rows.length);
    await this.#reader.deliver(rows, head);
  }

  /**
   * The new head, or null after trouble (all stays queued) or a failure (`onFailed` has seen to it).
   * `meanwhile` is done while the disk is at it, where the rows are likely to come right behind our head.
   */
  async #commitRows(
    append: readonly string[],
    onFailed: (error: StorageError) => Promise<void> | void,
    meanwhile: () => void = () => {},
  ): Promise<number | null> {
    const { connection, facts, foretoldIs, env } = this.#options;
    let phase: 'running' | 'over' = 'running';
    const likely = facts().head + append.length;
    const onCommitting = () => {
      // One that was given up may go on: its rows are looked for.
      if (phase === 'over' || !this.#guessedRight) return;
      try {
        meanwhile();
      } catch (error) {
        env.report(error);
      }
    };
    try {
      const { head } = await connection.commit({ append }, onCommitting);
      phase = 'over';
      this.#guessedRight = head === likely;
      const known = foretoldIs(head);
      if (known) await known;
      this.#options.onTrouble(undefined);
      return head;
    } catch (cause) {
      phase = 'over';
      // Before anybody hears that it was refused.
      const known = foretoldIs(null);
      if (known) await known;
      const error = asStorageError(cause);
      if (isInDoubt(error)) {
        this.#standing.worsen('inDoubt');
        await this.#pause.after(error);
      } else {
        // It refuses, but it answers: whoever waits for it may go on.
        this.#options.onTrouble(undefined);
        await onFailed(error);
      }
      return null;
    }
  }

  /** A group failed: each row gets its own chance, so that one that is too big harms no other. */
  async #writeOneByOne(count: number): Promise<void> {
    for (let left = count; left > 0 && !this.#standing.isClosed; left--) {
      const row = this.#people.first;
      if (!row) return;
      const text = await this.#options.codec.encode(encodeRow(row));
      const head = await this.#commitRows([text], (error) => this.#giveUp(error));
      if (head !== null) {
        this.#people.drop(1);
        await this.#reader.deliver([row], head);
      } else if (this.#people.first === row) {
        return;
      }
    }
  }

  #giveUp(error: StorageError): void {
    const { facts, namedBy, onRejected } = this.#options;
    const refused = this.#people.refuseFirst(facts(), namedBy);
    if (refused.length > 0) onRejected(refused, error);
  }

  async #writeEngine(): Promise<void> {
    const { facts, fence, codec, connection, onFenced } = this.#options;
    const epoch = fence();
    if (epoch === null) return this.letGo();
    const before = facts();
    const { rows, requests } = this.#engine.take(before, this.#people.takenBack());
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
        for (const request of requests) request.reject(error);
        return;
      }
      if (fence() === epoch) this.#engine.giveBack(requests);
      else for (const request of requests) request.resolve(false);
      await this.#pause.after(error);
      return;
    }
    if (committed.ok) {
      await this.#reader.deliver(rows, committed.head);
      for (const request of requests) request.resolve(true);
      return;
    }
    if (committed.fence !== epoch || fence() !== epoch) {
      for (const request of requests) request.resolve(false);
      if (fence() !== epoch) return;
      this.letGo();
      return onFenced();
    }
    // The head moved (another tab, or our own append in doubt was written after all): build anew.
    this.#engine.giveBack(requests);
    if (committed.head < before.head) return this.#options.onReplaced();
    await this.#reader.catchUp(committed.head);
    // The store shows another moment: nothing is decided until it is back.
    if (facts().head < committed.head) this.letGo();
  }
}

function isInDoubt(error: StorageError): boolean {
  return error.code === 'lost' || error.code === 'timeout';
}
