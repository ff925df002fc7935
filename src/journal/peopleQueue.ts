import type { Facts } from '../../store/facts.ts';
import { encodeRow } from '../../store/rows/codec.ts';
import type { PersonRow } from '../../store/rows/row.ts';
import { lanesOfRow } from '../../store/slice.ts';
import type { Codec } from '../ports/codec.ts';
import { dependentRows } from './dependentRows.ts';

/** Rows and characters of one transaction of people's rows. */
const groupLimits = { rows: 1_000, characters: 4_000_000 } as const;

/** Rows of people that are not durable yet, in the order of dispatch. */
export class PeopleQueue {
  readonly #codec: Codec;
  #rows: PersonRow[] = [];

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  add(row: PersonRow): void {
    this.#rows.push(row);
  }

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  get first(): PersonRow | undefined {
    return this.#rows[0];
  }

  /** The next rows that go in one transaction, with their text; they stay until they are dropped. */
  async group(): Promise<{ readonly rows: PersonRow[]; readonly texts: string[] }> {
    const rows: PersonRow[] = [];
    const texts: string[] = [];
    let characters = 0;
    for (const row of this.#rows) {
      if (rows.length >= groupLimits.rows || characters > groupLimits.characters) break;
      const encoded = this.#codec.encode(encodeRow(row));
      const text = typeof encoded === 'string' ? encoded : await encoded;
      rows.push(row);
      texts.push(text);
      characters += text.length;
    }
    return { rows, texts };
  }

  /** So many from the front are durable. */
  drop(count: number): void {
    this.#rows.splice(0, count);
  }

  /** All up to the n-th of this tab were durable after all. */
  dropThrough(n: number): void {
    this.#rows = this.#rows.filter((row) => row.actionId.n > n);
  }

  /** The first can't be stored: it goes, and with it what was made on it. Returns them. */
  refuseFirst(facts: Facts, namedBy: (row: PersonRow) => readonly string[]): PersonRow[] {
    const [first, ...rest] = this.#rows;
    if (!first) return [];
    const dependent = dependentRows(facts, first, rest, namedBy);
    this.#rows = rest.filter((row) => !dependent.includes(row));
    return [first, ...dependent];
  }

  /**
   * Lanes of which a person has taken back or changed something that is still to be written: what
   * was cancelled before it was sealed must not be sealed just because its row came first.
   */
  takenBack(): Set<string> {
    const lanes = new Set<string>();
    for (const row of this.#rows) {
      if (row.type === 'recorded') continue;
      for (const lane of lanesOfRow(row)) lanes.add(lane);
    }
    return lanes;
  }
}
