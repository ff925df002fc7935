import { noPages } from '../../../store/pages.ts';
import { PagesDraft } from '../../../store/pagesDraft.ts';
import type { Page } from './pullContext.ts';

/** Pages in a row that say nothing new, before a pull rests; what they moved on to is kept. */
const idleLimit = 100;
/** The same, where pages are asked for by place: one that repeats all of it is not the next. */
const idleLimitByPlace = 3;

/** Notices where pages lead nowhere: a cursor that does not move or comes again, `hasMore` for ever. */
export class PageProgress {
  readonly #cursors: Set<string | null>;
  /** Records met, where what is new is to be told from that; no Set, for the reason of `ById`. */
  readonly #met: PagesDraft<true> | null;
  #idle = 0;

  /** @param isRepeated whether it is the second list of the same: then nothing in it need be new here */
  constructor(from: string | null, isRepeated: boolean) {
    this.#cursors = new Set([from]);
    this.#met = isRepeated ? new PagesDraft(noPages<true>()) : null;
  }

  /** Whether the page after this one, which said `news`, is worth asking for. */
  leadsOn({ cursor, items }: Page, news: number): boolean {
    const isIdle = this.#met ? !this.#meets(this.#met, items) : news === 0;
    this.#idle = isIdle ? this.#idle + 1 : 0;
    if (this.#idle >= (cursor === null ? idleLimitByPlace : idleLimit)) return false;
    if (cursor === null) return items.length > 0;
    if (this.#cursors.has(cursor)) return false;
    this.#cursors.add(cursor);
    return true;
  }

  #meets(met: PagesDraft<true>, items: Page['items']): boolean {
    const before = met.size;
    for (const { id } of items) met.set(id, true);
    return met.size > before;
  }
}
