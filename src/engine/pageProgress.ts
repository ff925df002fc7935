import type { Page } from './pullContext.ts';

/** Pages in a row that say nothing new, before a pull rests; what they moved on to is kept. */
const idleLimit = 100;
/** The same, where pages are asked for by place: one that repeats all of it is not the next. */
const idleLimitByPlace = 3;
/** Records that a second list may have beyond twice those that are here. */
const surplus = 10_000;

/** Notices where pages lead nowhere: a cursor that does not move or comes again, `hasMore` for ever. */
export class PageProgress {
  readonly #cursors: Set<string | null>;
  readonly #isRepeated: boolean;
  readonly #records: number;
  #listed = 0;
  #idle = 0;

  /**
   * @param isRepeated whether it is the second list of the same: then nothing in it need be new
   * @param records that are here
   */
  constructor(from: string | null, isRepeated: boolean, records: number) {
    this.#cursors = new Set([from]);
    this.#isRepeated = isRepeated;
    this.#records = records;
  }

  /** Whether the page after this one, which said `news`, is worth asking for. */
  leadsOn({ cursor, items }: Page, news: number): boolean {
    this.#listed += items.length;
    const isIdle = this.#isRepeated ? items.length === 0 : news === 0;
    this.#idle = isIdle ? this.#idle + 1 : 0;
    if (this.#idle >= (cursor === null ? idleLimitByPlace : idleLimit)) return false;
    if (this.#isRepeated && this.#listed > 2 * this.#records + surplus) return false;
    if (cursor === null) return items.length > 0;
    if (this.#cursors.has(cursor)) return false;
    this.#cursors.add(cursor);
    return true;
  }
}
