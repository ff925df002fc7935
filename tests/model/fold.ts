import type { RecordEvent, RecordState } from '../../machines/record.ts';
import type { Actor } from './actor.ts';
import { type RecordLaw, recordEvents } from './law.ts';
import { type Act, type Operation, type RecordModel, sameIds } from './recordModel.ts';

/**
 * What rows make of a record: `store/fold.ts` without the data. Which state follows is asked of the
 * record machine alone; that this file agrees with the store's own fold is checked by
 * `tests/machines/modelAgainstFold.test.ts`.
 */
export type Row =
  | Act
  | { readonly type: 'sealed' | 'committed'; readonly ids: readonly number[] }
  | { readonly type: 'retryScheduled' }
  | {
      readonly type: 'parked';
      readonly reason: 'rejected' | 'conflict';
      readonly ids: readonly number[];
    }
  | { readonly type: 'purged' };

/** A row that changes nothing. */
export interface Refused {
  /** `machine`: it has no such move, which must not happen. `overtaken`: others were faster. */
  readonly refused: 'machine' | 'overtaken';
  readonly why: string;
}

/** Told of each move of the machine: the cells of the table that were used. */
export type OnMove = (from: RecordState, event: RecordEvent, actor: Actor) => void;

export interface FoldOptions {
  readonly law: RecordLaw;
  readonly onMove: OnMove;
  /** Who made the row. */
  readonly actor: Actor;
}

export function isRefused(folded: RecordModel | Refused): folded is Refused {
  return 'refused' in folded;
}

const overtaken = (why: string): Refused => ({ refused: 'overtaken', why });

/** Moves the machine; a lane that comes to `synced` is forgotten with what it held. */
function moved(
  record: RecordModel,
  { law, onMove, actor }: FoldOptions,
  events: readonly RecordEvent[],
): RecordModel | Refused {
  let { state } = record;
  for (const event of events) {
    const next = law(state, event);
    if (next === null) return { refused: 'machine', why: `${event.type} while ${state}` };
    onMove(state, event, actor);
    state = next;
  }
  return state === 'synced' ? { ...record, state, sealed: [], parked: null } : { ...record, state };
}

/** An answer ends an attempt, also one that began in backoff (`attemptStarted` is no row). */
function attempted(record: RecordModel): RecordEvent[] {
  return record.state === 'backoff' ? [recordEvents.attemptStarted] : [];
}

function writesOf(record: RecordModel, ids: readonly number[]): number {
  let writes = 0;
  for (const { id, write } of record.outbox) if (ids.includes(id)) writes |= write;
  return writes;
}

/** Operations leave the outbox, and whoever waits for them is told. */
function ended(record: RecordModel, ids: readonly number[]): RecordModel {
  const outbox = record.outbox.filter((operation) => !ids.includes(operation.id));
  return { ...record, outbox, owed: record.owed & ~writesOf(record, ids) };
}

/** `operation` takes the place of the first of `ids` and stands for all of them from here on. */
function replaced(record: RecordModel, ids: readonly number[], operation: Operation): RecordModel {
  const at = record.outbox.findIndex((item) => ids.includes(item.id));
  const rest = record.outbox.filter((item) => !ids.includes(item.id));
  const owed = record.owed & ~(writesOf(record, ids) & ~operation.write);
  return { ...record, outbox: rest.toSpliced(at, 0, operation), owed };
}

export function fold(record: RecordModel, row: Row, options: FoldOptions): RecordModel | Refused {
  switch (row.type) {
    case 'recorded': {
      const { operation } = row;
      const isNew = record.state === 'synced';
      const event = isNew ? recordEvents.journaled : recordEvents.recorded;
      const from: RecordModel = isNew ? { ...record, state: 'saving' } : record;
      const after = moved(from, options, [event]);
      return isRefused(after) ? after : { ...after, outbox: [...after.outbox, operation] };
    }
    case 'sealed': {
      if (record.state === 'synced') return overtaken('the lane is empty');
      const after = moved(record, options, [recordEvents.sealed]);
      return isRefused(after) ? after : { ...after, sealed: row.ids };
    }
    case 'committed': {
      if (!sameIds(record.sealed, row.ids)) return overtaken('no such request is sealed');
      const remaining = record.outbox.length - row.ids.length;
      const events = [...attempted(record), { type: 'committed', remaining } as const];
      const after = moved(record, options, events);
      return isRefused(after) ? after : { ...ended(after, row.ids), sealed: [] };
    }
    case 'retryScheduled':
      if (record.state === 'synced') return overtaken('the lane is empty');
      return moved(record, options, [...attempted(record), recordEvents.retryScheduled]);
    case 'parked': {
      if (record.state === 'synced') return overtaken('the lane is empty');
      const { reason, ids } = row;
      const event = reason === 'rejected' ? recordEvents.rejected : recordEvents.conflictFound;
      const after = moved(record, options, [...attempted(record), event]);
      if (isRefused(after) || after.state === 'synced') return after;
      return { ...after, sealed: [], parked: { reason, ids } };
    }
    case 'resolved':
      return resolved(record, row, options);
    case 'cancelled': {
      const bound = [...record.sealed, ...(record.parked?.ids ?? [])];
      if (row.ids.some((id) => bound.includes(id))) return overtaken('too late: it is sealed');
      return left(record, row.ids, 'cancelled', options);
    }
    case 'discarded': {
      if (!row.ids.some((id) => deadIds(record).includes(id))) return overtaken('no dead letter');
      const after = left(record, row.ids, 'discarded', options);
      return isRefused(after) ? after : { ...after, parked: null };
    }
    case 'retried':
    case 'edited': {
      const dead = deadIds(record);
      if (!row.operation || !row.ids.some((id) => dead.includes(id)))
        return overtaken('no dead letter');
      const after = moved(record, options, [{ type: row.type }]);
      if (isRefused(after)) return after;
      const next = { ...replaced(after, dead, row.operation), parked: null };
      if (!row.behind) return next;
      const outbox = [...next.outbox, row.behind];
      return { ...next, outbox, owed: next.owed | row.behind.write };
    }
    case 'purged':
      return purged(record, options);
  }
}

function deadIds({ parked }: RecordModel): readonly number[] {
  return parked?.reason === 'rejected' ? parked.ids : [];
}

function resolved(
  record: RecordModel,
  { ids, operation, by }: Extract<Act, { operation: Operation | null; behind: unknown }>,
  options: FoldOptions,
): RecordModel | Refused {
  if (record.state === 'synced') return overtaken('the lane is empty');
  if (!ids.every((id) => record.outbox.some((item) => item.id === id)))
    return overtaken('an operation that was to be replaced is not here');
  const remaining = record.outbox.length - ids.length + (operation ? 1 : 0);
  // A policy finds and decides at once: the answer to a request, or a pull over what waits.
  const isFound = record.sealed.length > 0 || (by === 'policy' && record.state === 'pending');
  const found =
    record.state === 'conflicted' || !isFound
      ? []
      : [...attempted(record), recordEvents.conflictFound];
  const after = moved(record, options, [...found, { type: 'resolved', remaining }]);
  if (isRefused(after)) return after;
  const next = operation ? replaced(after, ids, operation) : ended(after, ids);
  return { ...next, sealed: [], parked: null };
}

function left(
  record: RecordModel,
  ids: readonly number[],
  type: 'cancelled' | 'discarded',
  options: FoldOptions,
): RecordModel | Refused {
  if (record.state === 'synced') return overtaken('the lane is empty');
  if (!ids.every((id) => record.outbox.some((item) => item.id === id)))
    return overtaken('an operation is not here any more');
  const remaining = record.outbox.length - ids.length;
  const after = moved(record, options, [{ type, remaining }]);
  return isRefused(after) ? after : ended(after, ids);
}

/** Everything goes, told as discarded; what is on the wire is nobody's any more. */
function purged(record: RecordModel, options: FoldOptions): RecordModel | Refused {
  if (record.state === 'synced') return record;
  const after = moved(record, options, [recordEvents.purged]);
  if (isRefused(after)) return after;
  return { ...after, outbox: [], sealed: [], parked: null, owed: 0 };
}
