import { laneKey } from '../facts.ts';
import type { Operation, RecoveredRow, Salvage } from '../rows/row.ts';
import type { LaneLine, ShelfLine } from './line.ts';

/** A lane as the shelf has it, without what a row of the journal adds. */
export type RecoveredLane = Omit<RecoveredRow, 'v' | 'type' | 'actionId' | 'at' | 'from'>;

interface Gathered {
  s: number;
  readonly model: string;
  readonly recordId: string;
  operations: Operation[];
  salvage: Salvage;
  alias: string | null;
  sealed: LaneLine['sealed'];
  parked: LaneLine['parked'];
}

/**
 * The outbox that the files of a lost database tell, lane by lane in the order of their last word.
 * Pure, and asked twice it says the same; lines may come in any order of files, and twice.
 */
export function recoverLanes(files: readonly (readonly ShelfLine[])[]): RecoveredLane[] {
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
      case 'through':
        for (const [key, { s }] of lanes) if (s <= line.s) lanes.delete(key);
        break;
    }
  }
  return [...lanes.values()].filter(({ operations }) => operations.length > 0).map(recovered);
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
  const { model, recordId, s, salvage, alias, sealed, parked } = line;
  for (const operation of line.operations) told.set(operation.id, operation);
  // One that no file tells of was never acknowledged: its tab died before it could.
  const operations = line.operationIds.flatMap((id) => told.get(id) ?? []);
  lanes.set(laneKey(model, recordId), {
    ...{ s, model, recordId, operations, salvage, alias, sealed, parked },
  });
}

function recovered({ model, recordId, operations, ...lane }: Gathered): RecoveredLane {
  const { salvage, alias, sealed, parked } = lane;
  const ids = new Set(operations.map(({ id }) => id));
  const isWhole = (part: { readonly operationIds: readonly string[] } | null) =>
    part?.operationIds.every((id) => ids.has(id)) ?? true;
  return {
    ...{ model, recordId, operations, salvage },
    ...(alias !== null && { alias }),
    sealed: isWhole(sealed) ? sealed : null,
    parked: isWhole(parked) ? parked : null,
  };
}
