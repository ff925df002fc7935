import { foldAhead } from '../../store/fold.ts';
import type { JournalEntry, Row } from '../../store/rows/row.ts';
import { asStorageError } from '../ports/storage.ts';
import { readEntries } from './entries.ts';
import type { JournalOptions } from './journalOptions.ts';
import type { Standing } from './standing.ts';
import type { StoragePause } from './storagePause.ts';

/** Rows that are read at once. */
const pageRows = 1_000;

interface JournalReaderOptions {
  readonly journal: JournalOptions;
  readonly standing: Standing;
  readonly pause: StoragePause;
  readonly isOwn: (row: Row) => boolean;
}

/** Hands on what is durable, each entry once and in order, whoever wrote it. */
export class JournalReader {
  readonly #options: JournalReaderOptions;
  /** Whose transaction runs, or has just ended. */
  #foretold: readonly JournalEntry[] = [];

  constructor(options: JournalReaderOptions) {
    this.#options = options;
  }

  /** People's rows are being written: they are likely to come right behind our head. */
  foretell(rows: readonly Row[]): void {
    const { facts, foretell } = this.#options.journal;
    this.#foretold = entriesFrom(facts().head + 1, rows);
    foretell(this.#foretold, this.#options.isOwn);
    // Likely to be what the facts come to next.
    foldAhead(facts(), this.#foretold);
  }

  /** Rows that end at `head` were written; what stands between our head and them comes first. */
  async deliver(rows: readonly Row[], head: number): Promise<void> {
    const { facts, onReplaced, onAppended } = this.#options.journal;
    const first = head - rows.length + 1;
    if (first <= facts().head) return onReplaced();
    // Rows of others that were never heard of may be those of another database.
    if (first > facts().head + 1 && (await this.#isReplaced())) return onReplaced();
    onAppended(head);
    if (first > facts().head + 1) await this.catchUp(first - 1);
    // A checkpoint that was read meanwhile has them.
    if (head <= facts().head) return;
    await this.#sequence(this.#isForetold(first, rows) ? this.#foretold : entriesFrom(first, rows));
  }

  /** The very rows: of a group that was refused each is written alone, under the sequences of others. */
  #isForetold(first: number, rows: readonly Row[]): boolean {
    const told = this.#foretold;
    if (told.length !== rows.length) return false;
    return told.every(({ sequence, row }, i) => sequence === first + i && row === rows[i]);
  }

  /** Reads and folds what the journal has beyond our head, up to `through`. */
  async catchUp(through: number): Promise<void> {
    const { standing, pause } = this.#options;
    const { connection, codec, facts, onTrouble, reread } = this.#options.journal;
    while (facts().head < through) {
      if (standing.isClosed) return;
      const limit = Math.min(pageRows, through - facts().head);
      let entries: JournalEntry[];
      try {
        entries = await readEntries(connection, codec, facts().head, limit);
      } catch (cause) {
        await pause.after(asStorageError(cause));
        continue;
      }
      onTrouble(undefined);
      const next = entries.filter((entry) => entry.sequence <= through);
      const before = facts().head;
      if (next[0]?.sequence !== before + 1 && (await this.#wasCompacted())) {
        await reread();
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
    const { standing, pause, journal } = this.#options;
    try {
      return await journal.wasCompacted();
    } catch (cause) {
      await pause.after(asStorageError(cause));
      return standing.isClosed ? false : this.#wasCompacted();
    }
  }

  async #isReplaced(): Promise<boolean> {
    const { standing, pause, journal } = this.#options;
    try {
      return await journal.isReplaced();
    } catch (cause) {
      await pause.after(asStorageError(cause));
      return standing.isClosed ? false : this.#isReplaced();
    }
  }

  async #sequence(entries: readonly JournalEntry[]): Promise<void> {
    const { standing, isOwn } = this.#options;
    const { keep, onSequenced } = this.#options.journal;
    await keep(entries, isOwn);
    if (!standing.isClosed) onSequenced(entries);
  }
}

function entriesFrom(first: number, rows: readonly Row[]): JournalEntry[] {
  return rows.map((row, i) => ({ sequence: first + i, row }));
}
