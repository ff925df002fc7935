import type { Entry } from './facts.ts';
import type { JsonObject } from './json.ts';
import type { Operation } from './rows/row.ts';

/** What one request is to say: a record's leading run of operations, folded into one. */
export interface Intent {
  readonly kind: 'create' | 'update' | 'delete';
  readonly model: string;
  readonly recordId: string;
  /** The idempotency key: the first operation's id. */
  readonly key: string;
  /** The operations that its answer settles. */
  readonly operationIds: readonly string[];
  /** The whole record (create), the replaced top-level fields (update), {} (delete). */
  readonly changes: JsonObject;
  readonly base: JsonObject | null;
  readonly version: string | null;
  /** The server's own id of the record, where it has one. */
  readonly alias: string | null;
  /** How this one call travels, where it differs from its model's way. */
  readonly request: JsonObject | null;
}

/** A create that is deleted before anybody saw it needs no request (where none was there before). */
export interface NothingToSend {
  readonly kind: 'nothing';
  readonly operationIds: readonly string[];
}

/** A run longer than this is sent in parts: a request stays of a size that servers take. */
export const runLimits = { operations: 1_000, characters: 1_000_000 } as const;

/**
 * Coalesces the leading run of a lane. What follows what:
 *
 * | so far \ next | create | update | delete |
 * |---|---|---|---|
 * | create | ends the run | one create | nothing to send; one delete over a base |
 * | update | ends the run | one update | one delete |
 * | delete | ends the run | ends the run | ends the run |
 *
 * Over a base a create that leads is an update. Never across another strategy, a `dependsOn`, or a call with a request of its own. `operations` are the unsealed ones of the lane, in order.
 *
 * @example coalesce([create({ a: 1 }), update({ b: 2 })], undefined) // one create of { a: 1, b: 2 }
 */
export function coalesce(
  operations: readonly Operation[],
  entry: Entry | undefined,
): Intent | NothingToSend | null {
  const first = operations[0];
  if (!first) return null;
  // Made here again while nobody knew that it is there: a second request to make it would make two.
  let kind = kindOf(first) === 'create' && entry?.base ? 'update' : kindOf(first);
  let changes = first.changes;
  const operationIds = [first.id];
  let characters = 0;
  for (const next of operations.slice(1, runLimits.operations)) {
    if (kind === 'delete' || kindOf(next) === 'create' || !mayJoin(first, next)) break;
    if (next.kind === 'delete') {
      operationIds.push(next.id);
      if (kind === 'create' && !entry?.base) return { kind: 'nothing', operationIds };
      kind = 'delete';
      changes = {};
      continue;
    }
    characters += JSON.stringify(next.changes).length;
    if (characters > runLimits.characters) break;
    changes = { ...changes, ...next.changes };
    operationIds.push(next.id);
  }
  const { model, recordId, id: key } = first;
  return {
    ...{ kind, model, recordId, key, operationIds, changes },
    base: entry?.base ?? null,
    version: entry?.version ?? null,
    alias: entry?.alias ?? null,
    request: first.request ?? null,
  };
}

function mayJoin(first: Operation, next: Operation): boolean {
  if (next.strategy !== first.strategy || next.dependsOn !== undefined) return false;
  return first.request === undefined && next.request === undefined;
}

function kindOf(operation: Operation): 'create' | 'update' | 'delete' {
  return operation.kind === 'upsert' ? 'create' : operation.kind;
}
