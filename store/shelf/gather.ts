import { laneKey } from '../facts.ts';
import type { Operation, RecoveredEnding, Salvage, ServerName } from '../rows/row.ts';
import type { LaneLine, ShelfLine } from './line.ts';

export type SequencedLine = Exclude<ShelfLine, { readonly kind: 'file' }>;

/** What one database says, in order. */
export interface DatabaseLines {
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
export function linesByDatabase(files: readonly (readonly ShelfLine[])[]): DatabaseLines[][] {
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
  const age = agesOf(databases);
  const ordered = [...databases]
    .filter(([database]) => !over.has(database))
    .sort(([a], [b]) => age(a) - age(b))
    .map(([database, { replaces, lines }]) => {
      return { database, replaces, lines: inOrder(lines) };
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

/** By sequence; `through` before what is said of the same, and otherwise as they stand in their file. */
function inOrder(lines: SequencedLine[]): SequencedLine[] {
  const rank = (line: SequencedLine) => (line.kind === 'through' ? 0 : 1);
  return lines.sort((a, b) => a.s - b.s || rank(a) - rank(b));
}

/** A lane as lines have told it so far. */
export interface GatheredLane {
  /** The database that spoke of it last, and its sequence there. */
  database: string;
  s: number;
  /** Sequence of the last line that told the lane as a whole; 0: there was none. */
  wordAt: number;
  readonly model: string;
  readonly recordId: string;
  operations: Operation[];
  salvage: Salvage;
  alias: string | null;
  sealed: LaneLine['sealed'];
  parked: LaneLine['parked'];
  ended: LaneLine['ended'];
}

/** A server's name of a record, and the line that told it. */
export interface GatheredName extends ServerName {
  readonly database: string;
  readonly s: number;
}

/** How an operation ended that others wait for. */
export interface GatheredEnding {
  readonly database: string;
  readonly s: number;
  readonly outcome: RecoveredEnding;
}

/** What lines come to, read in their order. */
export interface Gathered {
  /** By lane key, in the order of their last word. */
  readonly lanes: Map<string, GatheredLane>;
  /** Server's names of records, by lane key. */
  readonly names: ReadonlyMap<string, GatheredName>;
  /** By operation id. */
  readonly endings: ReadonlyMap<string, GatheredEnding>;
  /** Rows that wait unread, as texts in their order. */
  readonly rows: readonly {
    readonly database: string;
    readonly s: number;
    readonly text: string;
  }[];
}

/**
 * Reads the lines of databases of which each has taken in those before it, with a `yield` for each line.
 *
 * @param told operations that lines may name without telling them
 */
export function* gatherStepwise(
  databases: readonly DatabaseLines[],
  told = new Map<string, Operation>(),
): Generator<undefined, Gathered> {
  let rows: { readonly database: string; readonly s: number; readonly text: string }[] = [];
  const lanes = new Map<string, GatheredLane>();
  const names = new Map<string, GatheredName>();
  const endings = new Map<string, GatheredEnding>();
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
          // Told again, it stands behind what was told again with it.
          rows = [...rows.filter(({ text }) => text !== line.text), { database, ...line }];
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
  // A page may have died between the two lines: what still stands in a lane has not ended.
  for (const { operations } of lanes.values()) {
    for (const { id } of operations) endings.delete(id);
  }
  return { lanes, names, endings, rows };
}

function addOperation(
  lanes: Map<string, GatheredLane>,
  told: Map<string, Operation>,
  database: string,
  line: Extract<ShelfLine, { kind: 'operation' }>,
): void {
  const { operation, salvage, alias, s } = line;
  const { model, recordId } = operation;
  told.set(operation.id, operation);
  const key = laneKey(model, recordId);
  const lane = lanes.get(key) ?? {
    ...{ database, s, wordAt: 0, model, recordId, operations: [], salvage, alias, sealed: null },
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
  lanes: Map<string, GatheredLane>,
  told: Map<string, Operation>,
  database: string,
  line: LaneLine,
): void {
  const { model, recordId, s, salvage, alias, sealed, parked, ended } = line;
  for (const operation of line.operations) told.set(operation.id, operation);
  // One that no file tells of was never acknowledged (its tab died before it could), or its line is damaged.
  const operations = line.operationIds.flatMap((id) => told.get(id) ?? []);
  lanes.set(laneKey(model, recordId), {
    ...{
      database,
      s,
      wordAt: s,
      model,
      recordId,
      operations,
      salvage,
      alias,
      sealed,
      parked,
      ended,
    },
  });
}
