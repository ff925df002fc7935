import type { Failure } from '../../machines/failure.ts';
import type { JsonObject } from '../../store/json.ts';
import type { Operation } from '../../store/rows/row.ts';
import type { EngineDraft } from '../journal/engineQueue.ts';
import {
  type ConflictFacts,
  type ConflictRule,
  type Decision,
  decide,
} from '../policies/policy.ts';

export interface ConflictContext extends ConflictFacts {
  readonly at: number;
  readonly rule: ConflictRule;
  /** Of the record that the server has. */
  readonly version: string | null;
  /** Everything that waits in the lane, what `operations` names included. */
  readonly waiting: readonly Operation[];
  /** For the operation that stands for what is resolved. */
  readonly newOperationId: string;
}

/** The rows that a conflict becomes, by the model's policy. */
export function conflictRows(context: ConflictContext): EngineDraft[] {
  const decision = decide(context.rule, context);
  return decision.kind === 'park' ? parkedRows(context) : [decidedRow(context, decision)];
}

function decidedRow(
  context: ConflictContext,
  decision: Exclude<Decision, { kind: 'park' }>,
): EngineDraft {
  switch (decision.kind) {
    case 'drop':
      // What was written on top of what does not stand goes with it.
      return {
        ...resolvedRow(context, context.waiting, null, context.remote),
        outcome: 'discarded',
        overwritten: decision.overwritten,
      };
    case 'send':
      return {
        ...resolvedRow(context, context.operations, standIn(context, decision), context.remote),
        overwritten: decision.overwritten,
      };
    case 'recreate':
      return resolvedRow(context, context.operations, standIn(context, decision), null);
    case 'delete':
      return resolvedRow(context, context.operations, standIn(context, decision), context.remote);
  }
}

/** What goes to the server instead; null if nothing is left to say. */
function standIn(
  { operations, newOperationId }: ConflictContext,
  made: Decision,
): Operation | null {
  const first = operations[0];
  if (!first) return null;
  const supersedes = operations.flatMap((item) => [item.id, ...(item.supersedes ?? [])]);
  const operation = { ...first, id: newOperationId, supersedes };
  switch (made.kind) {
    case 'send':
      if (Object.keys(made.changes).length === 0) return null;
      return { ...operation, kind: 'update', changes: made.changes };
    case 'recreate':
      return { ...operation, kind: 'create', changes: made.record };
    case 'delete':
      return { ...operation, kind: 'delete', changes: {} };
    default:
      return null;
  }
}

function resolvedRow(
  { model, recordId, at, version, remote }: ConflictContext,
  replaced: readonly Operation[],
  operation: Operation | null,
  base: JsonObject | null,
) {
  const row = { v: 1, type: 'resolved', by: 'policy', model, recordId, at } as const;
  const ids = replaced.map(({ id }) => id);
  return {
    ...{ ...row, replaced: ids, operation, base, version: remote && base ? version : null },
    overwritten: [],
  };
}

/** A person decides. Deleted here and changed there: their change is shown meanwhile. */
function parkedRows(context: ConflictContext): EngineDraft[] {
  const { model, recordId, at, operations, changes, remote, version } = context;
  const message = messageOf(context);
  const failure: Failure = { code: remote ? 'conflict' : 'remoteDeleted', message, at };
  const operationIds = operations.map((operation) => operation.id);
  const conflict = { remote, remoteVersion: version };
  const parked = { v: 1, type: 'parked', model, recordId, at, reason: 'conflict' } as const;
  const row = { ...parked, failure, operationIds, rollback: changes === null, conflict };
  if (changes !== null || remote === null) return [row];
  const items = [{ id: recordId, record: remote, version }];
  const page = { items, deleted: [], since: null, cursor: null, complete: false };
  return [row, { v: 1, type: 'pulled', model, at, ...page }];
}

function messageOf({ changes, remote }: ConflictContext): string {
  if (!remote) return 'it was deleted by others';
  return changes
    ? 'it was changed by others too'
    : 'it was changed by others after it was deleted here';
}
