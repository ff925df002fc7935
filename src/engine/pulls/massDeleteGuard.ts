import type { MassDeleteLimit } from '../../pullOptions.ts';

/** Removals that wait for a person's word. */
export interface HeldRemovals {
  readonly count: number;
  /** Records here. */
  readonly total: number;
}

/**
 * Keeps one model's pulls from emptying it by mistake: what goes beyond the limit waits for a person.
 * Counted from one complete pull to the next, so that many small pages are no way around it. It lives
 * as long as the page: after a reload the removals are found, confirmed and held again.
 */
export class MassDeleteGuard {
  readonly #limit: MassDeleteLimit;
  readonly #onHeld: (held: HeldRemovals) => void;
  readonly #removed = new Set<string>();
  /** What a person was told of and has not decided. */
  readonly #held = new Set<string>();
  #approved: ReadonlySet<string> = new Set();
  #declined: ReadonlySet<string> = new Set();

  constructor(limit: MassDeleteLimit, onHeld: (held: HeldRemovals) => void) {
    this.#limit = limit;
    this.#onHeld = onHeld;
  }

  /** Removals that a person declined: the records stay. */
  get declined(): ReadonlySet<string> {
    return this.#declined;
  }

  /**
   * Whether these may go now; otherwise they are held.
   * @param total records that were here when the pull began, without those that another filter leaves out
   */
  allows(ids: readonly string[], total: number): boolean {
    const asked = ids.filter((id) => !this.#approved.has(id) && !this.#removed.has(id));
    const count = this.#removed.size + asked.length;
    const isMass = count > this.#limit.records && count > this.#limit.share * total;
    if (isMass) {
      for (const id of ids) this.#held.add(id);
      this.#onHeld({ count: ids.length, total });
    } else {
      for (const id of asked) this.#removed.add(id);
    }
    return !isMass;
  }

  /** What is held may go, and it is counted anew from there. */
  approve(): void {
    this.#approved = new Set([...this.#approved, ...this.#held]);
    this.#held.clear();
    this.#removed.clear();
  }

  decline(): void {
    this.#declined = new Set([...this.#declined, ...this.#held]);
    this.#held.clear();
  }

  /** A pull is complete: what a person said was about what it found. */
  completed(): void {
    this.#removed.clear();
    this.#held.clear();
    this.#approved = new Set();
    this.#declined = new Set();
  }
}
