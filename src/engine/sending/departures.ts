import type { EngineDraft } from '../../journal/engineQueue.ts';

/**
 * When requests left for the first time. What the server said before that (a list from the start, a
 * pull) is older than its answer, and leaves nothing open. Known of what was sealed here alone: what
 * an earlier life sealed, or another tab, may have left before.
 */
export class Departures {
  /** Keys that were sealed here and have not left. */
  readonly #waiting = new Set<string>();
  /** The journal's head when they left, by key. */
  readonly #left = new Map<string, number>();

  /** These rows are about to be written. */
  sealed(rows: readonly EngineDraft[]): void {
    for (const row of rows) {
      if (row.type !== 'sealed') continue;
      for (const { key } of row.requests) if (!this.#left.has(key)) this.#waiting.add(key);
    }
  }

  /** A request leaves now. Gives the head when it left first; undefined: nobody here knows. */
  left(key: string, head: number): number | undefined {
    if (this.#waiting.delete(key)) this.#left.set(key, head);
    return this.#left.get(key);
  }

  /** It is answered, and does not leave again. */
  over(key: string): void {
    this.#left.delete(key);
  }
}
