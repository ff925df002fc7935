import type { RecordState } from '../../machines/record.ts';

/**
 * One record of the model: its lane as `store/facts.ts` has it, without data, times and texts. What
 * an operation says does not matter here; which accepted writes it stands for does.
 */
export interface Operation {
  /** Tells operations of one record apart; renamed from 0 up after every step. */
  readonly id: number;
  /** The write that it stands for, as a bit; a merge or a retry takes over that of what it replaces. */
  readonly write: number;
}

/** A person's act in the tail: shown, not yet durable. */
export type Act =
  | { readonly type: 'recorded'; readonly operation: Operation }
  | Leaving
  | Replacing;

interface Leaving {
  readonly type: 'cancelled' | 'discarded';
  readonly ids: readonly number[];
}

interface Replacing {
  readonly type: 'retried' | 'edited' | 'resolved';
  /** A policy's decision is no act of a person's, and never in the tail. */
  readonly by?: 'policy';
  readonly ids: readonly number[];
  readonly operation: Operation | null;
  /** The same edit once more, behind the lane. */
  readonly behind: Operation | null;
}

function isLeaving(act: Leaving | Replacing): act is Leaving {
  return act.type === 'cancelled' || act.type === 'discarded';
}

/** A request of this page's that has left and not ended. */
export interface Request {
  /**
   * `sent`: on the wire. `doubted`: it got no answer and waits for what the probe finds.
   * `failed`: the server is there, so the attempt counts; its row waits for the disk.
   */
  readonly phase: 'sent' | 'doubted' | 'failed';
  /** The operations of the sealed request that it carries. */
  readonly ids: readonly number[];
}

export interface RecordModel {
  /** The machine's state; `synced` where the store has no lane. */
  readonly state: RecordState;
  readonly outbox: readonly Operation[];
  /** The operations of the sealed request; none: nothing is sealed. */
  readonly sealed: readonly number[];
  readonly parked: {
    readonly reason: 'rejected' | 'conflict';
    readonly ids: readonly number[];
  } | null;
  readonly tail: readonly Act[];
  readonly requests: readonly Request[];
  /**
   * What the outside remembers, kept apart from the queues: writes that were called saved and whose
   * end nobody has told (a refusal that a person has not decided on is no end). As bits.
   */
  readonly owed: number;
}

export const cleanRecord: RecordModel = {
  state: 'synced',
  outbox: [],
  sealed: [],
  parked: null,
  tail: [],
  requests: [],
  owed: 0,
};

/** Stands for an operation that is not here any more. */
const gone = -1;

function operationsOfAct(act: Act): readonly Operation[] {
  if (act.type === 'recorded') return [act.operation];
  if (isLeaving(act)) return [];
  return [act.operation, act.behind].filter((operation) => operation !== null);
}

/** Every operation of the record, durable or not. */
export function allOperations({ outbox, tail }: RecordModel): readonly Operation[] {
  return tail.length === 0 ? outbox : [...outbox, ...tail.flatMap(operationsOfAct)];
}

/** An id that no operation and no request of the record has. */
export function freshId(record: RecordModel): number {
  const ids = allOperations(record).map((operation) => operation.id);
  for (const request of record.requests) ids.push(...request.ids);
  return Math.max(gone, ...ids, ...record.sealed, ...(record.parked?.ids ?? [])) + 1;
}

/** A bit that stands for no write of the record. */
export function freshWrite(record: RecordModel): number {
  let taken = record.owed;
  for (const { write } of allOperations(record)) taken |= write;
  let bit = 1;
  while (taken & bit) bit <<= 1;
  return bit;
}

/** Renames operations and writes by where they stand, so that equal situations are equal values. */
export function canonical(record: RecordModel): RecordModel {
  const ids = new Map<number, number>();
  const writes = new Map<number, number>();
  const meet = (bit: number) => {
    if (!writes.has(bit)) writes.set(bit, 1 << writes.size);
  };
  for (const { id, write } of allOperations(record)) {
    if (!ids.has(id)) ids.set(id, ids.size);
    meet(write);
  }
  for (let bit = 1; bit <= record.owed; bit <<= 1) if (record.owed & bit) meet(bit);
  let owed = 0;
  for (const [bit, name] of writes) if (record.owed & bit) owed |= name;
  const newIds = (old: readonly number[]) => old.map((id) => ids.get(id) ?? gone);
  const renamed = ({ id, write }: Operation): Operation => ({
    id: ids.get(id) ?? gone,
    write: writes.get(write) ?? 0,
  });
  const { state, sealed, parked } = record;
  return {
    state,
    outbox: record.outbox.map(renamed),
    sealed: newIds(sealed),
    parked: parked && { reason: parked.reason, ids: newIds(parked.ids) },
    tail: record.tail.map((act) => renamedAct(act, renamed, newIds)),
    requests: record.requests.map(({ phase, ids: carried }) => ({
      phase,
      // Which request it was that nobody waits for any more makes no difference.
      ids: sameIds(carried, sealed) ? newIds(carried) : [gone],
    })),
    owed,
  };
}

function renamedAct(
  act: Act,
  renamed: (operation: Operation) => Operation,
  newIds: (old: readonly number[]) => number[],
): Act {
  if (act.type === 'recorded') return { type: act.type, operation: renamed(act.operation) };
  const ids = newIds(act.ids);
  if (isLeaving(act)) return { type: act.type, ids };
  const { type, operation, behind } = act;
  return {
    type,
    ids,
    operation: operation && renamed(operation),
    behind: behind && renamed(behind),
  };
}

/** Whether these are the same operations. */
export function sameIds(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((id) => others.includes(id));
}
