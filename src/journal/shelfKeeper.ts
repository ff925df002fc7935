import type { Facts } from '../../store/facts.ts';
import type { JournalEntry, Row } from '../../store/rows/row.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { linesOf, outboxLines } from '../../store/shelf/linesOf.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { ShelfConnection, ShelfFile, ShelfSizes } from '../ports/shelf.ts';
import { asStorageError, type StorageError } from '../ports/storage.ts';
import { encodeLines, fileName, parseFileName } from './shelfFiles.ts';

export interface ShelfKeeperOptions {
  readonly env: Env;
  readonly codec: Codec;
  /** Opens the shelf again after it has failed. */
  readonly open: () => Promise<ShelfConnection>;
  readonly sizes: ShelfSizes | undefined;
  /** The database's id. */
  readonly database: string;
  /** Lost databases of which everything stands in this one. */
  readonly replaces: readonly string[];
  /** This tab. */
  readonly writer: string;
  /** The facts as the journal has folded them. */
  readonly facts: () => Facts;
  /** The journal's head on the disk. */
  readonly headOnDisk: () => Promise<number>;
  /** It failed (what is saved from here on stands in the database alone), or works again. */
  readonly onChange: (error: StorageError | null) => void;
}

const usualSizes: ShelfSizes = { idle: 64_000, waiting: 1_000_000, slice: 250_000 };
/** Times what was written when it last began anew. */
const growth = 4;
/** Files that closed tabs may leave behind. */
const filesLimit = 8;
/** ms until a shelf that failed is opened again. */
const retryDelay = 30_000;

/**
 * Keeps the second shelf in step with the journal: what this tab has written there is told here
 * before anybody hears of it. A file is only appended to; when it has grown it begins anew, and the
 * old one goes once the new one says everything. It never stands in the way: a shelf that fails is
 * told and left out.
 */
export class ShelfKeeper {
  readonly #options: ShelfKeeperOptions;
  /** Null: it does not work at present. */
  #connection: ShelfConnection | null;
  #n = 0;
  /** Characters of the file; 0: it does not exist yet. */
  #size = 0;
  /** Of it, where something waits. */
  #limit: number;
  /** Files that the current one replaces. */
  #old: string[] = [];
  #restating: Promise<void> | null = null;
  /** Ends when all lines so far are on their way. */
  #posted: Promise<unknown> = Promise.resolve();
  /** What entries came to that the facts may not have yet, with the last one's sequence. */
  #unfolded: { readonly through: number; readonly lines: readonly ShelfLine[] }[] = [];
  #retry: TimerHandle | null = null;
  readonly #end = new AbortController();

  /** @param connection null: it did not open, and is tried again later */
  constructor(options: ShelfKeeperOptions, connection: ShelfConnection | null) {
    this.#options = options;
    this.#connection = connection;
    this.#limit = this.#sizes.waiting;
    if (!connection) this.#tryLater();
  }

  /** Resolves once the shelf has what these entries (not folded yet) come to; never rejects. */
  async keep(
    before: Facts,
    entries: readonly JournalEntry[],
    isOwn: (row: Row) => boolean,
  ): Promise<void> {
    const lines = linesOf(before, entries, isOwn);
    const through = entries[entries.length - 1]?.sequence ?? 0;
    this.#unfolded = [...this.#beyond(this.#options.facts().head), { through, lines }];
    await this.#append(lines);
  }

  /** Begins the file anew where it has grown; beside the journal. */
  async tidyIfLarge(role: 'leading' | 'following'): Promise<void> {
    const limit = this.#options.facts().outbox.size === 0 ? this.#sizes.idle : this.#limit;
    if (this.#size > limit) await this.restate(role);
  }

  /** As the leading tab: also where others have left much behind. */
  async tidy(role: 'leading' | 'following'): Promise<void> {
    if (!this.#connection) return;
    if (role === 'leading' && (await this.#isCrowded())) await this.restate(role);
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

  #inTurn(work: () => Promise<void>): Promise<void> {
    return work()
      .catch((cause) => this.#fail(cause))
      .finally(() => {
        this.#restating = null;
      });
  }

  /** Lets the file go: a frozen page must hold nothing that others wait for. */
  async release(): Promise<void> {
    const file = this.#file;
    this.#begin();
    await this.#connection?.release(file).catch(() => {});
  }

  async close(): Promise<void> {
    this.#end.abort();
    if (this.#retry !== null) this.#options.env.clearTimer(this.#retry);
    await this.#restating;
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close().catch(() => {});
  }

  get #sizes(): ShelfSizes {
    return this.#options.sizes ?? usualSizes;
  }

  get #file(): string {
    const { database, writer } = this.#options;
    return fileName({ database, writer, n: this.#n });
  }

  /** What is appended from here on stands in a file of its own. */
  #begin(): void {
    if (this.#size > 0) this.#old.push(this.#file);
    this.#n++;
    this.#size = 0;
  }

  async #append(lines: readonly ShelfLine[]): Promise<void> {
    const connection = this.#connection;
    if (!connection || lines.length === 0) return;
    const { codec, database, replaces } = this.#options;
    const first: ShelfLine[] = [];
    if (this.#size === 0) first.push({ v: 1, kind: 'file', database, replaces });
    const file = this.#file;
    // Counted at once: who comes next writes behind it.
    this.#size++;
    try {
      // One after another: a codec may take longer for a large part than for the small one behind it.
      const posted = this.#posted.then(async () => {
        const text = await encodeLines(codec, [...first, ...lines]);
        if (file === this.#file) this.#size += text.length;
        return { written: connection.append(file, text) };
      });
      this.#posted = posted.catch(() => {});
      await (await posted).written;
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
    this.#begin();
    // A page that is frozen meanwhile begins another file: that one is not replaced by this one.
    const before = [...this.#old];
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
    this.#limit = Math.max(this.#sizes.waiting, growth * this.#size);
    const gone = [...before, ...(isUpToDate ? await this.#unchanged(others) : [])];
    for (const name of gone) {
      await connection.remove(name);
      this.#old = this.#old.filter((old) => old !== name);
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
    const own = [this.#file, ...this.#old];
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

  async #isCrowded(): Promise<boolean> {
    try {
      const others = this.#connection ? await this.#others(this.#connection) : [];
      const size = others.reduce((sum, file) => sum + (file.size ?? 0), 0);
      const isEmpty = this.#options.facts().outbox.size === 0;
      return isEmpty ? others.length > 0 : others.length >= filesLimit || size > this.#limit;
    } catch (cause) {
      this.#fail(cause);
      return false;
    }
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
