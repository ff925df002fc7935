import {
  aliasOf,
  type Entry,
  type Facts,
  type Lane,
  laneKey,
  type Outcome,
  orderKey,
  type Settlement,
} from '../facts.ts';
import { foldAhead } from '../fold.ts';
import type { Json, JsonObject } from '../json.ts';
import { operationsIn } from '../operationsIn.ts';
import { getIn, valuesOf } from '../pages.ts';
import { broughtBy } from '../rows/broughtBy.ts';
import type {
  JournalEntry,
  Operation,
  RecordedRow,
  RecoveredEnding,
  Row,
  Salvage,
  SealedRow,
} from '../rows/row.ts';
import { lanesOfRow } from '../slice.ts';
import type { LaneLine, ShelfLine } from './line.ts';

/** Endings after which what depends on an operation does not go. */
const failures: ReadonlySet<Outcome> = new Set(['rejected', 'discarded', 'cancelled']);

/**
 * What the second shelf must know of entries that were just written, before they are folded.
 * Writes of people are told one by one; of every other row the lanes that it moved, as they are then.
 *
 * @param isOwn entries of other tabs among them are folded, and told by those tabs
 * @param isTold operations that stand in the very file that these lines go to
 */
export function linesOf(
  before: Facts,
  entries: readonly JournalEntry[],
  isOwn: (row: Row) => boolean = () => true,
  isTold: (operationId: string) => boolean = () => false,
): ShelfLine[] {
  const added = addedLines(before, entries, isOwn);
  if (added) return added;
  const isRead = before.quarantine.size === 0;
  const { facts: after } = foldAhead(before, entries);
  const lines: ShelfLine[] = [];
  const head = entries[entries.length - 1]?.sequence ?? before.head;
  const touched = new Map<string, Operation[]>();
  for (const { row, sequence } of entries) {
    if (!row || !isOwn(row)) continue;
    const unread = isRead ? undefined : getIn(after.quarantine, orderKey(sequence));
    if (unread) lines.push({ v: 1, kind: 'row', s: head, text: unread.text });
    if (unread || !movesLanes(row)) continue;
    if (row.type === 'purged') {
      lines.push({ v: 1, kind: 'through', s: head, generation: row.generation });
      touched.clear();
      continue;
    }
    for (const lane of lanesOfRow(row)) {
      const made = touched.get(lane) ?? [];
      made.push(...broughtBy(row));
      touched.set(lane, made);
    }
    if (row.type !== 'sealed') continue;
    for (const request of row.requests) {
      const made = sealedBy(request, after).filter(({ id }) => !isTold(id));
      touched.get(laneKey(request.model, request.recordId))?.push(...made);
    }
  }
  for (const [lane, made] of touched) {
    const left = operationsIn(before, lane)
      .concat(made)
      .filter(({ id }) => !isWaiting(after, id));
    lines.push(...aliasLines(after, head, made), ...newAlias(before, after, lane, head));
    lines.push(...endedLines(after, head, dependedOn(made)), ...newEndings(after, left, head));
    lines.push(laneLine(after, lane, head, made));
  }
  return lines;
}

/**
 * The same where these entries are nothing but changes that stand at the end of their lanes: such lines
 * take nothing away from what others say. Null where they are more.
 */
export function addedLines(
  before: Facts,
  entries: readonly JournalEntry[],
  isOwn: (row: Row) => boolean,
): ShelfLine[] | null {
  if (before.quarantine.size > 0) return null;
  if (!entries.every(({ row }) => isPlainWrite(before, row))) return null;
  return entries.flatMap(({ sequence, row }) =>
    row?.type === 'recorded' && isOwn(row)
      ? [
          ...aliasLines(before, sequence, [row.operation]),
          ...endedLines(before, sequence, dependedOn([row.operation])),
          operationLine(before, sequence, row),
        ]
      : [],
  );
}

/**
 * What a request is of goes with its seal: the tab that wrote one of them may have hung or died between
 * the two shelves, and without it the request could not be sent again as it is.
 */
function sealedBy(request: SealedRow['requests'][number], after: Facts): Operation[] {
  const { model, recordId, operationIds } = request;
  const ids = new Set(operationIds);
  return operationsIn(after, laneKey(model, recordId)).filter(({ id }) => ids.has(id));
}

/** How a lane stands as a whole, though nobody was told of it before; one without operations is over. */
export function* laneLinesOf(facts: Facts, key: string): Generator<ShelfLine> {
  const operations = operationsIn(facts, key);
  yield* aliasLines(facts, facts.head, operations);
  yield* endedLines(facts, facts.head, dependedOn(operations));
  yield laneLine(facts, key, facts.head, operations);
}

/** The whole outbox as it stands, for a file that begins anew. */
export function* outboxLines(facts: Facts): Generator<ShelfLine> {
  for (const { model, recordId } of valuesOf(facts.lanes)) {
    yield* laneLinesOf(facts, laneKey(model, recordId));
  }
  for (const { text } of valuesOf(facts.quarantine)) {
    yield { v: 1, kind: 'row', s: facts.head, text };
  }
  // Last: until it stands there, what other files say is needed.
  yield { v: 1, kind: 'through', s: facts.head, generation: facts.generation };
}

/**
 * The server's ids of records that operations name: with the database everything is gone that tells
 * which record a key of this device stands for. Which field names what is the app's to know; here each
 * text that is the key of a record with another id counts.
 */
function aliasLines(facts: Facts, s: number, operations: readonly Operation[]): ShelfLine[] {
  if (operations.length === 0) return [];
  const models = Object.entries(facts.models).filter(([, { aliases }]) => aliases.size > 0);
  if (models.length === 0) return [];
  const lines: ShelfLine[] = [];
  for (const name of operations.flatMap(({ changes }) => textsIn(changes))) {
    for (const [model, known] of models) {
      const alias = aliasOf(known, name);
      if (alias !== null) lines.push({ v: 1, kind: 'alias', s, model, recordId: name, alias });
    }
  }
  return lines;
}

/** Names stand in a field alone or in a list. */
export function textsIn(changes: JsonObject): string[] {
  return Object.values(changes).flatMap((value) =>
    (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string'),
  );
}

/** The server has said its id of a record, while others wait that may name it. */
function newAlias(before: Facts, after: Facts, lane: string, s: number): ShelfLine[] {
  const [model = '', recordId = ''] = lane.split('\u0000');
  if (after.outbox.size === 0 || after.models[model]?.aliases.size === 0) return [];
  const alias = entryOf(after, model, recordId)?.alias ?? null;
  if (alias === null) return [];
  if (alias === entryOf(before, model, recordId)?.alias) return [];
  return [{ v: 1, kind: 'alias', s, model, recordId, alias }];
}

/** Which of these have failed: what depends on them does not go, until one that stands for them has. */
function endedLines(facts: Facts, s: number, operationIds: readonly string[]): ShelfLine[] {
  return operationIds.flatMap((operationId): ShelfLine | [] => {
    // A dead letter has ended and waits all the same.
    if (isWaiting(facts, operationId)) return [];
    const settlement = getIn(facts.settlements, operationId);
    const outcome = settlement?.succeeded ? 'committed' : settlement && toldEnding(settlement);
    if (!outcome || (outcome === settlement?.outcome && !failures.has(outcome))) return [];
    return { v: 1, kind: 'ended', s, operationId, outcome };
  });
}

/** The same of operations that have just left their lane, where others wait that may depend on them. */
function newEndings(after: Facts, left: readonly Operation[], s: number): ShelfLine[] {
  if (after.outbox.size === 0) return [];
  return endedLines(
    after,
    s,
    left.flatMap(({ id, supersedes = [] }) => [id, ...supersedes]),
  );
}

function dependedOn(operations: readonly Operation[]): string[] {
  return operations.flatMap(({ dependsOn = [] }) => dependsOn);
}

function isWaiting(facts: Facts, operationId: string): boolean {
  return getIn(facts.places, operationId) !== undefined;
}

/** An upsert or a second create is made what it is by what stands before it: the fold knows. */
function isPlainWrite(before: Facts, row: Row | null): boolean {
  if (row?.type !== 'recorded' || row.generation < before.generation) return false;
  const { kind, model, recordId } = row.operation;
  if (kind === 'update' || kind === 'delete') return true;
  return kind === 'create' && entryOf(before, model, recordId) === undefined;
}

function movesLanes(row: Row): boolean {
  // A pull changes the base below what waits; attempts are counted anew after a loss.
  return row.type !== 'pulled' && row.type !== 'retryScheduled' && row.type !== 'originPaused';
}

function operationLine(before: Facts, s: number, row: RecordedRow): ShelfLine {
  const { actionId, generation, operation } = row;
  const entry = entryOf(before, operation.model, operation.recordId);
  const lane = getIn(before.lanes, laneKey(operation.model, operation.recordId));
  const salvage = salvageOf(entry, lane, [operation]);
  const { alias = null } = entry ?? {};
  return { v: 1, kind: 'operation', s, actionId, generation, operation, salvage, alias };
}

function laneLine(facts: Facts, key: string, s: number, made: readonly Operation[]): LaneLine {
  const [model = '', recordId = ''] = key.split('\u0000');
  const lane = getIn(facts.lanes, key);
  const operations = lane ? operationsIn(facts, key) : [];
  const ids = new Set(made.map(({ id }) => id));
  const entry = entryOf(facts, model, recordId);
  const parked = lane?.parked ?? null;
  return {
    ...{ v: 1, kind: 'lane', s, model, recordId },
    operationIds: operations.map(({ id }) => id),
    operations: operations.filter(({ id }) => ids.has(id)),
    salvage: salvageOf(entry, lane, operations),
    alias: entry?.alias ?? null,
    sealed: lane?.sealed ?? null,
    parked: parked && parkingOf(parked),
    ...endedOf(facts, operations),
  };
}

/** How operations ended that these stand for: it is told once. */
function endedOf(facts: Facts, operations: readonly Operation[]): Pick<LaneLine, 'ended'> {
  const ended: Record<string, RecoveredEnding> = {};
  for (const id of operations.flatMap(({ supersedes = [] }) => supersedes)) {
    const settlement = getIn(facts.settlements, id);
    const outcome = settlement && toldEnding(settlement);
    if (outcome) ended[id] = outcome;
  }
  return Object.keys(ended).length > 0 ? { ended } : {};
}

function toldEnding({ outcome }: Settlement): RecoveredEnding | undefined {
  return outcome === 'lost' || outcome === 'unknown' ? undefined : outcome;
}

function parkingOf({
  reason,
  operationIds,
  failure,
  rollback,
  conflict,
}: NonNullable<Lane['parked']>) {
  return { reason, operationIds, failure, rollback, conflict };
}

/** The base of the fields that the operations change: what a merge needs. */
function salvageOf(
  entry: Entry | undefined,
  lane: Lane | undefined,
  operations: readonly Operation[],
): Salvage {
  if (!entry?.base) return lane?.salvage ?? { base: null, version: null };
  const base: Record<string, Json> = {};
  for (const { changes } of operations) {
    for (const field of Object.keys(changes)) {
      if (Object.hasOwn(entry.base, field)) base[field] = entry.base[field] as Json;
    }
  }
  return { base: base as JsonObject, version: entry.version };
}

function entryOf(facts: Facts, model: string, recordId: string): Entry | undefined {
  const records = facts.models[model]?.records;
  return records && getIn(records, recordId);
}
