import type { Row } from '../../../store/rows/row.ts';
import { lanesOfRow } from '../../../store/slice.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';

/** Rows that seal, from the moment they are asked for until they are folded. */
export interface SealUnderWay {
  /** The journal's head on which they were built; null: they are still to be built. */
  builtOn: number | null;
  lanes: ReadonlySet<string>;
}

/**
 * Seals on their way to the disk. The next may be asked for as soon as the last is built, so that it
 * goes with whatever is written after it: the line would stand idle for a transaction otherwise.
 */
export class SealsUnderWay {
  readonly #all = new Set<SealUnderWay>();

  begin(): SealUnderWay {
    const seal: SealUnderWay = { builtOn: null, lanes: new Set() };
    this.#all.add(seal);
    return seal;
  }

  end(seal: SealUnderWay): void {
    this.#all.delete(seal);
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Whether one is still to be built: it takes whatever there is by then. */
  get isWaiting(): boolean {
    return [...this.#all].some(({ builtOn }) => builtOn === null);
  }

  /** These rows were built on this head; none: nothing could be sealed. */
  built(seal: SealUnderWay, rows: readonly EngineDraft[], head: number): void {
    seal.lanes = new Set(rows.flatMap((row) => lanesOfRow(row as Row)));
    seal.builtOn = rows.length > 0 ? head : null;
  }

  /** Lanes that are sealed on this head and not folded yet: once they are, the head has moved on. */
  lanes(head: number): ReadonlySet<string> {
    const built = [...this.#all].filter(({ builtOn }) => builtOn === head);
    return built.length === 1 && built[0]
      ? built[0].lanes
      : new Set(built.flatMap(({ lanes }) => [...lanes]));
  }
}
