import type { Operation, RecoveredEnding, RecoveredRow, ServerName } from '../rows/row.ts';
import {
  type DatabaseLines,
  type GatheredEnding,
  type GatheredLane,
  gatherStepwise,
  linesByDatabase,
} from './gather.ts';
import type { ShelfLine } from './line.ts';
import { textsIn } from './linesOf.ts';

/** A lane as the shelf has it, without what a row of the journal adds. */
export interface RecoveredLane
  extends Omit<RecoveredRow, 'v' | 'type' | 'actionId' | 'at' | 'from' | 'instead'> {
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
  const { lanes, names, endings, rows } = yield* gatherStepwise(databases);
  const named = new Map<string, ServerName[]>();
  for (const [key, { model, recordId, alias }] of names) {
    if (lanes.get(key)?.operations.length) continue;
    named.set(recordId, [...(named.get(recordId) ?? []), { model, recordId, alias }]);
  }
  const back: RecoveredLane[] = [];
  for (const lane of lanes.values()) {
    if (lane.operations.length > 0) back.push(withNames(recoveredLane(lane, endings), named));
    yield;
  }
  return { lanes: back, rows: rows.map(({ text }) => text) };
}

/** A lane as it is to stand again. */
export function recoveredLane(
  { model, recordId, operations, ...lane }: GatheredLane,
  endings: ReadonlyMap<string, GatheredEnding>,
): Omit<RecoveredLane, 'names'> {
  const { salvage, alias, sealed, parked } = lane;
  const ended = { ...lane.ended, ...endedAmong(operations, endings) };
  const ids = new Set(operations.map(({ id }) => id));
  const isWhole = (part: { readonly operationIds: readonly string[] } | null) =>
    part?.operationIds.every((id) => ids.has(id)) ?? true;
  return {
    ...{ model, recordId, operations, salvage },
    ...(alias !== null && { alias }),
    sealed: isWhole(sealed) ? sealed : null,
    parked: isWhole(parked) ? parked : null,
    ...(Object.keys(ended).length > 0 && { ended }),
  };
}

function withNames(
  lane: RecoveredLane,
  named: ReadonlyMap<string, readonly ServerName[]>,
): RecoveredLane {
  const texts = new Set(lane.operations.flatMap(({ changes }) => textsIn(changes)));
  const names = [...texts].flatMap((text) => named.get(text) ?? []);
  return names.length > 0 ? { ...lane, names } : lane;
}

/** How those ended that these depend on. */
function endedAmong(
  operations: readonly Operation[],
  endings: ReadonlyMap<string, GatheredEnding>,
) {
  const ended: Record<string, RecoveredEnding> = {};
  for (const id of operations.flatMap(({ dependsOn = [] }) => dependsOn)) {
    const ending = endings.get(id);
    if (ending) ended[id] = ending.outcome;
  }
  return ended;
}
