/**
 * How often in a row a record was met changed by others: what stands for a resolved conflict met the
 * next one. It only puts off what is sent, so it is kept for this life alone.
 */
export class ConflictRounds {
  /** By lane: the operation that stands for the last conflict, and how many there were before it. */
  readonly #last = new Map<string, { readonly key: string; readonly rounds: number }>();

  /** Conflicts that came right before the request of this key; 0 for the first. */
  before(lane: string, key: string): number {
    const last = this.#last.get(lane);
    return last?.key === key ? last.rounds : 0;
  }

  /** `next` stands for what met a conflict under `key`. */
  follows(lane: string, key: string, next: string): void {
    this.#last.set(lane, { key: next, rounds: this.before(lane, key) + 1 });
  }

  /** Nothing of the record waits any more. */
  over(lane: string): void {
    this.#last.delete(lane);
  }
}
