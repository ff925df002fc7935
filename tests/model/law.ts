import { type AnyStateMachine, transition } from 'xstate';
import {
  cleanContext,
  type RecordContext,
  type RecordEvent,
  type RecordState,
} from '../../machines/record.ts';
import { nextRecordState } from '../../machines/recordTable.ts';

/** Where an event leads a record, or null where the machine has no such move. */
export type RecordLaw = (state: RecordState, event: RecordEvent) => RecordState | null;

/** The law that ships: the table that the reducer itself uses. */
export const shippedLaw: RecordLaw = nextRecordState;

/** The law of another record machine (the planted wrong ones), read as the table reads its own. */
export function lawOf(machine: AnyStateMachine): RecordLaw {
  return (state, event) => {
    const context: RecordContext = cleanContext;
    const snapshot = machine.resolveState({ value: state, context });
    if (!snapshot.can(event)) return null;
    return transition(machine, snapshot, event)[0].value as RecordState;
  };
}

const failure = { code: 'server', message: 'busy', at: 0 } as const;

/** One event of each type and guard class, for the moves and for the enumeration of all cells. */
export const recordEvents = {
  journaled: { type: 'journaled' },
  recorded: { type: 'recorded' },
  sealed: { type: 'sealed' },
  attemptStarted: { type: 'attemptStarted' },
  committedLast: { type: 'committed', remaining: 0 },
  committedMore: { type: 'committed', remaining: 1 },
  retryScheduled: { type: 'retryScheduled', attempts: 1, retryAt: 1, failure },
  conflictFound: { type: 'conflictFound', failure },
  rejected: { type: 'rejected', failure },
  resolvedLast: { type: 'resolved', remaining: 0 },
  resolvedMore: { type: 'resolved', remaining: 1 },
  cancelledLast: { type: 'cancelled', remaining: 0 },
  cancelledMore: { type: 'cancelled', remaining: 1 },
  retried: { type: 'retried' },
  edited: { type: 'edited' },
  discardedLast: { type: 'discarded', remaining: 0 },
  discardedMore: { type: 'discarded', remaining: 1 },
  purged: { type: 'purged' },
} as const satisfies Record<string, RecordEvent>;

/** The name of an event with its guard class: what a cell of the table is told by. */
export function eventName(event: RecordEvent): string {
  if (!('remaining' in event)) return event.type;
  return event.remaining === 0 ? `${event.type} (last)` : `${event.type} (more)`;
}
