import type { Facts } from '../../store/facts.ts';
import type { JournalEntry, PersonRow, Row } from '../../store/rows/row.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env } from '../ports/env.ts';
import type { StorageConnection, StorageError } from '../ports/storage.ts';

/** What a journal stands on, and whom it tells. */
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
  /**
   * People's entries are being written and are likely to get these sequences: the second shelf may hear
   * of them beside the transaction.
   */
  readonly foretell: (entries: readonly JournalEntry[], isOwn: (row: Row) => boolean) => void;
  /**
   * That transaction has ended, and the journal's head is this; null: nothing was written, or nobody
   * knows. Resolves once nothing is told any more that is not so.
   */
  readonly foretoldIs: (head: number | null) => Promise<void> | undefined;
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
  /** Whether the database under us is another one: the site's data was cleared under the page. */
  readonly isReplaced: () => Promise<boolean>;
  /** It is, or its sequences are behind ours, which says the same. Reads the facts anew. */
  readonly onReplaced: () => Promise<void>;
  /** Whether rows beyond our head may have gone into a checkpoint that was written since. */
  readonly wasCompacted: () => Promise<boolean>;
  /** Reads the facts anew: checkpoint and rows. */
  readonly reread: () => Promise<void>;
}
