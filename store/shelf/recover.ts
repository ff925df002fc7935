import { laneKey } from '../facts.ts';
import type { Operation, RecoveredEnding, RecoveredRow, Salvage, ServerName } from '../rows/row.ts';
import type { LaneLine, ShelfLine } from './line.ts';
import { textsIn } from './linesOf.ts';

/** A lane as the shelf has it, without what a row of the journal adds. */
export interface RecoveredLane
  extends Omit<RecoveredRow, 'v' | 'type' | 'actionId' | 'at' | 'from'> {
  /**
   * Records that the operations may name, that have no lane of their own, and that the server knows by
   * another id: nothing else on this device tells which they are any more.
   */
  readonly names?: readonly ServerName[];
}

export interface RecoveredShelf {
  readonly lanes: readonly RecoveredLane[];
  /** Rows that could not be read, and acts that waited behind them, as texts in their order. */
  readonly rows: readonly string[];
}

interface Gathered {
  /** The database that spoke of it last, and its sequence there. */
  database: string;
  s: number;
  readonly model: string;
  readonly recordId: string;
  operations: Operation[];
  salvage: Salvage;
  alias: string | null;
  sealed: LaneLine['sealed'];
  parked: LaneLine['parked'];
  ended: LaneLine['ended'];
}

interface Ending {
  readonly database: string;
  readonly s: number;
  readonly outcome: RecoveredEnding;
}

/**
 * The outbox that the files of lost databases tell, lane by lane in the order of their last word; of
 * databases that know nothing of each other (one began where the shelf could not be read) each tells
 * its own. Pure, and asked twice it says the same; lines may come in any order of files, and twice.
 */
export function recoverShelf(files: readonly (readonly ShelfLine[])[]): RecoveredShelf {
  const recovering = recoverStepwise(files);
  for (;;) {
    const step = recovering.next();
    if (step.done) return step.value;
  }
}

/** The same with a `yield` after each small step, so that the caller can let others run. */
export function* recoverStepwise(
  files: readonly (readonly ShelfLine[])[],
): Generator<undefined, RecoveredShelf> {
  const told: RecoveredShelf[] = [];
  for (const databases of linesByDatabase(files)) told.push(yield* recoverLine(databases));
  return {
    lanes: told.flatMap(({ lanes }) => lanes),
    rows: [...new Set(told.flatMap(({ rows }) => rows))],
  };
}

/** Databases of which each has taken in those before it. */
function* recoverLine(databases: readonly DatabaseLines[]): Generator<undefined, RecoveredShelf> {
  let rows: { readonly database: string; readonly s: number; readonly text: string }[] = [];
  const lanes = new Map<string, Gathered>();
  const told = new Map<string, Operation>();
  const names = new Map<string, ServerName & { readonly database: string; readonly s: number }>();
  const endings = new Map<string, Ending>();
  for (const { database, lines } of databases) {
    for (const line of lines) {
      yield;
      const isOver = (item: { readonly database: string; readonly s: number }) =>
        item.database === database && item.s <= line.s;
      switch (line.kind) {
        case 'operation':
          addOperation(lanes, told, database, line);
          break;
        case 'lane':
          setLane(lanes, told, database, line);
          break;
        case 'alias': {
          const { s, model, recordId, alias } = line;
          names.set(laneKey(model, recordId), { database, s, model, recordId, alias });
          break;
        }
        case 'ended':
          if (line.outcome === 'committed') endings.delete(line.operationId);
          else endings.set(line.operationId, { database, s: line.s, outcome: line.outcome });
          break;
        case 'row':
          rows.push({ database, s: line.s, text: line.text });
          break;
        case 'through':
          rows = rows.filter((row) => !isOver(row));
          for (const [key, lane] of lanes) if (isOver(lane)) lanes.delete(key);
          for (const [key, name] of names) if (isOver(name)) names.delete(key);
          for (const [id, ending] of endings) if (isOver(ending)) endings.delete(id);
          break;
      }
    }
  }
  const named = new Map<string, ServerName[]>();
  for (const [key, { model, recordId, alias }] of names) {
    if (lanes.get(key)?.operations.length) continue;
    named.set(recordId, [...(named.get(recordId) ?? []), { model, recordId, alias }]);
  }
  // A page may have died between the two lines: what still stands in a lane has not ended.
  for (const { operations } of lanes.values()) {
    for (const { id } of operations) endings.delete(id);
  }
  const back: RecoveredLane[] = [];
  for (const lane of lanes.values()) {
    if (lane.operations.length > 0) back.push(recovered(lane, named, endings));
    yield;
  }
  return {
    lanes: back,
    rows: rows.map(({ text }) => text),
  };
}

type SequencedLine = Exclude<ShelfLine, { readonly kind: 'file' }>;

interface DatabaseLines {
  readonly database: string;
  readonly replaces: readonly string[];
  readonly lines: readonly SequencedLine[];
}

/**
 * Lines of databases that took each other in, the oldest first; within one by sequence, `through`
 * before what is said of the same, and otherwise as they stand in their file. A database that another
 * one has taken in is left out once that one has said all of it: a page may have died, and its
 * database too, while it did.
 */
function linesByDatabase(files: readonly (readonly ShelfLine[])[]): DatabaseLines[][] {
  const databases = new Map<string, { replaces: readonly string[]; lines: SequencedLine[] }>();
  const over = new Set<string>();
  for (const file of files) {
    const [head] = file;
    const { database, replaces } = head?.kind === 'file' ? head : { database: '', replaces: [] };
    const known = databases.get(database) ?? { replaces: [], lines: [] };
    // A file may have lost its first line.
    known.replaces = [...new Set([...known.replaces, ...replaces])];
    databases.set(database, known);
    const own = file.filter((line) => line.kind !== 'file');
    // One by one: as arguments of one call, some hundred thousand are too many for the stack.
    for (const line of own) known.lines.push(line);
    if (own.some(({ kind }) => kind === 'through')) for (const id of replaces) over.add(id);
  }
  const rank = (line: SequencedLine) => (line.kind === 'through' ? 0 : 1);
  const age = agesOf(databases);
  const ordered = [...databases]
    .filter(([database]) => !over.has(database))
    .sort(([a], [b]) => age(a) - age(b))
    .map(([database, { replaces, lines }]) => {
      return { database, replaces, lines: lines.sort((a, b) => a.s - b.s || rank(a) - rank(b)) };
    });
  const families: DatabaseLines[][] = [];
  for (const item of ordered) {
    const older = families.find((those) =>
      those.some(({ database }) => item.replaces.includes(database)),
    );
    if (older) older.push(item);
    else families.push([item]);
  }
  return families;
}

/**
 * How many generations of databases each comes after. A database names those whose files it has met:
 * of three that were lost in turn the last may name the second alone.
 */
function agesOf(
  databases: ReadonlyMap<string, { readonly replaces: readonly string[] }>,
): (database: string) => number {
  const ages = new Map<string, number>();
  const age = (database: string): number => {
    const known = ages.get(database);
    if (known !== undefined) return known;
    // Only a damaged file could name itself in a circle.
    ages.set(database, 0);
    const older = databases.get(database)?.replaces.filter((id) => databases.has(id)) ?? [];
    const own = older.reduce((oldest, id) => Math.max(oldest, age(id) + 1), 0);
    ages.set(database, own);
    return own;
  };
  return age;
}

function addOperation(
  lanes: Map<string, Gathered>,
  told: Map<string, Operation>,
  database: string,
  line: Extract<ShelfLine, { kind: 'operation' }>,
): void {
  const { operation, salvage, alias, s } = line;
  const { model, recordId } = operation;
  told.set(operation.id, operation);
  const key = laneKey(model, recordId);
  const lane = lanes.get(key) ?? {
    ...{ database, s, model, recordId, operations: [], salvage, alias, sealed: null },
    parked: null,
    ended: undefined,
  };
  lanes.set(key, lane);
  lane.database = database;
  lane.s = s;
  if (lane.operations.some(({ id }) => id === operation.id)) return;
  lane.operations.push(operation);
  lane.salvage = joined(lane.salvage, salvage);
  lane.alias = alias ?? lane.alias;
}

/** Fields of an older base stand where the newer line does not speak of them. */
function joined(older: Salvage, newer: Salvage): Salvage {
  if (newer.base === null) return older;
  return { base: { ...older.base, ...newer.base }, version: newer.version };
}

function setLane(
  lanes: Map<string, Gathered>,
  told: Map<string, Operation>,
  database: string,
  line: LaneLine,
): void {
  const { model, recordId, s, salvage, alias, sealed, parked, ended } = line;
  for (const operation of line.operations) told.set(operation.id, operation);
  // One that no file tells of was never acknowledged (its tab died before it could), or its line is damaged.
  const operations = line.operationIds.flatMap((id) => told.get(id) ?? []);
  lanes.set(laneKey(model, recordId), {
    ...{ database, s, model, recordId, operations, salvage, alias, sealed, parked, ended },
  });
}

function recovered(
  { model, recordId, operations, ...lane }: Gathered,
  named: ReadonlyMap<string, readonly ServerName[]>,
  endings: ReadonlyMap<string, Ending>,
): RecoveredLane {
  const { salvage, alias, sealed, parked } = lane;
  const texts = new Set(operations.flatMap(({ changes }) => textsIn(changes)));
  const names = [...texts].flatMap((text) => named.get(text) ?? []);
  const ended = { ...lane.ended, ...endedAmong(operations, endings) };
  const ids = new Set(operations.map(({ id }) => id));
  const isWhole = (part: { readonly operationIds: readonly string[] } | null) =>
    part?.operationIds.every((id) => ids.has(id)) ?? true;
  return {
    ...{ model, recordId, operations, salvage },
    ...(alias !== null && { alias }),
    ...(names.length > 0 && { names }),
    sealed: isWhole(sealed) ? sealed : null,
    parked: isWhole(parked) ? parked : null,
    ...(Object.keys(ended).length > 0 && { ended }),
  };
}

/** How those ended that these depend on. */
function endedAmong(operations: readonly Operation[], endings: ReadonlyMap<string, Ending>) {
  const ended: Record<string, RecoveredEnding> = {};
  for (const id of operations.flatMap(({ dependsOn = [] }) => dependsOn)) {
    const ending = endings.get(id);
    if (ending) ended[id] = ending.outcome;
  }
  return ended;
}
