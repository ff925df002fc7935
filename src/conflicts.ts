import type { ConflictLogEntry } from '../store/facts.ts';
import { type JsonObject, sameJson } from '../store/json.ts';
import { valuesOf } from '../store/pages.ts';
import type { Operation } from '../store/rows/row.ts';
import { type ParkedConflict, selectConflicts } from '../store/selectors/conflicts.ts';
import type { PersonDraft, SyncState } from '../store/slice.ts';
import { SyncError } from './errors.ts';
import { merge } from './policies/merge.ts';
import type { Env } from './ports/env.ts';
import { checkedChanges } from './writes.ts';

/** `keepLocal`: ours goes on top of theirs. `keepRemote`: theirs stands. A patch: ours with it. */
export type Choice = 'keepLocal' | 'keepRemote' | object;

export interface Conflicts {
  /** Conflicts that wait for a person. */
  list(): readonly ParkedConflict[];
  /** What was overwritten, on either side (`kept` says whose stands), oldest first. The last 1,000. */
  log(): readonly ConflictLogEntry[];
  /**
   * Decides one. `id`: the record's key (with its model, where two models share the key).
   * @throws SyncError `notFound`, `badData`
   */
  resolve(id: string, choice: Choice, model?: string): Promise<void>;
}

export interface ConflictsOptions {
  readonly env: Env;
  readonly state: () => SyncState;
  readonly act: (draft: PersonDraft) => Promise<void>;
}

interface Resolution {
  readonly operation: Operation | null;
  readonly base: JsonObject | null;
  readonly version: string | null;
}

function changedFields(base: JsonObject | null, local: JsonObject): JsonObject {
  const changed = Object.entries(local).filter(
    ([field, value]) => field !== 'id' && !sameJson(base?.[field], value),
  );
  return Object.fromEntries(changed);
}

export function createConflicts({ env, state, act }: ConflictsOptions): Conflicts {
  function resolution(conflict: ParkedConflict, choice: Choice): Resolution {
    const { recordId, remote, remoteVersion, operations } = conflict;
    const base = remote && { ...remote, id: recordId };
    const version = remoteVersion;
    const first = operations[0];
    if (choice === 'keepRemote' || !first) return { operation: null, base, version };
    const patch = typeof choice === 'object' ? checkedChanges(choice) : {};
    const last = operations[operations.length - 1] ?? first;
    const made = {
      ...{ id: env.uuid(), model: first.model, recordId, at: env.now() },
      ...{ visible: true, strategy: first.strategy },
      supersedes: operations.flatMap((item) => [item.id, ...(item.supersedes ?? [])]),
    };
    if (last.kind === 'delete' && typeof choice !== 'object') {
      return { operation: { ...made, kind: 'delete', changes: {} }, base, version };
    }
    // An update that had nothing to stand on is shown nowhere; its words are kept all the same.
    const written = Object.assign({}, ...operations.map(({ changes }) => changes)) as JsonObject;
    const local = { ...(conflict.local ?? { ...base, ...written }), ...patch, id: recordId };
    if (!base) return { operation: { ...made, kind: 'create', changes: local }, base, version };
    // Theirs stays where we changed nothing.
    const fields = changedFields(conflict.base, local);
    const { changes } = merge(conflict.base, { ...fields, ...patch }, base);
    const operation = { ...made, kind: 'update', changes } as const;
    return { operation: Object.keys(changes).length > 0 ? operation : null, base, version };
  }

  return {
    list: () => selectConflicts(state()),
    log: () => valuesOf(state().shown.conflictLog),
    resolve: async (id, choice, model) => {
      const conflict = selectConflicts(state()).find(
        (item) => item.recordId === id && (model === undefined || item.model === model),
      );
      if (!conflict)
        throw new SyncError('notFound', 'there is no conflict of this record (any more)');
      const replaced = conflict.operations.map((operation) => operation.id);
      const { operation, base, version } = resolution(conflict, choice);
      await act({
        ...{ v: 1, type: 'resolved', by: 'person', at: env.now() },
        ...{ model: conflict.model, recordId: conflict.recordId },
        ...{ replaced, operation, base, version, overwritten: [] },
      });
    },
  };
}
