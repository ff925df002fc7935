/**
 * How many operations go in one request: halved where the server says that it is too much, and growing
 * again. Each operation has its own key, so regrouping is safe.
 */
export class BatchSize {
  readonly #most: number;
  #now: number;
  /** Operations that were taken since it changed. */
  #taken = 0;

  /** @param most operations in one request, at most; 1: the transport knows no batches */
  constructor(most: number) {
    this.#most = most;
    this.#now = most;
  }

  get now(): number {
    return this.#now;
  }

  /** So many went through: after a full batch of them, twice as many may go in one again. */
  took(count: number): void {
    this.#taken += count;
    if (this.#now === this.#most || this.#taken < this.#most) return;
    this.#set(Math.min(this.#most, this.#now * 2));
  }

  /** So many were too much at once. */
  tooLarge(sent: number): void {
    this.#set(Math.max(1, sent >> 1));
  }

  #set(size: number): void {
    this.#now = size;
    this.#taken = 0;
  }
}
