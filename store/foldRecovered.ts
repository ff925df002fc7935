import { type Lane, laneKey, newLane } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';
import type { RecoveredRow } from './rows/row.ts';

/**
 * A lane comes back from the second shelf. What this database knows already (a recovery that was
 * begun twice) is not taken again. Where the record has a lane here, what comes back is older, and goes
 * in front of it; but for one of which something is on its way, or waits for a person: there it goes
 * behind.
 */
export function recovered(draft: FactsDraft, row: RecoveredRow): string | undefined {
  const { model, recordId, salvage, alias } = row;
  const key = laneKey(model, recordId);
  const before = draft.lane(key);
  const fresh = row.operations.filter(
    ({ id }) => draft.pages('places').get(id) === undefined && !draft.pages('settlements').get(id),
  );
  if (fresh.length === 0) return 'its operations are known already';
  const entry = draft.entry(model, recordId);
  for (const [id, outcome] of Object.entries(row.ended ?? {})) draft.settleId(id, outcome, row.at);
  const isFront = before !== undefined && isUntouched(before);
  const newer = isFront ? draft.operationsOf(key).map((item) => item.operation) : [];
  for (const { id } of newer) draft.dequeue(id);
  for (const operation of [...fresh, ...newer]) draft.enqueue(operation);
  const operations = draft.operationsOf(key).map((item) => item.operation);
  const hidden = operations.filter(({ visible }) => !visible).length;
  const lane = before && !isFront ? before : restored(draft, row, hidden);
  if (!lane) return 'the shelf kept a state that the record can not have';
  const base = entry?.base ?? null;
  draft.putLane(key, {
    ...{ ...lane, count: operations.length, hidden },
    ...(base === null && { salvage }),
  });
  draft.putBase(model, recordId, base, entry?.version ?? null, alias);
  draft.rebaseRecord(model, recordId);
  return undefined;
}

/** Whether nothing of a lane was sealed, or waits for a person. */
function isUntouched({ state, sealed, parked }: Lane): boolean {
  return state === 'pending' && sealed === null && parked === null;
}

/** The lane as it stood, by the law's own moves. */
function restored(draft: FactsDraft, row: RecoveredRow, hidden: number): Lane | null | undefined {
  const { model, recordId, sealed, parked, operations, at } = row;
  const lane = newLane(model, recordId, hidden);
  if (parked) {
    const { reason, failure } = parked;
    const event = { type: reason === 'rejected' ? 'rejected' : 'conflictFound', failure } as const;
    const moved = draft.moved(lane, { type: 'sealed' }, event);
    if (reason === 'rejected') {
      for (const operation of operations) {
        if (parked.operationIds.includes(operation.id)) draft.settle(operation, 'rejected', at);
      }
    }
    return moved && { ...moved, parked: { ...parked, at } };
  }
  if (!sealed) return lane;
  const moved = draft.moved(lane, { type: 'sealed' });
  return moved && { ...moved, sealed, sealedAt: draft.head };
}
