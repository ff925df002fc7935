import type { Failure } from '../machines/failure.ts';
import { laneKey, type Parked } from './facts.ts';
import { getIn, valuesOf } from './pages.ts';
import type { Operation } from './rows/row.ts';
import { operationsOf } from './selectors/conflicts.ts';
import type { SyncState } from './slice.ts';

/** A request that the server refused for good: it waits for a person, and its record with it. */
export interface DeadLetter {
  /** What `outbox.retry`, `outbox.edit` and `outbox.discard` take: its first operation's id. */
  readonly operationId: string;
  readonly model: string;
  readonly recordId: string;
  /** Refused together, and decided together. */
  readonly operations: readonly Operation[];
  readonly failure: Failure;
  /** When it was refused (ms since 1970). */
  readonly at: number;
}

const letterOfParked = new WeakMap<Parked, DeadLetter>();

/** All dead letters, the longest refused first. Costs what waits for a person. */
export function selectDeadLetters(state: SyncState): readonly DeadLetter[] {
  const letters: DeadLetter[] = [];
  for (const { model, recordId } of valuesOf(state.shown.attention)) {
    const parked = getIn(state.shown.lanes, laneKey(model, recordId))?.parked;
    if (parked?.reason !== 'rejected') continue;
    let letter = letterOfParked.get(parked);
    if (!letter) {
      const { failure, at, operationIds } = parked;
      const operations = operationsOf(state, model, recordId).filter(({ id }) =>
        operationIds.includes(id),
      );
      const operationId = operations[0]?.id ?? '';
      letter = { operationId, model, recordId, operations, failure, at };
      letterOfParked.set(parked, letter);
    }
    letters.push(letter);
  }
  return letters.sort((a, b) => a.at - b.at);
}
