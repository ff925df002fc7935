import { type Facts, type Lane, type LaneRef, laneKey, newLane } from './facts.ts';
import { FactsDraft, type IllegalMove, type OnMove } from './factsDraft.ts';
import { cancelled, discarded, replaced, resolved } from './foldChoices.ts';
import { pulled } from './foldPulled.ts';
import { recovered } from './foldRecovered.ts';
import { answered, parked, retryScheduled, sealed } from './foldSending.ts';
import { applyOperation } from './rebase.ts';
import { broughtBy } from './rows/broughtBy.ts';
import type {
  JournalEntry,
  Operation,
  OriginPausedRow,
  PurgedRow,
  RecordedRow,
  Row,
} from './rows/row.ts';

export interface Folded {
  readonly facts: Facts;
  readonly illegal: readonly IllegalMove[];
}

/**
 * What entries came to that were folded ahead, by the array that holds them: it is the reducer that
 * folds them next, over the same facts.
 */
const ahead = new WeakMap<readonly JournalEntry[], { readonly before: Facts; folded: Folded }>();

/**
 * The same as `foldEntries`, for who must know it before the reducer does: the reducer is spared the
 * second fold of the very same array over the very same facts.
 */
export function foldAhead(before: Facts, entries: readonly JournalEntry[]): Folded {
  const folded = foldEntries(before, entries);
  ahead.set(entries, { before, folded });
  return folded;
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
  const known = onMove ? undefined : ahead.get(entries);
  if (known?.before === before) {
    // Asked for once: who keeps the entries must not keep the facts for it.
    ahead.delete(entries);
    return known.folded;
  }
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
    // Made anew it is another record there; changed, it is the one that was here before.
    alias: entry?.alias ?? (operation.kind === 'create' ? null : formerAlias(draft, operation)),
    shown: hidden === 0 ? applyOperation(shown, operation) : shown,
    confirmed: entry?.confirmed ?? 0,
  });
  // What was rolled back hides nothing, though it is not visible: the walk tells.
  if (hidden > 0 && lane?.parked?.rollback) draft.rebaseRecord(model, recordId);
}

function formerAlias(draft: FactsDraft, { model, recordId }: Operation): string | null {
  return draft.model(model).formerAlias(recordId);
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
