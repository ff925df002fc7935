import type { Failure } from '../../machines/failure.ts';
import { laneKey } from '../facts.ts';
import type { JsonObject } from '../json.ts';
import { operationsIn } from '../operationsIn.ts';
import { getIn, valuesOf } from '../pages.ts';
import type { ConflictFacts, Operation } from '../rows/row.ts';
import type { SyncState } from '../slice.ts';
import { selectEntry } from './records.ts';

/** A conflict that waits for a person. */
export interface ParkedConflict extends ConflictFacts {
  readonly model: string;
  readonly recordId: string;
  readonly base: JsonObject | null;
  readonly local: JsonObject | null;
  readonly operations: readonly Operation[];
  readonly failure: Failure;
}

export function operationsOf(state: SyncState, model: string, recordId: string): Operation[] {
  return operationsIn(state.shown, laneKey(model, recordId));
}

export function selectConflicts(state: SyncState): readonly ParkedConflict[] {
  const conflicts: ParkedConflict[] = [];
  for (const { model, recordId } of valuesOf(state.shown.attention)) {
    const parked = getIn(state.shown.lanes, laneKey(model, recordId))?.parked;
    if (parked?.reason !== 'conflict' || !parked.conflict) continue;
    const entry = selectEntry(state, model, recordId);
    conflicts.push({
      ...{ model, recordId, ...parked.conflict, failure: parked.failure },
      base: entry?.base ?? null,
      local: entry?.shown ?? null,
      operations: operationsOf(state, model, recordId),
    });
  }
  return conflicts;
}
