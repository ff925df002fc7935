import { type Lane, laneKey, newLane } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';
import type { Operation, RecoveredRow } from './rows/row.ts';

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
  const here = isFront ? draft.operationsOf(key).map((item) => item.operation) : [];
  for (const { id } of here) draft.dequeue(id);
  for (const operation of isFront ? inOrder(row, fresh, here) : fresh) draft.enqueue(operation);
  const operations = draft.operationsOf(key).map((item) => item.operation);
  const hidden = operations.filter(({ visible }) => !visible).length;
  const leading = operations.slice(0, row.operations.length).map(({ id }) => id);
  const lane = before && !isFront ? before : restored(draft, withFront(row, leading), hidden);
  if (!lane) return 'the shelf kept a state that the record can not have';
  const base = entry?.base ?? null;
  draft.putLane(key, {
    ...{ ...lane, count: operations.length, hidden },
    ...(base === null && { salvage }),
  });
  if (alias !== undefined) draft.putAlias(model, recordId, alias);
  draft.rebaseRecord(model, recordId);
  return undefined;
}

/** What comes back, with what of it waits here already, in its order; behind it what is newer. */
function inOrder(row: RecoveredRow, fresh: readonly Operation[], here: readonly Operation[]) {
  const waiting = new Map([...fresh, ...here].map((operation) => [operation.id, operation]));
  const back = row.operations.flatMap(({ id }) => waiting.get(id) ?? []);
  const named = new Set(back.map(({ id }) => id));
  return [...back, ...here.filter(({ id }) => !named.has(id))];
}

/** A request, or what waits for a person, is of the operations that lead the lane; else it is over. */
function withFront(row: RecoveredRow, leading: readonly string[]): RecoveredRow {
  const leads = (part: { readonly operationIds: readonly string[] } | null) =>
    part?.operationIds.every((id, i) => leading[i] === id);
  return {
    ...row,
    sealed: leads(row.sealed) ? row.sealed : null,
    parked: leads(row.parked) ? row.parked : null,
  };
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
