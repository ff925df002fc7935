import type { Facts } from '../../../store/facts.ts';
import type { JournalEntry, Row } from '../../../store/rows/row.ts';
import { entryOf, serverIdOf } from '../records/recordReads.ts';

/**
 * Records that went while something was asked of the server: of them the facts say nothing any more,
 * and what was asked before, and arrives later, may still speak of them. Kept only as long as an
 * answer is on its way.
 */
export class Removals {
  /** The journal's head after the row that removed it, by model and server id. */
  readonly #heads = new Map<string, number>();
  #asking = 0;

  /** Something is asked of the server, until `work` has ended. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#asking++;
    try {
      return await work();
    } finally {
      this.#asking--;
      if (this.#asking === 0) this.#heads.clear();
    }
  }

  /** Notes what rows removed that were folded over `before`. */
  note(before: Facts, after: Facts, entries: readonly JournalEntry[]): void {
    if (this.#asking === 0) return;
    for (const { row } of entries) {
      if (!row || !('model' in row)) continue;
      for (const id of touchedBy(row)) {
        if (entryOf(after, row.model, id)) continue;
        const alias = 'alias' in row ? row.alias : undefined;
        for (const serverId of [id, alias ?? serverIdOf(before, row.model, id)]) {
          this.#heads.set(`${row.model}\u0000${serverId}`, after.head);
        }
      }
    }
  }

  /** Whether it went after these facts. */
  isGoneSince({ head }: Facts, model: string, serverId: string): boolean {
    // Asked of each new record; a Map keeps what it is asked for (see `ById`).
    if (this.#heads.size === 0) return false;
    return (this.#heads.get(`${model}\u0000${serverId}`) ?? 0) > head;
  }
}

function touchedBy(row: Row): readonly string[] {
  if (row.type === 'pulled') return row.deleted;
  return 'recordId' in row ? [row.recordId] : [];
}
