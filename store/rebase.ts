import { type JsonObject, sameJson } from './json.ts';
import type { Operation } from './rows/row.ts';

/** What one operation makes of the record before it. */
export function applyOperation(record: JsonObject | null, operation: Operation): JsonObject | null {
  switch (operation.kind) {
    case 'delete':
      return null;
    case 'update':
      // An update with neither base nor a create in front of it is not shown.
      return record && { ...record, ...operation.changes };
    case 'create':
    case 'upsert':
      return record ? { ...record, ...operation.changes } : operation.changes;
  }
}

/** The part of a lane's parking that decides what is shown. */
interface RolledBack {
  readonly rollback: boolean;
  readonly operationIds: readonly string[];
}

/**
 * The shown record: base with the visible operations in order. A hidden operation
 * (`waitForRemote`) hides the later ones of its record too: they were made on what it will be. A
 * rolled back one is left out, the later ones stay. Commit, rollback, remote change and resolution
 * all end here.
 */
export function rebase(
  base: JsonObject | null,
  operations: readonly Operation[],
  parked: RolledBack | null,
): JsonObject | null {
  let record = base;
  for (const operation of operations) {
    if (parked?.rollback && parked.operationIds.includes(operation.id)) continue;
    if (!operation.visible) return record;
    record = applyOperation(record, operation);
  }
  return record;
}

/** The object that stands here already, where it says the same: who looks at it sees no change. */
export function asKnown(record: JsonObject | null, known: JsonObject | null): JsonObject | null {
  return known !== null && sameJson(record, known) ? known : record;
}
