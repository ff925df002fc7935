import { type Lane, laneKey, unsealed, withoutSalvage } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';
import { attempted, refresh } from './foldLanes.ts';
import type {
  CancelledRow,
  DiscardedRow,
  EditedRow,
  Operation,
  ResolvedRow,
  RetriedRow,
} from './rows/row.ts';

// What a person (in conflicts also a policy) decides over operations that stand in the outbox.

export function resolved(draft: FactsDraft, decision: ResolvedRow): string | undefined {
  const key = laneKey(decision.model, decision.recordId);
  const lane = draft.lane(key);
  if (!lane) return 'the lane is empty';
  const row = { ...decision, ...theirsNow(lane, decision) };
  const here = draft.operationsOf(key).map((item) => item.operation);
  if (!row.replaced.every((id) => here.some((operation) => operation.id === id))) {
    return 'an operation that was to be replaced is not here';
  }
  const remaining = lane.count - row.replaced.length + (row.operation ? 1 : 0);
  const found = foundBefore(lane, row);
  const moved = draft.moved(lane, ...found, { type: 'resolved', remaining });
  if (moved === undefined) return `a record that is ${lane.state} has nothing to resolve`;
  if (row.operation) {
    replace(draft, key, row.replaced, row.operation);
  } else {
    for (const id of row.replaced) {
      const operation = draft.dequeue(id);
      if (operation) draft.settle(operation, row.outcome ?? 'merged', row.at);
    }
  }
  const { model, recordId, at } = row;
  for (const item of row.overwritten) draft.log({ model, recordId, at, ...item });
  draft.putBase(model, recordId, row.base, row.version);
  if (row.base === null && row.operation?.kind === 'create') draft.model(model).unname(recordId);
  refresh(draft, key, moved && { ...unsealed(withoutSalvage(moved)), parked: null }, row);
  return undefined;
}

/** Who lets theirs stand means what it is by now: a pull may have come since they looked. */
function theirsNow(lane: Lane, row: ResolvedRow) {
  const conflict = row.by === 'person' && !row.operation ? lane.parked?.conflict : null;
  return conflict && { base: conflict.remote, version: conflict.remoteVersion };
}

/** A policy finds and decides at once: the answer to a request, or a pull over what waits. */
function foundBefore(lane: Lane, row: ResolvedRow) {
  const conflict = { type: 'conflictFound', failure: conflictOf(row) } as const;
  if (lane.state === 'conflicted') return [];
  if (lane.sealed) return [...attempted(lane), conflict];
  return row.by === 'policy' && lane.state === 'pending' ? [conflict] : [];
}

function conflictOf(row: ResolvedRow) {
  return { code: 'conflict', message: 'the record was changed by others', at: row.at } as const;
}

export function cancelled(draft: FactsDraft, row: CancelledRow): string | undefined {
  return leave(draft, row, 'cancelled', (lane, remaining) => {
    const bound = [...(lane.sealed?.operationIds ?? []), ...(lane.parked?.operationIds ?? [])];
    if (row.operationIds.some((id) => bound.includes(id))) return 'too late: it is sealed';
    const moved = draft.moved(lane, { type: 'cancelled', remaining });
    return moved === undefined ? `nothing can be cancelled while ${lane.state}` : moved;
  });
}

export function discarded(draft: FactsDraft, row: DiscardedRow): string | undefined {
  return leave(draft, row, 'discarded', (lane, remaining) => {
    const dead = lane.parked?.reason === 'rejected' ? lane.parked.operationIds : [];
    if (!dead.some((id) => row.operationIds.includes(id))) return 'it is no dead letter';
    const moved = draft.moved(lane, { type: 'discarded', remaining });
    if (moved === undefined) return `nothing can be discarded while ${lane.state}`;
    return moved && { ...moved, parked: null };
  });
}

/** Operations leave the outbox without having reached the server. */
function leave(
  draft: FactsDraft,
  row: CancelledRow | DiscardedRow,
  outcome: 'cancelled' | 'discarded',
  next: (lane: Lane, remaining: number) => Lane | null | string,
): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  if (!lane) return 'the lane is empty';
  const here = draft.operationsOf(key).filter((i) => row.operationIds.includes(i.operation.id));
  if (here.length !== row.operationIds.length) return 'an operation is not here any more';
  const after = next(lane, lane.count - here.length);
  if (typeof after === 'string') return after;
  for (const { operation } of here) {
    draft.dequeue(operation.id);
    draft.settle(operation, outcome, row.at);
  }
  if (outcome === 'discarded' && lane.parked?.conflict?.remote === null) {
    draft.putBase(row.model, row.recordId, null, null);
  }
  const isMade = draft.entry(row.model, row.recordId)?.confirmed === 0;
  refresh(draft, key, after, row);
  // A change from another tab may still stand behind it: that makes no record of it.
  const isGone = draft.entry(row.model, row.recordId)?.shown == null;
  if (isMade && isGone && here.some(({ operation }) => operation.kind === 'create')) {
    draft.model(row.model).takenBack(row.recordId);
  }
  return undefined;
}

export function replaced(draft: FactsDraft, row: RetriedRow | EditedRow): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  const dead = lane?.parked?.reason === 'rejected' ? lane.parked.operationIds : [];
  if (!lane || !row.operationIds.some((id) => dead.includes(id))) return 'it is no dead letter';
  const moved = draft.moved(lane, { type: row.type });
  if (!moved) return `nothing can be ${row.type} while ${lane.state}`;
  if (!replace(draft, key, dead, row.operation)) return 'the dead letter is not here any more';
  if (row.type === 'edited' && row.behind) draft.enqueue(row.behind);
  refresh(draft, key, { ...moved, parked: null }, row);
  return undefined;
}

/** Puts `operation` in the place of the first of `ids`; the others leave. */
function replace(
  draft: FactsDraft,
  key: string,
  ids: readonly string[],
  operation: Operation,
): boolean {
  const first = draft.operationsOf(key).find((item) => ids.includes(item.operation.id));
  if (!first) return false;
  for (const id of ids) draft.dequeue(id);
  draft.enqueue(operation, first.key);
  if (operation.kind === 'create') continueBehind(draft, key, first.key);
  return true;
}

/**
 * A record that was refused and rolled back may have been made anew since. Where the first create goes
 * again in front of the second, that one changes what the first has made: two would make two records.
 */
function continueBehind(draft: FactsDraft, lane: string, place: string): void {
  for (const { key, operation } of draft.operationsOf(lane)) {
    if (key <= place) continue;
    if (operation.kind === 'delete') return;
    if (operation.kind === 'create') draft.enqueue({ ...operation, kind: 'update' }, key);
  }
}
