import { operationsToldBy, type ShelfLine } from '../../store/shelf/line.ts';
import type { Codec } from '../ports/codec.ts';
import type { ShelfConnection } from '../ports/shelf.ts';
import { encodeLines, fileName } from './shelfFiles.ts';

export interface ShelfWriterOptions {
  readonly codec: Codec;
  /** The database's id. */
  readonly database: string;
  /** Lost databases of which everything stands in this one. */
  readonly replaces: readonly string[];
  /** How many starts of it could not read the shelf. */
  readonly unread: number;
  /** Whose files these are: each life of a tab has its own. */
  readonly owner: string;
}

/** Lines that were appended together, and the bytes that stood before them. */
export interface Written {
  readonly file: string;
  readonly before: number;
  /** The operations that they tell whole. */
  readonly operationIds: readonly string[];
}

/** The file of the second shelf that a tab writes to; when it has grown it begins another one. */
export class ShelfWriter {
  readonly #options: ShelfWriterOptions;
  #n = 0;
  /** Characters of the file, about; 0: it does not exist yet. */
  #size = 0;
  /** Whether its first line, which says whose it is, has been written. */
  #head: 'missing' | 'written' = 'missing';
  /** The last sequence that it speaks of: one of its lines may be older than those before it. */
  #last = 0;
  /** How often something was taken back from it. */
  #cuts = 0;
  /** Empty lines that are to come before what is appended next. */
  #gap = 0;
  /** Operations that stand in the file: a seal need not tell them again. */
  readonly #told = new Set<string>();
  /** Files that the current one replaces. */
  #old: string[] = [];
  /** Ends when all lines so far are on their way. */
  #posted: Promise<unknown> = Promise.resolve();

  constructor(options: ShelfWriterOptions) {
    this.#options = options;
  }

  get file(): string {
    const { database, owner } = this.#options;
    return fileName({ database, writer: owner, n: this.#n });
  }

  get size(): number {
    return this.#size;
  }

  /** Files of this tab that were begun before and are not gone. */
  get old(): readonly string[] {
    return this.#old;
  }

  /** Whether the file tells an operation whole, or will once what is on its way stands there. */
  hasTold(operationId: string): boolean {
    return this.#told.has(operationId);
  }

  /** What is appended from here on stands in a file of its own, of this name. */
  begin(): string {
    if (this.#size > 0) this.#old.push(this.file);
    this.#n++;
    this.#size = 0;
    this.#head = 'missing';
    this.#last = 0;
    this.#cuts = 0;
    this.#gap = 0;
    this.#told.clear();
    return this.file;
  }

  gone(file: string): void {
    this.#old = this.#old.filter((old) => old !== file);
  }

  /** In the order of the calls. Rejects with StorageError. */
  async append(connection: ShelfConnection, lines: readonly ShelfLine[]): Promise<Written> {
    const { codec, database, replaces, unread } = this.#options;
    const first: ShelfLine[] = [];
    if (this.#head === 'missing') {
      first.push({ v: 1, kind: 'file', database, replaces, ...(unread > 0 && { unread }) });
    }
    const { file } = this;
    const gap = '\n'.repeat(this.#gap);
    // At once: who comes next writes behind it.
    this.#head = 'written';
    this.#gap = 0;
    this.#size++;
    const rest = lines.map((line) => this.#noted(line));
    const operationIds = lines.flatMap(operationsToldBy);
    for (const id of operationIds) this.#told.add(id);
    // One after another: a codec may take longer for a large part than for the small one behind it.
    const posted = this.#posted.then(async () => {
      const text = gap + (await encodeLines(codec, [...first, ...rest]));
      if (file === this.file) this.#size += text.length;
      return { appended: connection.append(file, text) };
    });
    this.#posted = posted.catch(() => {});
    try {
      return { file, operationIds, before: await (await posted).appended };
    } catch (cause) {
      if (file === this.file) {
        if (first.length > 0) this.#head = 'missing';
        for (const id of operationIds) this.#told.delete(id);
      }
      throw cause;
    }
  }

  /** A line as it goes into the file: the last one tells how far the file goes. */
  #noted(line: ShelfLine): ShelfLine {
    if (line.kind === 'file') return line;
    const told = this.#last;
    this.#last = Math.max(told, line.s);
    return line.kind === 'through' && told > line.s ? { ...line, told } : line;
  }

  /**
   * Takes back lines behind which nothing stands. Empty lines come instead, one more each time: who
   * compares sizes to see whether a file has changed must not take other lines of the same length for
   * these. Rejects with StorageError.
   */
  async takeBack(connection: ShelfConnection, written: Written): Promise<void> {
    const { file, before, operationIds } = written;
    if (file === this.file) {
      for (const id of operationIds) this.#told.delete(id);
      this.#gap = ++this.#cuts;
      if (before === 0) this.#head = 'missing';
    }
    await connection.cut(file, before);
  }
}
