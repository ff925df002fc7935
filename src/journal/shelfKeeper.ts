import type { Facts } from '../../store/facts.ts';
import type { JournalEntry, Row } from '../../store/rows/row.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { addedLines, linesOf, outboxLines } from '../../store/shelf/linesOf.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { ShelfConnection, ShelfFile, ShelfSizes } from '../ports/shelf.ts';
import { asStorageError, type StorageError } from '../ports/storage.ts';
import { parseFileName, speaksBeyond } from './shelfFiles.ts';
import { ShelfWriter, type ShelfWriterOptions, type Written } from './shelfWriter.ts';

export interface ShelfKeeperOptions extends ShelfWriterOptions {
  readonly env: Env;
  /** Opens the shelf again after it has failed. */
  readonly open: () => Promise<ShelfConnection>;
  readonly sizes: ShelfSizes | undefined;
  /** The journal's head as this page began: what others told beyond it by then was never so. */
  readonly headAtStart: number;
  /** The facts as the journal has folded them. */
  readonly facts: () => Facts;
  /** The journal's head on the disk. */
  readonly headOnDisk: () => Promise<number>;
  /** It failed (what is saved from here on stands in the database alone), or works again. */
  readonly onChange: (error: StorageError | null) => void;
}

const usualSizes: ShelfSizes = { idle: 64_000, waiting: 2_000_000, slice: 250_000 };
/** Times what was written when it last began anew. */
const growth = 4;
/** Files that closed tabs may leave behind. */
const filesLimit = 8;
/** ms until a shelf that failed is opened again. */
const retryDelay = 30_000;

/** What entries came to that the facts may not have yet, with the last one's sequence. */
interface Unfolded {
  readonly through: number;
  readonly lines: readonly ShelfLine[];
}

/** Changes that were told before it was known whether they are durable in the database. */
interface Foretold extends Unfolded {
  readonly count: number;
  /** Null: the shelf has failed. */
  readonly written: Promise<Written | null>;
  /** Resolves once it is known, and nothing stands on the shelf that is not so. */
  readonly known: Promise<void>;
  readonly end: () => void;
}

/**
 * Keeps the second shelf in step with the journal: what this tab has written there is told here
 * before anybody hears of it. A file is appended to; when it has grown it begins anew, and the
 * old one goes once the new one says everything. It never stands in the way: a shelf that fails is
 * told and left out.
 */
export class ShelfKeeper {
  readonly #options: ShelfKeeperOptions;
  /** Null: it does not work at present. */
  #connection: ShelfConnection | null;
  readonly #writer: ShelfWriter;
  /** Characters of the file beyond which it begins anew, where something waits. */
  #limit: number;
  #restating: Promise<void> | null = null;
  #unfolded: Unfolded[] = [];
  /** The transaction of these rows runs. */
  #foretold: Foretold | null = null;
  /** They are durable, and were not kept yet. */
  #confirmed: Foretold | null = null;
  #retry: TimerHandle | null = null;
  readonly #end = new AbortController();

  /** @param connection null: it did not open, and is tried again later */
  constructor(options: ShelfKeeperOptions, connection: ShelfConnection | null) {
    this.#options = options;
    this.#connection = connection;
    this.#writer = new ShelfWriter(options);
    this.#limit = this.#sizes.waiting;
    if (!connection) this.#tryLater();
  }

  /**
   * These entries have their sequences, and their transaction runs: the shelf is told beside it. Only of
   * changes that are added: whatever moves or ends what is kept already waits until it is so, because a
   * page may die in between. `foretoldIs` says how it went.
   */
  foretell(before: Facts, entries: readonly JournalEntry[], isOwn: (row: Row) => boolean): void {
    if (!this.#connection || this.#restating || this.#foretold) return;
    const lines = addedLines(before, entries, isOwn);
    if (!lines) return;
    let end = () => {};
    const known = new Promise<void>((resolve) => {
      end = resolve;
    });
    const unfolded = this.#notFolded(entries, lines);
    const written = this.#append(lines);
    this.#foretold = { ...unfolded, count: entries.length, written, known, end };
  }

  /**
   * The transaction has ended: the journal's head is this now, or null: nothing was written. Resolves
   * once nothing stands on the shelf that is not so; undefined where nothing was foretold.
   */
  foretoldIs(head: number | null): Promise<void> | undefined {
    return this.#foretold ? this.#known(this.#foretold, head) : undefined;
  }

  async #known(told: Foretold, head: number | null): Promise<void> {
    if (head === told.through) {
      this.#confirmed = told;
    } else {
      this.#forget(told);
      await this.#takeBack(await told.written);
    }
    this.#foretold = null;
    told.end();
  }

  /** Resolves once the shelf has what these entries (not folded yet) come to; never rejects. */
  async keep(
    before: Facts,
    entries: readonly JournalEntry[],
    isOwn: (row: Row) => boolean,
  ): Promise<void> {
    // Its transaction has ended by now, whatever was heard of it.
    this.#foretold?.end();
    this.#foretold = null;
    const told = this.#confirmed;
    if (told && told.through === entries.at(-1)?.sequence && told.count === entries.length) {
      this.#confirmed = null;
      await told.written;
      return;
    }
    const lines = linesOf(before, entries, isOwn, (id) => this.#writer.hasTold(id));
    this.#notFolded(entries, lines);
    await this.#append(lines);
  }

  /** It is not so, or nobody will hear whether it is: no file that begins anew takes it over. */
  #forget(told: Foretold | null): void {
    this.#unfolded = this.#unfolded.filter(({ through }) => through !== told?.through);
  }

  #notFolded(entries: readonly JournalEntry[], lines: readonly ShelfLine[]): Unfolded {
    const unfolded = { through: entries.at(-1)?.sequence ?? 0, lines };
    this.#unfolded = [...this.#beyond(this.#options.facts().head), unfolded];
    return unfolded;
  }

  /** Begins the file anew where it has grown; beside the journal. */
  async tidyIfLarge(role: 'leading' | 'following'): Promise<void> {
    const limit = this.#options.facts().outbox.size === 0 ? this.#sizes.idle : this.#limit;
    if (this.#writer.size > limit) await this.restate(role);
  }

  /**
   * As the leading tab: also where others have left much behind, or what was never so. A tab may have
   * died between the shelf's line and the row in the database.
   */
  async tidy(role: 'leading' | 'following'): Promise<void> {
    if (!this.#connection) return;
    if (role === 'leading' && (await this.#isLeftBehind())) await this.restate(role);
    else await this.tidyIfLarge(role);
  }

  /** Writes the whole outbox into a new file, then removes those that it replaces. */
  async restate(role: 'leading' | 'following'): Promise<void> {
    this.#restating ??= this.#inTurn(() => this.#restate(role, this.#options.facts));
    await this.#restating;
  }

  /** The same for facts that were read anew and that nobody has been told of yet. */
  async restateAs(facts: Facts, role: 'leading' | 'following'): Promise<void> {
    await this.#restating;
    this.#restating = this.#inTurn(() => this.#restate(role, () => facts));
    await this.#restating;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    // What may be taken back stands last in its file.
    await this.#foretold?.known;
    return work()
      .catch((cause) => this.#fail(cause))
      .finally(() => {
        this.#restating = null;
      });
  }

  /** Lets the file go: a frozen page must hold nothing that others wait for. */
  async release(): Promise<void> {
    const { file } = this.#writer;
    this.#writer.begin();
    await this.#connection?.release(file).catch(() => {});
  }

  async close(): Promise<void> {
    this.#end.abort();
    if (this.#retry !== null) this.#options.env.clearTimer(this.#retry);
    this.#forget(this.#foretold);
    this.#foretold?.end();
    await this.#restating;
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close().catch(() => {});
  }

  get #sizes(): ShelfSizes {
    return this.#options.sizes ?? usualSizes;
  }

  /** Null: it did not come to stand there. */
  async #append(lines: readonly ShelfLine[]): Promise<Written | null> {
    const connection = this.#connection;
    if (!connection || lines.length === 0) return null;
    try {
      return await this.#writer.append(connection, lines);
    } catch (cause) {
      this.#fail(cause);
      return null;
    }
  }

  async #takeBack(written: Written | null): Promise<void> {
    if (!written || !this.#connection) return;
    try {
      await this.#writer.takeBack(this.#connection, written);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #restate(role: 'leading' | 'following', facts: () => Facts): Promise<void> {
    const { env, headOnDisk } = this.#options;
    const connection = this.#connection;
    if (!connection) return;
    const others = role === 'leading' ? await this.#others(connection) : [];
    // Lines of others that we have not folded yet are told by nobody but their own file.
    const isUpToDate = (await headOnDisk()) <= facts().head;
    this.#writer.begin();
    // A page that is frozen meanwhile begins another file: that one is not replaced by this one.
    const before = [...this.#writer.old];
    const told = facts();
    // The facts come to know of it only after the file that goes.
    await this.#append(this.#beyond(told.head).flatMap(({ lines }) => lines));
    let slice: ShelfLine[] = [];
    let size = 0;
    for (const line of outboxLines(told)) {
      slice.push(line);
      size += line.kind === 'lane' ? JSON.stringify(line).length : 0;
      if (size < this.#sizes.slice) continue;
      await this.#append(slice);
      await env.breathe();
      slice = [];
      size = 0;
    }
    await this.#append(slice);
    if (this.#connection !== connection) return;
    this.#limit = Math.max(this.#sizes.waiting, growth * this.#writer.size);
    const gone = [...before, ...(isUpToDate ? await this.#unchanged(others) : [])];
    for (const name of gone) {
      await connection.remove(name);
      this.#writer.gone(name);
    }
  }

  #beyond(head: number) {
    return this.#unfolded.filter(({ through }) => through > head);
  }

  /**
   * Files of other tabs, and of lost databases that this one has taken in. Those of a database that it
   * could not read stay for a later start.
   */
  async #others(connection: ShelfConnection): Promise<ShelfFile[]> {
    const { database, replaces } = this.#options;
    const own = [this.#writer.file, ...this.#writer.old];
    const known = [database, ...replaces];
    const files = await connection.list();
    return files.filter(({ name }) => {
      return known.includes(parseFileName(name)?.database ?? '') && !own.includes(name);
    });
  }

  /** Those among them that nobody has written to since: another tab may do so until it ends. */
  async #unchanged(files: readonly ShelfFile[]): Promise<string[]> {
    const now = files.length === 0 ? [] : ((await this.#connection?.list()) ?? []);
    const sizes = new Map(now.map(({ name, size }) => [name, size]));
    const isSame = ({ name, size }: ShelfFile) => size !== null && sizes.get(name) === size;
    return files.filter(isSame).map(({ name }) => name);
  }

  async #isLeftBehind(): Promise<boolean> {
    const connection = this.#connection;
    if (!connection) return false;
    try {
      const others = await this.#others(connection);
      return this.#isCrowded(others) || (await this.#isAhead(connection, others));
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
  }

  #isCrowded(others: readonly ShelfFile[]): boolean {
    const size = others.reduce((sum, file) => sum + (file.size ?? 0), 0);
    const isEmpty = this.#options.facts().outbox.size === 0;
    return isEmpty ? others.length > 0 : others.length >= filesLimit || size > this.#limit;
  }

  /**
   * Whether one of them speaks of rows that the database did not have as this page began. Rows that
   * others have written since count as well: it costs a file that is written anew.
   */
  async #isAhead(connection: ShelfConnection, others: readonly ShelfFile[]): Promise<boolean> {
    const { codec, database, headAtStart } = this.#options;
    for (const file of others) {
      if (parseFileName(file.name)?.database !== database) continue;
      if (await speaksBeyond(connection, codec, file, headAtStart)) return true;
    }
    return false;
  }

  #fail(cause: unknown): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#connection = null;
    connection.close().catch(() => {});
    this.#options.onChange(asStorageError(cause));
    this.#tryLater();
  }

  #tryLater(): void {
    const { env } = this.#options;
    if (this.#end.signal.aborted) return;
    this.#retry = env.setTimer(retryDelay, () => this.#again().catch(env.report), 'shelf');
  }

  async #again(): Promise<void> {
    this.#retry = null;
    const { open, onChange } = this.#options;
    const connection = await open().catch(() => null);
    if (!connection) return this.#tryLater();
    if (this.#end.signal.aborted) return void (await connection.close().catch(() => {}));
    this.#connection = connection;
    await this.restate('following');
    if (this.#connection) onChange(null);
  }
}
