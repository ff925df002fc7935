import { aliasOf, type Facts, laneKey } from '../facts.ts';
import { getIn, valuesOf } from '../pages.ts';
import type { Operation, RecordedRow, RecoveredEnding, Row } from '../rows/row.ts';
import { type Gathered, gatherStepwise, linesByDatabase } from './gather.ts';
import type { ShelfLine } from './line.ts';
import { type RecoveredLane, recoveredLane, recoverStepwise } from './recover.ts';

/** What the second shelf says of rows that its own database does not have. */
export interface Ahead {
  /** Whether the database has lost rows that it had called durable. */
  readonly isShort: boolean;
  /**
   * Changes at the end of their lanes. Their page may have died before they were durable in the
   * database; or it has lost them.
   */
  readonly changes: readonly Pick<RecordedRow, 'actionId' | 'generation' | 'operation'>[];
  /** Lanes of files that say nothing of the order of things here: what of them is not known waits. */
  readonly older: readonly Omit<RecoveredLane, 'names'>[];
  /** Lanes that rows had moved which the database has lost: as they stood then. */
  readonly lanes: readonly Omit<RecoveredLane, 'names'>[];
  /** Rows that waited unread and that it has lost, as texts. */
  readonly rows: readonly string[];
  /** How often all had been cleared, where that was once more than it knows; else null. */
  readonly generation: number | null;
}

/**
 * Compares what the files of a database say, and of those that have taken it in since, with the facts
 * that were read from it. What moves or ends something is told to the shelf once it is durable, so such a
 * line of a sequence behind the head is of a row that the database has lost. Gives null where nothing is
 * ahead. Pure; with a `yield` after each small step.
 *
 * A start that could not read the shelf went on behind rows that may have been lost: of files from before
 * it nothing is taken but what is not known.
 *
 * @param isWhole whether every line could be read: what is left out may stand in one that could not
 */
export function* aheadStepwise(
  files: readonly (readonly ShelfLine[])[],
  own: OwnDatabase,
  facts: Facts,
  isWhole = true,
): Generator<undefined, Ahead | null> {
  const isOf = ([head]: readonly ShelfLine[]) => {
    if (head?.kind !== 'file') return false;
    return head.database !== own.id || (head.unread ?? 0) === own.unread;
  };
  const older = yield* unknownLanes(
    files.filter((file) => !isOf(file)),
    facts,
  );
  const databases = linesByDatabase(files.filter(isOf)).flat();
  const waiting = new Map(valuesOf(facts.outbox).map((operation) => [operation.id, operation]));
  const gathered = yield* gatherStepwise(databases, waiting);
  const isAhead: IsAhead = ({ s, database }) => database !== own.id || s > facts.head;
  const lines = databases.flatMap(({ database, lines }) => {
    return lines.map((line) => ({ ...line, database }));
  });
  const restated = lines.findLast((line) => line.kind === 'through' && isAhead(line));
  const cleared = restated?.kind === 'through' ? restated.generation : 0;
  const lanes = lanesAhead(gathered, isAhead, restated !== undefined);
  const unread = gathered.rows.filter(isAhead).map(({ text }) => text);
  const isShort = restated !== undefined || lanes.size + unread.length > 0;
  yield;
  if (restated && isWhole) addLeftOut(lanes, gathered, facts);
  const told = new Set(lanes.keys());
  if (isShort) addNames(lanes, gathered, facts, isAhead);
  yield;
  const changes = restated ? [] : changesAhead(lines, gathered, facts, isAhead);
  if (!isShort && changes.length + older.length === 0) return null;
  const known = new Set(valuesOf(facts.quarantine).map(({ text }) => text));
  return {
    ...{ isShort, older },
    lanes: withEndings([...lanes.values()], gathered, facts),
    changes: changes.filter(({ operation }) => !told.has(laneOf(operation))),
    rows: unread.filter((text) => !known.has(text)),
    generation: cleared > facts.generation ? cleared : null,
  };
}

/** The database that is read. */
export interface OwnDatabase {
  readonly id: string;
  /** How many of its starts could not read the shelf. */
  readonly unread: number;
}

/** Lanes with something that the database does not know. */
function* unknownLanes(
  files: readonly (readonly ShelfLine[])[],
  facts: Facts,
): Generator<undefined, StandingLane[]> {
  if (files.length === 0) return [];
  const { lanes } = yield* recoverStepwise(files);
  const unread = valuesOf(facts.quarantine);
  const isUnknown = ({ id }: Operation) =>
    !isKnown(facts, id) && !unread.some(({ text }) => text.includes(id));
  return lanes
    .filter(({ operations }) => operations.some(isUnknown))
    .map(({ names: _, ...lane }) => lane);
}

type IsAhead = (told: { readonly s: number; readonly database: string }) => boolean;
type StandingLane = Ahead['lanes'][number];

/** Lanes of which one line says all; where a file says everything it says all of each. */
function lanesAhead(
  { lanes, endings }: Gathered,
  isAhead: IsAhead,
  isRestated: boolean,
): Map<string, StandingLane> {
  const standing = new Map<string, StandingLane>();
  for (const [key, lane] of lanes) {
    const { wordAt, database } = lane;
    const isWord = wordAt > 0 && isAhead({ s: wordAt, database });
    if (isRestated || isWord) standing.set(key, recoveredLane(lane, endings));
  }
  return standing;
}

/** What a file that says everything leaves out is over. */
function addLeftOut(lanes: Map<string, StandingLane>, { names }: Gathered, facts: Facts): void {
  for (const { model, recordId } of valuesOf(facts.lanes)) {
    const key = laneKey(model, recordId);
    if (!lanes.has(key)) lanes.set(key, emptyLane(model, recordId, names.get(key)?.alias));
  }
}

/** The server's names of records that others may speak of; where something waits its lane knows. */
function addNames(
  lanes: Map<string, StandingLane>,
  { names }: Gathered,
  facts: Facts,
  isAhead: IsAhead,
): void {
  for (const [key, name] of names) {
    const { model, recordId, alias } = name;
    const isNews = isAhead(name) && aliasOf(facts.models[model], recordId) !== alias;
    if (!isNews || lanes.has(key) || getIn(facts.lanes, key)) continue;
    lanes.set(key, emptyLane(model, recordId, alias));
  }
}

/**
 * What ended in rows that are lost may be what others wait for, in whichever lane: where something ended
 * a lane tells of it.
 */
function withEndings(
  lanes: readonly StandingLane[],
  { endings }: Gathered,
  { settlements }: Facts,
): StandingLane[] {
  const ended: Record<string, RecoveredEnding> = {};
  for (const [id, { outcome }] of endings) if (!getIn(settlements, id)) ended[id] = outcome;
  const [first, ...rest] = lanes;
  if (!first || Object.keys(ended).length === 0) return [...lanes];
  return [{ ...first, ended: { ...ended, ...first.ended } }, ...rest];
}

/**
 * Changes that stand at the end of a lane and that the database does not know. Of a writer of whom one is
 * ahead all count that it has not seen: what was told beside a transaction may stand under sequences that
 * others have got.
 */
function changesAhead(
  lines: readonly (ShelfLine & { readonly database: string })[],
  { lanes }: Gathered,
  facts: Facts,
  isAhead: IsAhead,
): Ahead['changes'] {
  const told = lines.filter((line) => line.kind === 'operation');
  const writers = new Set(told.filter(isAhead).map(({ actionId }) => actionId.writer));
  const standing = new Set(
    [...lanes.values()].flatMap(({ operations }) => operations.map(({ id }) => id)),
  );
  const changes = new Map<string, Ahead['changes'][number]>();
  for (const line of told) {
    const { actionId, generation, operation } = line;
    const { writer, n } = actionId;
    const isUnseen = writers.has(writer) && n > lastSeen(facts, writer);
    if (!isAhead(line) && !isUnseen) continue;
    if (!standing.has(operation.id) || isKnown(facts, operation.id)) continue;
    changes.set(operation.id, { actionId, generation, operation });
  }
  return [...changes.values()];
}

function lastSeen({ lastSeen: seen }: Facts, writer: string): number {
  return Object.hasOwn(seen, writer) ? (seen[writer]?.n ?? 0) : 0;
}

function laneOf({ model, recordId }: Operation): string {
  return laneKey(model, recordId);
}

/**
 * Rows for the journal's end, and texts of what waits unread in it: lanes as they stood, then what holds
 * up what comes behind it, then changes.
 *
 * @param facts that `ahead` was compared with
 */
export function rowsAhead(
  ahead: Ahead,
  facts: Facts,
  { from, at, writer }: { readonly from: string; readonly at: number; readonly writer: string },
): (Row | string)[] {
  const rows: (Row | string)[] = [];
  const next = () => ({ writer, n: rows.length + 1 });
  const stands = (lane: Ahead['lanes'][number]) => {
    rows.push({ v: 1, type: 'recovered', at, from, ...lane, instead: true, actionId: next() });
  };
  const generation = ahead.generation ?? facts.generation;
  if (generation > facts.generation) {
    // How what it holds has ended was told when it was so.
    for (const { model, recordId } of valuesOf(facts.lanes)) stands(emptyLane(model, recordId));
    rows.push({ v: 1, type: 'purged', at, generation, actionId: next() });
  }
  for (const lane of ahead.lanes) stands(lane);
  for (const lane of ahead.older) {
    rows.push({ v: 1, type: 'recovered', at, from, ...lane, actionId: next() });
  }
  rows.push(...ahead.rows);
  for (const change of ahead.changes) {
    rows.push({ v: 1, type: 'recorded', at: change.operation.at, ...change });
  }
  return rows;
}

/** A lane of which nothing waits any more. */
function emptyLane(model: string, recordId: string, alias?: string): Ahead['lanes'][number] {
  const salvage = { base: null, version: null };
  const known = alias === undefined ? {} : { alias };
  return { model, recordId, operations: [], salvage, sealed: null, parked: null, ...known };
}

function isKnown({ places, settlements }: Facts, operationId: string): boolean {
  return getIn(places, operationId) !== undefined || getIn(settlements, operationId) !== undefined;
}
