import { type Lane, laneKey } from '../store/facts.ts';
import { type OutboxItem, selectOutbox } from '../store/outboxView.ts';
import { getIn } from '../store/pages.ts';
import type { Operation } from '../store/rows/row.ts';
import { coalesce } from '../store/seal.ts';
import { operationsOf } from '../store/selectors/conflicts.ts';
import { selectOutcome } from '../store/selectors/outcomes.ts';
import type { PersonDraft, SyncState } from '../store/slice.ts';
import { SyncError } from './errors.ts';
import type { OperationHandle, Settled } from './handles.ts';
import type { Env } from './ports/env.ts';
import { checkedChanges } from './writes.ts';

/** Ways out of every wait: see, take back, try again, change, drop. */
export interface Outbox {
  /** Everything that the server does not have yet, in the order it was made. */
  list(): readonly OutboxItem[];
  /** Takes back what is not sealed; a create takes its later edits with it. */
  cancel(operationId: string): Promise<'cancelled' | 'tooLate'>;
  /**
   * Sends a dead letter once more, unchanged, under a new id and key.
   * @throws SyncError `notFound` if it is no dead letter
   */
  retry(operationId: string): Promise<OperationHandle>;
  /**
   * Sends a dead letter with these fields replaced.
   * @throws SyncError `notFound`, `badData`
   */
  edit(operationId: string, changes: object): Promise<OperationHandle>;
  /**
   * Drops a dead letter; a create takes its later edits with it.
   * @throws SyncError `notFound`
   */
  discard(operationId: string): Promise<void>;
  /** How an operation ended; waits for it. `unknown`: neither here nor remembered. */
  settled(operationId: string): Promise<Settled>;
}

export interface OutboxOptions {
  readonly env: Env;
  readonly state: () => SyncState;
  /** Dispatches an act and resolves when it is durable. */
  readonly act: (draft: PersonDraft) => Promise<void>;
  readonly handleOf: (operation: Operation, saved: Promise<void>) => OperationHandle;
  readonly settled: (model: string, recordId: string, operationId: string) => Promise<Settled>;
}

interface Found {
  readonly operation: Operation;
  readonly lane: Lane;
  /** The lane's operations from this one on. */
  readonly following: readonly Operation[];
}

function find(state: SyncState, operationId: string): Found | null {
  const place = getIn(state.shown.places, operationId);
  const operation = place === undefined ? undefined : getIn(state.shown.outbox, place);
  if (!operation) return null;
  const { model, recordId } = operation;
  const lane = getIn(state.shown.lanes, laneKey(model, recordId));
  if (!lane) return null;
  const all = operationsOf(state, model, recordId);
  const at = all.findIndex((item) => item.id === operation.id);
  return { operation, lane, following: all.slice(at) };
}

/** What leaves with an operation: everything behind it, if the record would not exist without. */
function withDependants({ operation, following }: Found): readonly Operation[] {
  const carries = operation.kind === 'create' || !operation.visible;
  return carries ? following : [operation];
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { env, state, act, handleOf } = options;

  /** A dead letter with all operations that were refused together. */
  function deadLetter(operationId: string) {
    const found = find(state(), operationId);
    const parked = found?.lane.parked;
    if (
      !found ||
      parked?.reason !== 'rejected' ||
      !parked.operationIds.includes(found.operation.id)
    ) {
      throw new SyncError('notFound', 'there is no dead letter of this operation id (any more)');
    }
    const { model, recordId } = found.operation;
    const lane = operationsOf(state(), model, recordId);
    const dead = lane.filter((item) => parked.operationIds.includes(item.id));
    const behind = lane.filter((item) => !parked.operationIds.includes(item.id));
    return { model, recordId, dead, behind, ids: parked.operationIds };
  }

  function replacement(dead: readonly Operation[], patch: Operation['changes']): Operation {
    const intent = coalesce(dead, undefined);
    const first = dead[0];
    if (!first || !intent || intent.kind === 'nothing') {
      throw new SyncError('notFound', 'there is nothing left of this dead letter');
    }
    const supersedes = dead.flatMap((item) => [item.id, ...(item.supersedes ?? [])]);
    const changes = { ...intent.changes, ...patch };
    const { kind } = intent;
    return { ...first, id: env.uuid(), at: env.now(), kind, changes, supersedes };
  }

  return {
    list: () => selectOutbox(state()),
    cancel: async (operationId) => {
      const found = find(state(), operationId);
      if (!found) return 'tooLate';
      const { model, recordId } = found.operation;
      const bound = [found.lane.sealed, found.lane.parked].flatMap(
        (item) => item?.operationIds ?? [],
      );
      const leaving = withDependants(found).map((item) => item.id);
      if (leaving.some((id) => bound.includes(id))) return 'tooLate';
      const draft = { v: 1, type: 'cancelled', at: env.now(), model, recordId } as const;
      await act({ ...draft, operationIds: leaving });
      // It may have been sealed while the act was written: the settlement tells.
      return selectOutcome(state(), found.operation.id) === 'cancelled' ? 'cancelled' : 'tooLate';
    },
    retry: async (operationId) => {
      const { model, recordId, dead, ids } = deadLetter(operationId);
      const operation = replacement(dead, {});
      const row = { v: 1, type: 'retried', at: env.now(), model, recordId } as const;
      const saved = act({ ...row, operationIds: ids, operation });
      const handle = handleOf(operation, saved);
      await saved;
      return handle;
    },
    edit: async (operationId, changes) => {
      const patch = checkedChanges(changes);
      const { model, recordId, dead, behind, ids } = deadLetter(operationId);
      const operation = replacement(dead, patch);
      // What is queued behind must not undo the edit.
      const undone = behind.some((item) =>
        Object.keys(patch).some((field) => Object.hasOwn(item.changes, field)),
      );
      const again: Operation | null = undone
        ? { ...omitSupersedes(operation), id: env.uuid(), kind: 'update', changes: patch }
        : null;
      const row = { v: 1, type: 'edited', at: env.now(), model, recordId } as const;
      const saved = act({ ...row, operationIds: ids, operation, behind: again });
      const handle = handleOf(operation, saved);
      await saved;
      return handle;
    },
    discard: async (operationId) => {
      const { model, recordId, dead, behind } = deadLetter(operationId);
      const carries = dead.some((item) => item.kind === 'create' || !item.visible);
      const operationIds = [...dead, ...(carries ? behind : [])].map((item) => item.id);
      const row = { v: 1, type: 'discarded', at: env.now(), model, recordId } as const;
      await act({ ...row, operationIds });
    },
    settled: (operationId) => {
      const found = find(state(), operationId);
      const { model = '', recordId = '' } = found?.operation ?? {};
      return options.settled(model, recordId, operationId);
    },
  };
}

function omitSupersedes({ supersedes: _, ...operation }: Operation): Operation {
  return operation;
}
