import { aliasOf, type Facts, laneKey } from '../facts.ts';
import { getIn, valuesOf } from '../pages.ts';
import type { RecordedRow, RecoveredEnding, Row } from '../rows/row.ts';
import { type Gathered, gatherStepwise, linesByDatabase } from './gather.ts';
import type { ShelfLine } from './line.ts';
import { type RecoveredLane, recoveredLane } from './recover.ts';

/** What the second shelf says of rows that its own database does not have. */
export interface Ahead {
  /** Whether the database has lost rows that it had called durable. */
  readonly isShort: boolean;
  /**
   * Changes at the end of their lanes. Their page may have died before they were durable in the
   * database; or it has lost them.
   */
  readonly changes: readonly Pick<RecordedRow, 'actionId' | 'operation'>[];
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
 */
export function* aheadStepwise(
  files: readonly (readonly ShelfLine[])[],
  own: string,
  facts: Facts,
): Generator<undefined, Ahead | null> {
  const databases = linesByDatabase(files).flat();
  const waiting = new Map(valuesOf(facts.outbox).map((operation) => [operation.id, operation]));
  const gathered = yield* gatherStepwise(databases, waiting);
  const isAhead = (s: number, database: string) => database !== own || s > facts.head;
  const lines = databases.flatMap(({ database, lines }) =>
    lines.filter(({ s }) => isAhead(s, database)),
  );
  const restated = lines.findLast(({ kind }) => kind === 'through');
  const cleared = restated?.kind === 'through' ? restated.generation : 0;
  const lanes: Omit<RecoveredLane, 'names'>[] = [];
  const told = new Set<string>();
  for (const lane of gathered.lanes.values()) {
    // A file that says everything says all of each lane, and what is over by leaving it out.
    const isWord = lane.wordAt > 0 && isAhead(lane.wordAt, lane.database);
    if (!restated && !isWord) continue;
    told.add(laneKey(lane.model, lane.recordId));
    lanes.push(recoveredLane(lane, gathered.endings));
    yield;
  }
  const nameOf = (key: string) => gathered.names.get(key)?.alias;
  for (const { model, recordId } of restated ? valuesOf(facts.lanes) : []) {
    const key = laneKey(model, recordId);
    if (!told.has(key)) lanes.push(emptyLane(model, recordId, nameOf(key)));
    told.add(key);
    yield;
  }
  // The server's names of records that others may speak of; where something waits its lane knows.
  for (const [key, { model, recordId, alias, s, database }] of gathered.names) {
    const isNews = isAhead(s, database) && aliasOf(facts.models[model], recordId) !== alias;
    if (!isNews || told.has(key) || getIn(facts.lanes, key)) continue;
    lanes.push(emptyLane(model, recordId, alias));
  }
  const ended = endedIn(gathered, facts);
  const [first] = lanes;
  // What ended in rows that are lost may be what others wait for, in whichever lane.
  if (first && ended.length > 0) {
    lanes[0] = { ...first, ended: { ...Object.fromEntries(ended), ...first.ended } };
  }
  const changes = new Map<string, Ahead['changes'][number]>();
  for (const line of restated ? [] : lines) {
    if (line.kind !== 'operation') continue;
    const { actionId, operation } = line;
    const { id, model, recordId } = operation;
    if (!told.has(laneKey(model, recordId)) && !isKnown(facts, id)) {
      changes.set(id, { actionId, operation });
    }
  }
  const known = new Set(valuesOf(facts.quarantine).map(({ text }) => text));
  const unread = gathered.rows
    .filter(({ s, database }) => isAhead(s, database))
    .map(({ text }) => text);
  const isShort = restated !== undefined || lanes.length + unread.length > 0;
  if (!isShort && changes.size === 0) return null;
  return {
    ...{ isShort, lanes, changes: [...changes.values()] },
    rows: unread.filter((text) => !known.has(text)),
    generation: cleared > facts.generation ? cleared : null,
  };
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
  rows.push(...ahead.rows);
  for (const { actionId, operation } of ahead.changes) {
    rows.push({ v: 1, type: 'recorded', at: operation.at, generation, operation, actionId });
  }
  return rows;
}

/** Endings that the database does not know of. */
function endedIn({ endings }: Gathered, { settlements }: Facts): [id: string, RecoveredEnding][] {
  return [...endings].flatMap(([id, { outcome }]) =>
    getIn(settlements, id) ? [] : [[id, outcome] as [string, RecoveredEnding]],
  );
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
