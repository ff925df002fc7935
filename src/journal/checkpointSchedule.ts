import type { Batch, StorageConnection } from '../ports/storage.ts';

/** Below both of these no checkpoint is worth its while: the rows are read again in some 20 ms. */
const least = { rows: 1_000, characters: 4_000_000 } as const;
/** What a start reads again at most, however large the checkpoint would be: less than a second. */
const most = { rows: 30_000, characters: 16_000_000 } as const;
/**
 * The journal holds so many times what the last checkpoint wrote before the next is due: the disk
 * writes half as much again as the rows, whatever the size of the pages that they touch.
 */
const factor = 2;

/** Rows that one transaction appended. */
interface Appended {
  readonly head: number;
  readonly characters: number;
}

/**
 * When the next checkpoint is due. Edits that are spread over many pages make it large: written after
 * so many rows it could cost fifty times what they did. So it waits until the journal is
 * twice as large as the last checkpoint was, within what a start can read again. Operations that
 * wait in the journal are no reason for one: they would stand in its pages instead, written a second
 * time, and the start would read them there.
 */
export class CheckpointSchedule {
  #appended: Appended[] = [];
  #characters = 0;
  /** Characters of pages since the last checkpoint was complete, and of the last one. */
  #pages = 0;
  #lastPages = 0;

  /**
   * @param rows rows in the journal that are not in a checkpoint
   * @param queued by how many operations the outbox is longer than in the last checkpoint
   */
  isDue(rows: number, queued: number): boolean {
    if (rows >= most.rows || this.#characters >= most.characters) return true;
    const done = rows === 0 ? 0 : Math.min(1, Math.max(0, 1 - queued / rows));
    const characters = this.#characters * done;
    if (rows * done < least.rows && characters < least.characters) return false;
    return characters >= factor * this.#lastPages;
  }

  /** The same connection; what passes through it is counted here. */
  watch(connection: StorageConnection): StorageConnection {
    return {
      readPages: (keys) => connection.readPages(keys),
      pageKeys: () => connection.pageKeys(),
      readMeta: (keys) => connection.readMeta(keys),
      position: () => connection.position(),
      close: () => connection.close(),
      commit: async (batch, onCommitting) => {
        try {
          const committed = await connection.commit(batch, onCommitting);
          if (committed.ok) this.#committed(batch, committed.head);
          return committed;
        } catch (error) {
          // A checkpoint that fails is not tried again at once: the next is due after as much again.
          if (batch.putPages) this.#begin([]);
          throw error;
        }
      },
      readRows: async (after, limit) => {
        const rows = await connection.readRows(after, limit);
        const last = rows.at(-1);
        if (last) this.#added(last.sequence, lengthOf(rows.map(({ text }) => String(text))));
        return rows;
      },
    };
  }

  #committed({ append, putPages, removeRowsThrough }: Batch, head: number): void {
    if (append) this.#added(head, lengthOf(append));
    if (putPages) this.#pages += lengthOf(putPages.map(([, text]) => text));
    if (removeRowsThrough === undefined) return;
    this.#lastPages = this.#pages;
    this.#begin(this.#appended.filter((part) => part.head > removeRowsThrough));
  }

  #begin(appended: Appended[]): void {
    this.#appended = appended;
    this.#characters = appended.reduce((sum, part) => sum + part.characters, 0);
    this.#pages = 0;
  }

  #added(head: number, characters: number): void {
    this.#appended.push({ head, characters });
    this.#characters += characters;
  }
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
