import type { ConflictLogEntry } from '../store/facts.ts';
import type { JsonObject } from '../store/json.ts';
import { netChange } from '../store/netChange.ts';
import { valuesOf } from '../store/pages.ts';
import { type Replacing, replacement } from '../store/replacement.ts';
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

export function createConflicts({ env, state, act }: ConflictsOptions): Conflicts {
  function resolution(conflict: ParkedConflict, choice: Choice): Resolution {
    const { recordId, remote, remoteVersion, operations } = conflict;
    const base = remote && { ...remote, id: recordId };
    const version = remoteVersion;
    if (choice === 'keepRemote') return { operation: null, base, version };
    const patch = typeof choice === 'object' ? checkedChanges(choice) : {};
    const operation = standIn(operations, (id) => {
      // What was written counts, also where it is not shown: an edit that had nothing to stand on.
      const ours = netChange(conflict.base, operations);
      if (!ours.record && typeof choice !== 'object') return { id, kind: 'delete', changes: {} };
      const local = { ...(ours.record ?? base), ...patch, id: recordId };
      if (!base) return { id, kind: 'create', changes: local };
      // Theirs stays where we changed nothing.
      const { id: _, ...fields } = { ...ours.changes, ...patch };
      const { changes } = merge(conflict.base, fields, base);
      return Object.keys(changes).length > 0 ? { id, kind: 'update', changes } : null;
    });
    return { operation, base, version };
  }

  function standIn(
    replaced: readonly Operation[],
    say: (id: string) => Replacing | null,
  ): Operation | null {
    const said = say(env.uuid());
    const made = said && replacement(replaced, said);
    // It was decided now, and by a person who has seen it.
    return made && { ...made, at: env.now(), visible: true };
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
