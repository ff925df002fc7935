import type { Outcome, Settlement } from '../facts.ts';
import { getIn } from '../pages.ts';
import type { SyncState } from '../slice.ts';

/** How an operation ended, if it is known. */
function selectSettlement(state: SyncState, operationId: string): Settlement | undefined {
  return getIn(state.sequenced.settlements, operationId);
}

/** `undefined`: not ended yet. `unknown`: neither waiting nor remembered. */
export function selectOutcome(state: SyncState, operationId: string): Outcome | undefined {
  const settlement = selectSettlement(state, operationId);
  if (settlement) return settlement.outcome;
  return getIn(state.shown.places, operationId) === undefined ? 'unknown' : undefined;
}
