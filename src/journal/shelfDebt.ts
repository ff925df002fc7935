import type { ShelfLine } from '../../store/shelf/line.ts';

/** What a shelf that does not work is to be told once it does. */
export type Owed = readonly ShelfLine[] | 'everything';

/** Lines that are kept for it; beyond, it is told everything anew. */
const linesLimit = 5_000;

/** What the second shelf could not be told while it did not work. */
export class ShelfDebt {
  #owed: Owed = [];

  get isOpen(): boolean {
    return this.#owed === 'everything' || this.#owed.length > 0;
  }

  add(lines: readonly ShelfLine[]): void {
    this.#owed = joined(this.#owed, lines);
  }

  addEverything(): void {
    this.#owed = 'everything';
  }

  /** All of it; what comes from now on is owed besides. */
  take(): Owed {
    const owed = this.#owed;
    this.#owed = [];
    return owed;
  }

  /** It could not be told after all; it stands before what has come since. */
  giveBack(owed: Owed): void {
    this.#owed = joined(owed, this.#owed);
  }
}

function joined(first: Owed, then: Owed): Owed {
  if (first === 'everything' || then === 'everything') return 'everything';
  return first.length + then.length > linesLimit ? 'everything' : [...first, ...then];
}
