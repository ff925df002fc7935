import type { Facts } from '../../store/facts.ts';
import type { JournalEntry, Row } from '../../store/rows/row.ts';
import type { ShelfLine } from '../../store/shelf/line.ts';
import { addedLines, laneLinesOf, linesOf } from '../../store/shelf/linesOf.ts';
import type { ShelfConnection, ShelfFile, ShelfSizes } from '../ports/shelf.ts';
import { asStorageError, type StorageError } from '../ports/storage.ts';
import { OthersFiles } from './othersFiles.ts';
import { type Owed, ShelfDebt } from './shelfDebt.ts';
import { ShelfLink, type ShelfLinkOptions } from './shelfLink.ts';
import { ShelfWriter, type ShelfWriterOptions, type Written } from './shelfWriter.ts';
import { removeReplaced, writeAnew } from './writeAnew.ts';

export interface ShelfKeeperOptions
  extends ShelfWriterOptions,
    Pick<ShelfLinkOptions, 'env' | 'open' | 'onChange'> {
  /** This tab: its acts are counted. */
  readonly writer: string;
  readonly sizes: ShelfSizes | undefined;
  /** The journal's head as this page began: what others told beyond it by then was taken in. */
  readonly headAtStart: number;
  /** Whether files of other tabs stay, whatever they say. */
  readonly keepsOthers: boolean;
  /** The facts as the journal has folded them. */
  readonly facts: () => Facts;
  /** The journal's head on the disk. */
  readonly headOnDisk: () => Promise<number>;
}

const usualSizes: ShelfSizes = { idle: 64_000, waiting: 2_000_000, slice: 250_000 };
/** Times what was written when it last began anew. */
const growth = 4;
/** Lines of lanes that are told in one task. */
const linesAtOnce = 250;
/** Files that closed tabs may leave behind. */
const filesLimit = 8;

/** What entries came to that the facts may not have yet, with the last one's sequence. */
interface Unfolded {
  readonly through: number;
  readonly lines: readonly ShelfLine[];
}

/** Changes that were told before it was known whether they are durable in the database. */
interface Foretold extends Unfolded {
  readonly count: number;
  readonly connection: ShelfConnection;
  /** Null: the shelf has failed. */
  readonly written: Promise<Written | null>;
  /** Resolves once it is known, and nothing stands on the shelf that is not so. */
  readonly known: Promise<void>;
  readonly end: () => void;
}

/**
 * Keeps the second shelf in step with the journal: what this tab has written there is told here
 * before anybody hears of it. A file is appended to; when it has grown it begins anew, and the
 * old one goes once the new one says everything. A shelf that fails costs the journal nothing: what
 * it could not be told is owed to it, and `keptThrough` says what it has.
 */
export class ShelfKeeper {
  readonly #options: ShelfKeeperOptions;
  readonly #link: ShelfLink;
  readonly #writer: ShelfWriter;
  readonly #others: OthersFiles;
  /** Characters of the file beyond which it begins anew, where something waits. */
  #limit: number;
  #restating: Promise<void> | null = null;
  #unfolded: Unfolded[] = [];
  /** The transaction of these rows runs. */
  #foretold: Foretold | null = null;
  /** They are durable, and were not kept yet. */
  #confirmed: Foretold | null = null;
  /** What it could not be told while it did not work. */
  readonly #debt = new ShelfDebt();
  /** The file that an attempt to tell it has begun: nobody relies on it before all is said. */
  #attempt: string | null = null;
  /** This tab's last act that it was told while it worked. */
  #kept = 0;

  /** @param found the error where it did not open: it is tried again later */
  constructor(options: ShelfKeeperOptions, found: ShelfConnection | StorageError) {
    const { env, open, onChange } = options;
    this.#options = options;
    this.#writer = new ShelfWriter(options);
    const own = () => [this.#writer.file, ...this.#writer.old];
    this.#others = new OthersFiles({ ...options, own });
    this.#limit = this.#sizes.waiting;
    const catchUp = (connection: ShelfConnection) => this.#catchUp(connection);
    const isBehind = () => this.#debt.isOpen;
    this.#link = new ShelfLink({ env, open, onChange, catchUp, isBehind }, found);
    if (!this.#link.connection) this.#debt.addEverything();
  }

  get isOpen(): boolean {
    return this.#link.standing === 'open';
  }

  /** Whether it has no room for what it has to say. */
  get isFull(): boolean {
    return this.#link.standing === 'full';
  }

  /** Resolves once a failure that may be over at once is, or is known not to be. */
  settled(): Promise<void> {
    return this.#link.settled();
  }

  /**
   * The number of this tab's last act that stands here too; without end where nobody need ask: all do,
   * or it does not work and is not waited for.
   */
  get keptThrough(): number {
    const { standing } = this.#link;
    return standing === 'full' || standing === 'retrying' ? this.#kept : Number.POSITIVE_INFINITY;
  }

  /**
   * The transaction of these entries runs, and they are likely to get these sequences: the shelf is told
   * beside it. Only of changes that are added: whatever moves or ends what is kept already waits until
   * it is so, because a page may die in between. `foretoldIs` says how it went.
   */
  foretell(before: Facts, entries: readonly JournalEntry[], isOwn: (row: Row) => boolean): void {
    const connection = this.#link.connection;
    if (!connection || this.#restating || this.#foretold) return;
    const lines = addedLines(before, entries, isOwn);
    if (!lines) return;
    let end = () => {};
    const known = new Promise<void>((resolve) => {
      end = resolve;
    });
    const unfolded = this.#notFolded(entries, lines);
    const written = this.#appendAhead(connection, lines);
    this.#foretold = { ...unfolded, count: entries.length, connection, written, known, end };
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
      const written = await told.written;
      await this.#takeBack(written);
      // Nobody knows what stands there of an append that failed.
      if (!written && told.lines.length > 0) {
        this.mustRestate('following').catch(this.#options.env.report);
      }
    }
    this.#foretold = null;
    told.end();
  }

  /**
   * Resolves once the shelf has what these entries (not folded yet) come to, or it is owed them; never
   * rejects.
   */
  async keep(
    before: Facts,
    entries: readonly JournalEntry[],
    isOwn: (row: Row) => boolean,
  ): Promise<void> {
    const told = this.#confirmed;
    if (told && told.through === entries.at(-1)?.sequence && told.count === entries.length) {
      this.#confirmed = null;
      if (!(await this.#stands(told))) await this.#tell(told.lines);
    } else {
      const lines = linesOf(before, entries, isOwn, (id) => this.#writer.hasTold(id));
      this.#notFolded(entries, lines);
      await this.#tell(lines);
    }
    if (this.isOpen) this.#keptAll(entries.flatMap(({ row }) => row ?? []));
  }

  /** Nobody but us can have removed it: the file was never let go since, for a freeze or a failure. */
  async #stands({ written, connection }: Foretold): Promise<boolean> {
    const file = (await written)?.file;
    return file === this.#writer.file && connection === this.#link.connection;
  }

  #keptAll(rows: readonly Row[]): void {
    for (const { actionId } of rows) {
      if (actionId.writer === this.#options.writer) this.#kept = actionId.n;
    }
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
    if (this.isOpen && this.#writer.size > limit) await this.restate(role);
  }

  /**
   * As the leading tab: also where others have left much behind, or what stands elsewhere now. A tab may have
   * died between the shelf's line and the row in the database.
   */
  async tidy(role: 'leading' | 'following'): Promise<void> {
    if (!this.#link.connection) return;
    if (role === 'leading' && (await this.#isLeftBehind())) await this.restate(role);
    else await this.tidyIfLarge(role);
  }

  /**
   * Writes the whole outbox into a new file, then removes those that it replaces. Where there is no room
   * for it, these stay, and say all of it as before.
   */
  async restate(role: 'leading' | 'following'): Promise<void> {
    this.#restating ??= this.#inTurn((connection) => this.#restateIfRoom(connection, role));
    await this.#restating;
  }

  /**
   * The same, and it must: the files say what is not so, or is not to be kept, or nobody has told them
   * what `facts` say, which were read and are not shown yet.
   */
  async mustRestate(
    role: 'leading' | 'following',
    facts: () => Facts = this.#options.facts,
  ): Promise<void> {
    await this.#restating;
    this.#restating = this.#inTurn(
      (connection) => this.#restate(connection, role, facts),
      () => this.#debt.addEverything(),
    );
    await this.#restating;
  }

  async #inTurn(
    work: (connection: ShelfConnection) => Promise<void>,
    otherwise: () => void = () => {},
  ): Promise<void> {
    await this.#nothingInDoubt();
    await this.#overLink(work, otherwise);
    this.#restating = null;
  }

  async #restateIfRoom(connection: ShelfConnection, role: 'leading' | 'following'): Promise<void> {
    try {
      await this.#restate(connection, role, this.#options.facts);
    } catch (cause) {
      if (asStorageError(cause).code !== 'quota') throw cause;
      this.#limit = growth * Math.max(this.#limit, this.#writer.size);
    }
  }

  /** Tells how these lanes stand, for facts that were read and that nobody has been told of yet. */
  async tellLanes(facts: Facts, lanes: ReadonlySet<string>): Promise<void> {
    let lines: ShelfLine[] = [];
    for (const lane of lanes) {
      lines.push(...laneLinesOf(facts, lane));
      if (lines.length < linesAtOnce) continue;
      await this.#tell(lines);
      await this.#options.env.breathe();
      lines = [];
    }
    await this.#tell(lines);
  }

  /** What may be taken back stands last in its file. */
  async #nothingInDoubt(): Promise<void> {
    await this.#foretold?.known;
  }

  /** Lets the file go: a frozen page must hold nothing that others wait for. */
  async release(): Promise<void> {
    const { file } = this.#writer;
    this.#writer.begin();
    await this.#link.connection?.release(file).catch(() => {});
  }

  async close(): Promise<void> {
    this.#forget(this.#foretold);
    this.#foretold?.end();
    await this.#restating;
    await this.#link.close();
  }

  get #sizes(): ShelfSizes {
    return this.#options.sizes ?? usualSizes;
  }

  /** Null: they did not come to stand there. */
  async #appendAhead(
    connection: ShelfConnection,
    lines: readonly ShelfLine[],
  ): Promise<Written | null> {
    if (lines.length === 0) return null;
    try {
      const written = await this.#writer.append(connection, lines);
      return connection === this.#link.connection ? written : null;
    } catch (cause) {
      this.#link.failed(connection, cause);
      return null;
    }
  }

  /** Resolves once these lines stand there, or it is owed them. */
  async #tell(lines: readonly ShelfLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#overLink(
      (connection) => this.#writer.append(connection, lines),
      () => this.#debt.add(lines),
    );
  }

  async #takeBack(written: Written | null): Promise<void> {
    if (!written) return;
    await this.#overLink(
      (connection) => this.#writer.takeBack(connection, written),
      () => this.#debt.addEverything(),
    );
  }

  /** Does it, again where the shelf works again by then; `otherwise` at once where it does not work. */
  async #overLink(
    work: (connection: ShelfConnection) => Promise<unknown>,
    otherwise: () => void,
  ): Promise<void> {
    for (;;) {
      const { connection } = this.#link;
      if (!connection) return otherwise();
      try {
        await work(connection);
        // What stood before it may be what failed meanwhile.
        if (connection === this.#link.connection) return;
      } catch (cause) {
        this.#link.failed(connection, cause);
      }
    }
  }

  /** Tells a shelf that works again what it is owed, in a file of its own. */
  async #catchUp(connection: ShelfConnection): Promise<void> {
    await this.#nothingInDoubt();
    const left = this.#attempt;
    this.#attempt = this.#writer.begin();
    // What the last attempt has left needs room, and is said again.
    if (left !== null) await removeReplaced(connection, this.#writer, [{ name: left }]);
    while (this.#debt.isOpen) await this.#payOff(connection, this.#debt.take());
    this.#attempt = null;
  }

  async #payOff(connection: ShelfConnection, owed: Owed): Promise<void> {
    try {
      if (owed !== 'everything') await this.#writer.append(connection, owed);
      else {
        await this.#restate(connection, 'following', this.#options.facts, (file) => {
          this.#attempt = file;
        });
      }
    } catch (cause) {
      this.#debt.giveBack(owed);
      throw cause;
    }
  }

  async #restate(
    connection: ShelfConnection,
    role: 'leading' | 'following',
    facts: () => Facts,
    onFile: (file: string | null) => void = () => {},
  ): Promise<void> {
    const { env, headOnDisk } = this.#options;
    await writeAnew(connection, role, {
      ...{ env, headOnDisk, facts, onFile },
      ...{ writer: this.#writer, others: this.#others, slice: this.#sizes.slice },
      beyond: (head) => this.#beyond(head).flatMap(({ lines }) => lines),
    });
    this.#limit = Math.max(this.#sizes.waiting, growth * this.#writer.size);
  }

  #beyond(head: number) {
    return this.#unfolded.filter(({ through }) => through > head);
  }

  async #isLeftBehind(): Promise<boolean> {
    const { connection } = this.#link;
    if (!connection) return false;
    try {
      const others = await this.#others.list(connection);
      return this.#isCrowded(others) || (await this.#others.areAhead(connection, others));
    } catch (cause) {
      this.#link.failed(connection, cause);
      return false;
    }
  }

  #isCrowded(others: readonly ShelfFile[]): boolean {
    const size = others.reduce((sum, file) => sum + (file.size ?? 0), 0);
    const isEmpty = this.#options.facts().outbox.size === 0;
    return isEmpty ? others.length > 0 : others.length >= filesLimit || size > this.#limit;
  }
}
