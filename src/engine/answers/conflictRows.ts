import type { Failure } from '../../../machines/failure.ts';
import { conflictWords } from '../../../store/conflictWords.ts';
import type { JsonObject } from '../../../store/json.ts';
import { replacement } from '../../../store/replacement.ts';
import type { Operation } from '../../../store/rows/row.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import {
  type ConflictFacts,
  type ConflictRule,
  type Decision,
  decide,
  localOf,
} from '../../policies/policy.ts';

export interface ConflictContext extends ConflictFacts {
  readonly at: number;
  readonly rule: ConflictRule;
  /** Of the record that the server has. */
  readonly version: string | null;
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
  const { operations, remote } = context;
  switch (decision.kind) {
    case 'agree':
      return resolvedRow(context, operations, null, null);
    case 'drop': {
      const { overwritten } = decision;
      const row = resolvedRow(context, operations, null, remote);
      return { ...row, outcome: 'discarded', overwritten };
    }
    case 'send': {
      const { replaces, overwritten } = decision;
      return {
        ...resolvedRow(context, replaces, standIn(context, decision), remote),
        overwritten,
      };
    }
    case 'recreate':
      return resolvedRow(context, decision.replaces, standIn(context, decision), null);
    case 'delete':
      return resolvedRow(context, decision.replaces, standIn(context, decision), remote);
  }
}

type Standing = Extract<Decision, { readonly replaces: unknown }>;

/** What goes to the server in the place of what is replaced; null if nothing is left to say. */
function standIn({ newOperationId: id }: ConflictContext, decision: Standing): Operation | null {
  switch (decision.kind) {
    case 'send': {
      const { changes, replaces } = decision;
      if (Object.keys(changes).length === 0) return null;
      return replacement(replaces, { id, kind: 'update', changes });
    }
    case 'recreate':
      return replacement(decision.replaces, { id, kind: 'create', changes: decision.record });
    case 'delete':
      return replacement(decision.replaces, { id, kind: 'delete', changes: {} });
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
  const { model, recordId, at, operations, contested, remote, version } = context;
  const isDeleted = localOf(context) === null;
  const failure: Failure = { ...conflictWords(remote, isDeleted), at };
  const operationIds = (isDeleted ? operations : contested).map((operation) => operation.id);
  const conflict = { remote, remoteVersion: version };
  const parked = { v: 1, type: 'parked', model, recordId, at, reason: 'conflict' } as const;
  const row = { ...parked, failure, operationIds, rollback: isDeleted, conflict };
  if (!isDeleted || remote === null) return [row];
  const items = [{ id: recordId, record: remote, version }];
  const page = { items, deleted: [], since: null, cursor: null, complete: false };
  return [row, { v: 1, type: 'pulled', model, at, ...page }];
}
