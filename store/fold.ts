import { type Facts, type Lane, type LaneRef, laneKey, newLane, withoutSalvage } from './facts.ts';
import { FactsDraft, type IllegalMove, type OnMove } from './factsDraft.ts';
import { pulled } from './foldPulled.ts';
import { recovered } from './foldRecovered.ts';
import { applyOperation } from './rebase.ts';
import { broughtBy } from './rows/broughtBy.ts';
import type {
  AnsweredRow,
  CancelledRow,
  DiscardedRow,
  EditedRow,
  JournalEntry,
  Operation,
  OriginPausedRow,
  ParkedRow,
  PurgedRow,
  RecordedRow,
  ResolvedRow,
  RetriedRow,
  RetryScheduledRow,
  Row,
  SealedRow,
} from './rows/row.ts';

export interface Folded {
  readonly facts: Facts;
  readonly illegal: readonly IllegalMove[];
}

/**
 * Folds journal entries into facts: the only way facts change. Total and pure: an illegal row
 * changes nothing and is named in `illegal`; no row makes it throw; no clock, no randomness, no
 * function of the user's is asked.
 *
 * @param onMove for whoever looks on; also told of moves of a row that turns out to be illegal
 */
export function foldEntries(
  before: Facts,
  entries: readonly JournalEntry[],
  onMove?: OnMove,
): Folded {
  const draft = new FactsDraft(before, onMove);
  for (const entry of entries) {
    if (entry.sequence <= draft.head) continue;
    draft.head = entry.sequence;
    if (entry.row === null) {
      draft.folded++;
      const { text, lane, reason } = entry;
      draft.quarantine(entry.sequence, { text, lane, reason });
    } else {
      foldRow(draft, entry.row, entry.sequence);
    }
  }
  return { facts: draft.finish(), illegal: draft.illegal };
}

/** Folds rows that have no sequence yet (the tail) over facts, for what is shown. */
export function foldTail(before: Facts, rows: readonly Row[]): Facts {
  const draft = new FactsDraft(before);
  for (const row of rows) foldRow(draft, row, draft.head);
  return draft.finish();
}

function foldRow(draft: FactsDraft, row: Row, sequence: number): void {
  // An append in doubt is written again: the second copy changes nothing.
  if (row.actionId.n <= draft.lastSeen(row.actionId.writer)) return;
  draft.folded++;
  draft.see(row.actionId.writer, row.actionId.n);
  const waiting = draft.pages('quarantine').size > 0 ? waitsBehindQuarantine(draft, row) : null;
  if (waiting) {
    const text = JSON.stringify(row);
    const reason = 'an earlier row of this record could not be read';
    draft.quarantine(sequence, { text, lane: waiting, reason });
    return;
  }
  const reason = foldLegal(draft, row);
  if (!reason) return;
  draft.illegal.push({ sequence, type: row.type, lane: laneOf(row), reason });
  // Another tab was first: what this act would have put in the place of others never goes.
  if (!isAct(row)) return;
  for (const { id } of broughtBy(row)) draft.settleId(id, 'cancelled', row.at);
}

function laneOf(row: Row): LaneRef | null {
  if (row.type === 'recorded') {
    return { model: row.operation.model, recordId: row.operation.recordId };
  }
  return 'recordId' in row ? { model: row.model, recordId: row.recordId } : null;
}

function isAct(row: Row): boolean {
  switch (row.type) {
    case 'recorded':
    case 'edited':
    case 'retried':
    case 'discarded':
      return true;
    case 'cancelled':
      return !row.actionId.writer.endsWith('/engine');
    case 'resolved':
      return row.by === 'person';
    default:
      return false;
  }
}

/** The lane that waits, if an unreadable row of the same record stands in front of this one. */
function waitsBehindQuarantine(draft: FactsDraft, row: Row): LaneRef | null {
  // Engine rows speak of what was folded: an answer that waited would have its request sent for ever.
  const person = isAct(row);
  const lane = laneOf(row);
  if (!lane || !person) return null;
  let found: LaneRef | null = null;
  draft.pages('quarantine').scan('', (item) => {
    if (item.lane?.model !== lane.model || item.lane.recordId !== lane.recordId) return true;
    found = lane;
    return false;
  });
  return found;
}

/** Undefined when folded; otherwise why the row is illegal here. */
function foldLegal(draft: FactsDraft, row: Row): string | undefined {
  switch (row.type) {
    case 'recorded':
      return recorded(draft, row);
    case 'sealed':
      return sealed(draft, row);
    case 'answered':
      return answered(draft, row);
    case 'retryScheduled':
      return retryScheduled(draft, row);
    case 'parked':
      return parked(draft, row);
    case 'resolved':
      return resolved(draft, row);
    case 'cancelled':
      return cancelled(draft, row);
    case 'retried':
    case 'edited':
      return replaced(draft, row);
    case 'discarded':
      return discarded(draft, row);
    case 'pulled':
      return pulled(draft, row);
    case 'originPaused':
      return originPaused(draft, row);
    case 'purged':
      return purged(draft, row);
    case 'recovered':
      return recovered(draft, row);
  }
}

function recorded(draft: FactsDraft, row: RecordedRow): undefined {
  const { model, recordId } = row.operation;
  if (row.generation < draft.generation) {
    draft.settle(row.operation, 'discarded', row.at);
    return;
  }
  const key = laneKey(model, recordId);
  const lane = draft.lane(key);
  const entry = draft.entry(model, recordId);
  const shown = entry?.shown ?? null;
  const operation = normalised(draft, key, row.operation, shown !== null, lane);
  draft.enqueue(operation);
  const hidden = (lane?.hidden ?? 0) + (operation.visible ? 0 : 1);
  draft.putLane(
    key,
    lane ? { ...lane, count: lane.count + 1, hidden } : newLane(model, recordId, hidden),
  );
  // Without anything hidden in front, the change goes on top of what is shown: no walk of the lane.
  draft.putEntry(model, recordId, {
    base: entry?.base ?? null,
    version: entry?.version ?? null,
    alias: entry?.alias ?? null,
    shown: hidden === 0 ? applyOperation(shown, operation) : shown,
    confirmed: entry?.confirmed ?? 0,
  });
  // What was rolled back hides nothing, though it is not visible: the walk tells.
  if (hidden > 0 && lane?.parked?.rollback) draft.rebaseRecord(model, recordId);
}

/** Whether the record exists is known only here: an upsert becomes a create or an update. */
function normalised(
  draft: FactsDraft,
  key: string,
  operation: Operation,
  shown: boolean,
  lane: Lane | undefined,
): Operation {
  if (operation.kind !== 'upsert' && operation.kind !== 'create') return operation;
  const coming =
    lane !== undefined &&
    lane.hidden > 0 &&
    draft.operationsOf(key).some((item) => item.operation.kind === 'create');
  return { ...operation, kind: shown || coming ? 'update' : 'create' };
}

function sealed(draft: FactsDraft, row: SealedRow): string | undefined {
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

/** An answer ends an attempt, also one that began (`attemptStarted` is not durable) in backoff. */
function attempted(lane: Lane) {
  return lane.state === 'backoff' ? [{ type: 'attemptStarted' } as const] : [];
}

/** Writes a lane after operations came or went, with its counts, and shows the record anew. */
function refresh(draft: FactsDraft, key: string, lane: Lane | null, from: LaneRef): void {
  if (lane) {
    const operations = draft.operationsOf(key);
    const hidden = operations.filter((item) => !item.operation.visible).length;
    draft.putLane(key, { ...lane, count: operations.length, hidden });
  } else {
    draft.putLane(key, null);
  }
  draft.rebaseRecord(from.model, from.recordId);
}

function answered(draft: FactsDraft, row: AnsweredRow): string | undefined {
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
  draft.putBase(row.model, row.recordId, row.base, row.version, row.alias);
  refresh(draft, key, moved && { ...withoutSalvage(moved), sealed: null }, row);
  return undefined;
}

function retryScheduled(draft: FactsDraft, row: RetryScheduledRow): string | undefined {
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

function parked(draft: FactsDraft, row: ParkedRow): string | undefined {
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
  draft.putLane(key, { ...moved, sealed: null, parked: parking });
  draft.rebaseRecord(row.model, row.recordId);
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

function resolved(draft: FactsDraft, row: ResolvedRow): string | undefined {
  const key = laneKey(row.model, row.recordId);
  const lane = draft.lane(key);
  if (!lane) return 'the lane is empty';
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
  refresh(draft, key, moved && { ...withoutSalvage(moved), sealed: null, parked: null }, row);
  return undefined;
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

function cancelled(draft: FactsDraft, row: CancelledRow): string | undefined {
  return leave(draft, row, 'cancelled', (lane, remaining) => {
    const bound = [...(lane.sealed?.operationIds ?? []), ...(lane.parked?.operationIds ?? [])];
    if (row.operationIds.some((id) => bound.includes(id))) return 'too late: it is sealed';
    const moved = draft.moved(lane, { type: 'cancelled', remaining });
    return moved === undefined ? `nothing can be cancelled while ${lane.state}` : moved;
  });
}

function discarded(draft: FactsDraft, row: DiscardedRow): string | undefined {
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
  refresh(draft, key, after, row);
  return undefined;
}

function replaced(draft: FactsDraft, row: RetriedRow | EditedRow): string | undefined {
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

/** Pauses that are over by then go. */
function originPaused(
  draft: FactsDraft,
  { origin, until, failure, at }: OriginPausedRow,
): undefined {
  const kept = Object.entries(draft.origins).filter(([, pause]) => pause.until > at);
  draft.origins = { ...Object.fromEntries(kept), [origin]: { until, failure } };
  draft.lastFailure = failure;
}

function purged(draft: FactsDraft, row: PurgedRow): undefined {
  if (row.generation > draft.generation) draft.purge(row.generation, row.at);
}
