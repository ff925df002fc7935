import type { Facts } from '../../../store/facts.ts';
import type { JournalEntry, UnreadableRow } from '../../../store/rows/row.ts';
import { lanesOfRow, type SyncState } from '../../../store/slice.ts';
import type { SyncEvents } from '../../events.ts';
import { sameMoment } from './opening.ts';

export interface FoldedFactsOptions {
  readonly state: () => SyncState;
  readonly sequenced: (entries: readonly JournalEntry[]) => void;
  readonly events: SyncEvents;
  /** Lanes that rows have touched; null: all of them. */
  readonly onTouched: (facts: Facts, lanes: ReadonlySet<string> | null) => void;
}

type Illegal = { readonly type: string; readonly sequence: number; readonly reason: string };

/** The facts that the engine decides on: what it read and folded, whatever the store shows. */
export class FoldedFacts {
  readonly #options: FoldedFactsOptions;
  #facts: Facts | null = null;

  constructor(options: FoldedFactsOptions) {
    this.#options = options;
  }

  get facts(): Facts {
    return this.#facts ?? this.#options.state().sequenced;
  }

  /** Whether facts were read from disk at all. */
  get isRead(): boolean {
    return this.#facts !== null;
  }

  /** Whether the store shows what was folded last (DevTools may show another moment). */
  get isShown(): boolean {
    return this.#facts === null || sameMoment(this.#options.state().sequenced, this.#facts);
  }

  /** They were read from disk. */
  replace(facts: Facts): void {
    this.#facts = facts;
    this.#options.onTouched(facts, null);
  }

  /** Entries are durable: they become facts, in order. */
  fold(entries: readonly JournalEntry[]): void {
    const { state, sequenced, onTouched } = this.#options;
    const before = state();
    sequenced(entries);
    const after = state();
    this.#facts = after.sequenced;
    const isCleared = entries.some(({ row }) => row?.type === 'purged');
    onTouched(after.sequenced, isCleared ? null : touchedBy(entries, after.sequenced));
    const known = before.ephemeral.illegal;
    this.tell(
      after.ephemeral.illegal.filter((move) => !known.includes(move)),
      entries.flatMap((entry) => (entry.row === null ? [entry] : [])),
    );
  }

  /** Tells of rows that changed nothing. */
  tell(illegal: readonly Illegal[], unreadable: readonly UnreadableRow[]): void {
    const { events } = this.#options;
    for (const { type: rowType, sequence, reason } of illegal) {
      events.emit({ type: 'illegalRow', rowType, sequence, reason });
    }
    for (const { sequence, reason } of unreadable) {
      events.emit({ type: 'quarantined', sequence, reason });
    }
  }
}

function touchedBy(entries: readonly JournalEntry[], facts: Facts): Set<string> {
  const lanes = new Set<string>();
  for (const { row } of entries) {
    // A pull touches many records and no lane but those there are.
    if (!row || (row.type === 'pulled' && facts.lanes.size === 0)) continue;
    for (const lane of lanesOfRow(row)) lanes.add(lane);
  }
  return lanes;
}
