import { laneKey } from '../facts.ts';
import type { Operation, RecoveredRow, Salvage } from '../rows/row.ts';
import type { LaneLine, ShelfLine } from './line.ts';

/** A lane as the shelf has it, without what a row of the journal adds. */
export type RecoveredLane = Omit<RecoveredRow, 'v' | 'type' | 'actionId' | 'at' | 'from'>;

export interface RecoveredShelf {
  readonly lanes: readonly RecoveredLane[];
  /** Rows that could not be read, and acts that waited behind them, as texts in their order. */
  readonly rows: readonly string[];
}

interface Gathered {
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

/**
 * The outbox that the files of a lost database tell, lane by lane in the order of their last word.
 * Pure, and asked twice it says the same; lines may come in any order of files, and twice.
 */
export function recoverShelf(files: readonly (readonly ShelfLine[])[]): RecoveredShelf {
  let rows: { readonly s: number; readonly text: string }[] = [];
  const lanes = new Map<string, Gathered>();
  const told = new Map<string, Operation>();
  for (const line of inOrder(files)) {
    switch (line.kind) {
      case 'operation':
        addOperation(lanes, told, line);
        break;
      case 'lane':
        setLane(lanes, told, line);
        break;
      case 'row':
        rows.push(line);
        break;
      case 'through':
        rows = rows.filter(({ s }) => s > line.s);
        for (const [key, { s }] of lanes) if (s <= line.s) lanes.delete(key);
        break;
    }
  }
  return {
    lanes: [...lanes.values()].filter(({ operations }) => operations.length > 0).map(recovered),
    rows: [...new Set(rows.map(({ text }) => text))],
  };
}

type SequencedLine = Exclude<ShelfLine, { readonly kind: 'file' }>;

/**
 * The lines of an older database first; within one by sequence, `through` before what is said of the
 * same, and otherwise as they stand in their file. A database that another one has taken in is left
 * out once that one has said all of it: a page may have died, and its database too, while it did.
 */
function inOrder(files: readonly (readonly ShelfLine[])[]): SequencedLine[] {
  const databases = new Map<string, { generation: number; readonly lines: SequencedLine[] }>();
  const over = new Set<string>();
  for (const file of files) {
    const [head] = file;
    const { database, replaces } = head?.kind === 'file' ? head : { database: '', replaces: [] };
    const known = databases.get(database) ?? { generation: 0, lines: [] };
    databases.set(database, known);
    // Each names all that came before it.
    known.generation = Math.max(known.generation, replaces.length);
    let isWhole = false;
    for (const line of file) {
      if (line.kind === 'file') continue;
      known.lines.push(line);
      isWhole ||= line.kind === 'through';
    }
    if (isWhole) for (const id of replaces) over.add(id);
  }
  const rank = (line: SequencedLine) => (line.kind === 'through' ? 0 : 1);
  return [...databases]
    .filter(([database]) => !over.has(database))
    .sort(([, a], [, b]) => a.generation - b.generation)
    .flatMap(([, { lines }]) => lines.sort((a, b) => a.s - b.s || rank(a) - rank(b)));
}

function addOperation(
  lanes: Map<string, Gathered>,
  told: Map<string, Operation>,
  line: Extract<ShelfLine, { kind: 'operation' }>,
): void {
  const { operation, salvage, alias, s } = line;
  const { model, recordId } = operation;
  told.set(operation.id, operation);
  const key = laneKey(model, recordId);
  const lane = lanes.get(key) ?? {
    ...{ s, model, recordId, operations: [], salvage, alias, sealed: null, parked: null },
    ended: undefined,
  };
  lanes.set(key, lane);
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

function setLane(lanes: Map<string, Gathered>, told: Map<string, Operation>, line: LaneLine): void {
  const { model, recordId, s, salvage, alias, sealed, parked, ended } = line;
  for (const operation of line.operations) told.set(operation.id, operation);
  // One that no file tells of was never acknowledged: its tab died before it could.
  const operations = line.operationIds.flatMap((id) => told.get(id) ?? []);
  lanes.set(laneKey(model, recordId), {
    ...{ s, model, recordId, operations, salvage, alias, sealed, parked, ended },
  });
}

function recovered({ model, recordId, operations, ...lane }: Gathered): RecoveredLane {
  const { salvage, alias, sealed, parked, ended } = lane;
  const ids = new Set(operations.map(({ id }) => id));
  const isWhole = (part: { readonly operationIds: readonly string[] } | null) =>
    part?.operationIds.every((id) => ids.has(id)) ?? true;
  return {
    ...{ model, recordId, operations, salvage },
    ...(alias !== null && { alias }),
    sealed: isWhole(sealed) ? sealed : null,
    parked: isWhole(parked) ? parked : null,
    ...(ended && { ended }),
  };
}
