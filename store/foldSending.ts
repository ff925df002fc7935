import { type Lane, laneKey, unsealed, withoutSalvage } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';
import { attempted, refresh } from './foldLanes.ts';
import { confirmed } from './foldPulled.ts';
import type { AnsweredRow, ParkedRow, RetryScheduledRow, SealedRow } from './rows/row.ts';

// What the leader writes of a request: sealed, answered, to be tried again, parked for a person.

export function sealed(draft: FactsDraft, row: SealedRow): string | undefined {
  // All or none: the requests of one row may travel together.
  const moves: { key: string; lane: Lane }[] = [];
  for (const { model, recordId, ...request } of row.requests) {
    const key = laneKey(model, recordId);
    const lane = draft.lane(key);
    if (!lane) return `the lane of ${model} ${recordId} is empty`;
    const [first] = draft.operationsOf(key, 1);
    if (first?.operation.id !== request.key) return 'the sealed operation is not the first';
    const moved = draft.moved(lane, { type: 'sealed' });
    if (!moved) return `a record that is ${lane.state} can't be sealed`;
    moves.push({ key, lane: { ...moved, sealed: request, sealedAt: draft.head } });
  }
  for (const { key, lane } of moves) draft.putLane(key, lane);
  return undefined;
}

/** Whether `ids` are exactly the operations of the lane's sealed request. */
function isSealed(lane: Lane, ids: readonly string[]): boolean {
  const operationIds = lane.sealed?.operationIds ?? [];
  return (
    lane.sealed !== null &&
    operationIds.length === ids.length &&
    // In order, as a rule: a run of a thousand is not looked through a thousand times.
    ids.every((id, i) => operationIds[i] === id || operationIds.includes(id))
  );
}

export function answered(draft: FactsDraft, row: AnsweredRow): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  if (!lane || !isSealed(lane, row.operationIds)) return 'no such request is sealed';
  const remaining = lane.count - row.operationIds.length;
  const moved = draft.moved(lane, ...attempted(lane), { type: 'committed', remaining });
  if (moved === undefined) return `an answer can't move a record that is ${lane.state}`;
  for (const id of row.operationIds) {
    const operation = draft.dequeue(id);
    if (operation) draft.settle(operation, 'committed', row.at);
  }
  draft.confirm(row.at);
  draft.learnNumericIds(row.numericIds);
  if (moved === null && row.base !== null) {
    // Nothing waits any more: what the server has is what is shown, put at once.
    draft.putLane(key, null);
    const owner = draft.ownerOf(row.model, row.recordId);
    if (owner === undefined) {
      draft.putClean(row.model, row.recordId, row.base, row.version, row.alias);
    } else {
      // The server has one record where two stood here: what it said is of the one that stays.
      draft.putClean(row.model, row.recordId, null, null);
      confirmed(draft, row.model, owner, { ...row.base, id: owner }, row.version);
    }
    return undefined;
  }
  draft.putBase(row.model, row.recordId, row.base, row.version, row.alias);
  // Deleted; one that was made, and is gone since, keeps its name: others may wait to name it.
  if (row.base === null && row.alias === undefined) draft.model(row.model).unname(row.recordId);
  refresh(draft, key, moved && unsealed(withoutSalvage(moved)), row);
  return undefined;
}

export function retryScheduled(draft: FactsDraft, row: RetryScheduledRow): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  if (!lane) return 'the lane is empty';
  const { attempts, retryAt, failure } = row;
  const event = { type: 'retryScheduled', attempts, retryAt, failure } as const;
  const moved = draft.moved(lane, ...attempted(lane), event);
  if (!moved) return `a record that is ${lane.state} can't wait for a retry`;
  draft.lastFailure = failure;
  draft.putLane(key, moved);
  return undefined;
}

export function parked(draft: FactsDraft, row: ParkedRow): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  if (!lane) return 'the lane is empty';
  const { failure, reason, operationIds, rollback } = row;
  const event = { type: reason === 'rejected' ? 'rejected' : 'conflictFound', failure } as const;
  const moved = draft.moved(lane, ...attempted(lane), event);
  if (!moved) return `a record that is ${lane.state} can't be parked`;
  draft.lastFailure = failure;
  const conflict = row.conflict ?? null;
  const parking = { reason, operationIds, failure, rollback, at: row.at, conflict };
  if (reason === 'rejected') {
    for (const { operation } of draft.operationsOf(key)) {
      if (operationIds.includes(operation.id)) draft.settle(operation, 'rejected', row.at);
    }
  }
  draft.putLane(key, { ...unsealed(moved), parked: parking });
  draft.rebaseRecord(row.model, row.recordId);
  return undefined;
}
