import type { RecordModel } from './recordModel.ts';
import type { View } from './recordMove.ts';
import type { RecordEdge } from './space.ts';

/** What must hold of the whole. The order is that of the report. */
export const properties = {
  kept: 'no write that was called saved is in no queue',
  single: 'never two requests of one record under way',
  sealed: 'a sealed request never changes',
  legal: 'the record machine is never asked for a move that it has not',
  held: 'no sending, nor deciding to, while it leads not, is paused, shows the past, may be offline; no sending past the line',
  truthful:
    'syncing and backoff have a sealed request, failed and conflicted what is parked, no other',
  goesOn:
    'where work may be done and there is some, the kit, the server or a timer does the next step',
  woken: 'when work becomes possible the scheduler is woken',
  rests: 'rest can be reached: everything settled, nothing under way',
  alone: 'rest can be reached without a person and without hints, where nobody is waited for',
} as const;

export type PropertyId = keyof typeof properties;

/** A broken promise, and how it is broken. */
export interface Trouble {
  readonly property: PropertyId;
  readonly why: string;
}

/** What is wrong with a record as it is, or null. */
export function recordTrouble(record: RecordModel): Trouble | null {
  const { state, outbox, owed, requests, sealed, parked } = record;
  const inLane = state === 'synced' ? [] : outbox;
  const queued = inLane.reduce((all, { write }) => all | write, 0);
  if (owed & ~queued) {
    const why = outbox.length > inLane.length ? 'it stands in no lane' : 'it is gone';
    return { property: 'kept', why: `${why}, and nobody was told how it ended` };
  }
  if (requests.length > 1) return { property: 'single', why: `${requests.length} are under way` };
  const isSealed = state === 'syncing' || state === 'backoff';
  const isParked = state === 'failed' || state === 'conflicted';
  if (isSealed !== sealed.length > 0)
    return { property: 'truthful', why: `${state}, ${sealed.length} operations sealed` };
  if (isParked !== (parked !== null))
    return { property: 'truthful', why: `${state}, ${parked ? 'something' : 'nothing'} parked` };
  if (state !== 'synced' && outbox.length === 0)
    return { property: 'truthful', why: `${state}, and nothing is in its lane` };
  return null;
}

/** What the scheduler could do for a record: now, once a timer has fired, or nothing. */
export type Work = 'none' | 'later' | 'now';

export function workOf({ state, outbox, requests }: RecordModel, { works, sends }: View): Work {
  if (!works || requests.length > 0 || outbox.length === 0) return 'none';
  if (sends === 'none' && state !== 'pending') return 'none';
  if (state === 'pending' || state === 'syncing') return 'now';
  return state === 'backoff' ? 'later' : 'none';
}

/** Whether somebody other than a person moves a record that has work, where it may. */
export function goesOn(record: RecordModel, view: View, edges: readonly RecordEdge[]): boolean {
  const isMoving = record.requests.some(({ phase }) => phase === 'sent');
  if (!view.works || (workOf(record, view) === 'none' && !isMoving)) return true;
  const movers = ['kit', 'server', 'time'];
  return edges.some(({ move }) => move.heals && movers.includes(move.actor));
}

export function isResting({ state, outbox, tail, requests }: RecordModel): boolean {
  return state === 'synced' && outbox.length + tail.length + requests.length === 0;
}
