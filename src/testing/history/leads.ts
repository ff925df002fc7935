import type { Row } from '../../../store/rows/row.ts';
import type { Batch } from '../../ports/storage.ts';
import type { World } from '../world/world.ts';

export interface LeadsOptions {
  readonly world: World;
  readonly device: number;
  /** I20 is broken. */
  readonly onWrong: (seen: string) => void;
}

/**
 * Which page of a device leads, by what its disk has taken: the one that raised the fence last.
 * I20: from then on no other page's rows of the engine, and no other's checkpoint, are taken. What a
 * batch says of its epoch is not asked: that is what could be wrong.
 */
export class Leads {
  readonly #options: LeadsOptions;
  /** The page that raised the fence last; null: nobody has. */
  page: string | null = null;
  /** When it did (virtual ms since 1970). */
  since = 0;
  /** How often the lead went to another page. */
  takeovers = 0;

  constructor(options: LeadsOptions) {
    this.#options = options;
  }

  /** The disk has taken a batch of this page's. */
  taken(page: string, batch: Batch): void {
    const { world, device, onWrong } = this.#options;
    if (page !== this.page) {
      const what = writtenAsLeader(batch);
      if (what) {
        onWrong(`device ${device}: page ${page} wrote ${what}, and page ${this.page} leads`);
      }
    }
    if (batch.fence === undefined) return;
    if (this.page !== null && this.page !== page) this.takeovers++;
    this.page = page;
    this.since = world.now;
  }
}

/** What of it only a leader may write. */
function writtenAsLeader({ append = [], removeRowsThrough, putMeta }: Batch): string | null {
  // What came back from the second shelf is taken in by whoever gives the database its id.
  if (putMeta?.some(([key]) => key === 'databaseId')) return null;
  if (removeRowsThrough !== undefined) return 'a checkpoint';
  for (const text of append) {
    const { type, actionId } = JSON.parse(text) as Row;
    if (actionId.writer.endsWith('/engine')) return `a row (${type})`;
  }
  return null;
}
