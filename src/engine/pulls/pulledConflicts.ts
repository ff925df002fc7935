import { type Facts, laneKey } from '../../../store/facts.ts';
import { type JsonObject, sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn } from '../../../store/pages.ts';
import type { Operation, Salvage } from '../../../store/rows/row.ts';
import { coalesce } from '../../../store/seal.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import type { ConflictRule } from '../../policies/policy.ts';
import { conflictRows } from '../answers/conflictRows.ts';
import { contestedOf } from '../answers/contested.ts';

export interface PulledConflictContext {
  readonly model: string;
  readonly at: number;
  readonly rule: ConflictRule;
  /** The same for the same record, however often it is asked. */
  readonly newOperationId: (recordId: string) => string;
}

/** Whether the record is as it was when the database was lost, as far as that is still known. */
function isAsSalvaged(
  { base, version: before }: Salvage,
  remote: JsonObject,
  version: string | null,
): boolean {
  if (version !== null && before !== null) return version === before;
  return Object.entries(base ?? {}).every(([field, value]) => sameJson(remote[field], value));
}

/**
 * Theirs came by a pull while ours still waits to be sent: the rows that the model's policy makes of
 * it. Null where there is nothing to decide: ours stays on top of theirs, and is merged when it is
 * sent. What is sealed already is decided by its answer.
 *
 * @param remote null: they deleted it
 */
export function pulledConflictRows(
  facts: Facts,
  { model, at, rule, newOperationId }: PulledConflictContext,
  recordId: string,
  remote: JsonObject | null,
  version: string | null,
): EngineDraft[] | null {
  const key = laneKey(model, recordId);
  const lane = getIn(facts.lanes, key);
  if (lane?.state !== 'pending') return null;
  const records = facts.models[model]?.records;
  const entry = records && getIn(records, recordId);
  const { salvage } = lane;
  const operations = operationsIn(facts, key);
  // An edit that outlived its database, of a record that was never known: it is not there to be edited.
  const isUnfounded = salvage && remote === null && operations[0]?.kind === 'update';
  const base = entry?.base ?? salvage?.base ?? (isUnfounded ? {} : null);
  // Made here and met there: the answer to the create tells whether it is ours.
  if (!base) return null;
  const isSame = entry?.base
    ? sameJson(base, remote ?? undefined)
    : salvage && remote && isAsSalvaged(salvage, remote, version);
  if (isSame) return null;
  const intent = coalesce(operations, entry);
  if (!intent) return null;
  // Deleted on both sides: the request is answered "gone", and that is what was wanted.
  if (remote === null && isGone(operations, intent.operationIds)) return null;
  const hasDelete = operations.some(({ kind }) => kind === 'delete');
  if (remote !== null && rule.policy === 'merge' && !hasDelete) return null;
  return conflictRows({
    ...{ model, recordId, at, rule, operations, version, remote, base },
    contested: contestedOf(operations, intent.operationIds.length),
    newOperationId: newOperationId(recordId),
  });
}

/**
 * Theirs is gone, where a person was to choose between it and our delete: nothing is left to choose.
 * Null where they still have to.
 */
export function agreedRows(
  facts: Facts,
  { model, at, rule }: PulledConflictContext,
  recordId: string,
): EngineDraft[] | null {
  const key = laneKey(model, recordId);
  if (facts.lanes.size === 0 || getIn(facts.lanes, key)?.state !== 'conflicted') return null;
  const operations = operationsIn(facts, key);
  if (!isGone(operations, operations)) return null;
  const nothing = { base: null, remote: null, version: null, newOperationId: '' };
  return conflictRows({ model, recordId, at, rule, operations, contested: [], ...nothing });
}

/** Whether what goes next is a delete, or ends in one. */
function isGone(operations: readonly Operation[], { length }: readonly unknown[]): boolean {
  return operations[length - 1]?.kind === 'delete';
}
