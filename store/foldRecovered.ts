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
  if (row.instead) return restated(draft, row, key);
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

/**
 * The database has lost rows that had moved this lane. What it does not hold any more has ended, and with
 * its answer the base is lost. No list tells of it again: a pull may have come by while the lane was
 * there. So the next one begins at the start.
 */
function restated(draft: FactsDraft, row: RecoveredRow, key: string): string | undefined {
  const { model, recordId, operations, salvage, alias } = row;
  const hidden = operations.filter(({ visible }) => !visible).length;
  const ids = operations.map(({ id }) => id);
  const isOver = operations.length === 0;
  const lane = isOver ? null : restored(draft, withFront(row, ids), hidden);
  if (lane === undefined) return 'the shelf kept a state that the record can not have';
  const here = draft.operationsOf(key).map(({ operation }) => operation.id);
  for (const [id, outcome] of Object.entries(row.ended ?? {})) draft.settleId(id, outcome, row.at);
  for (const id of here) draft.dequeue(id);
  for (const operation of operations) draft.enqueue(operation);
  const entry = draft.entry(model, recordId);
  const isMoved = entry?.base != null && salvage.version !== entry.version;
  const isOld = isMoved || here.some((id) => !ids.includes(id));
  const base = isOld ? null : (entry?.base ?? null);
  const own = base === null ? { salvage } : {};
  draft.putLane(key, lane && { ...lane, count: operations.length, hidden, ...own });
  if (isOld) rewind(draft, model);
  if (entry && lane && isOld) {
    draft.putEntry(model, recordId, { ...entry, base: null, version: null, confirmed: 0 });
  }
  if (alias !== undefined) draft.putAlias(model, recordId, alias);
  draft.rebaseRecord(model, recordId);
  return undefined;
}

function rewind(draft: FactsDraft, name: string): void {
  const model = draft.model(name);
  model.progress = { ...model.progress, cursor: null };
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
