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

/** By sequence; `through` before what is said of the same; otherwise as they stand in their file. */
function inOrder(files: readonly (readonly ShelfLine[])[]): SequencedLine[] {
  const lines = files.flat().filter((line): line is SequencedLine => line.kind !== 'file');
  const rank = (line: SequencedLine) => (line.kind === 'through' ? 0 : 1);
  return lines.sort((a, b) => a.s - b.s || rank(a) - rank(b));
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
