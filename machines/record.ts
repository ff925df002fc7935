import { assign, setup } from 'xstate';
import type { Failure } from './failure.ts';

/**
 * The life of one record on this device, from the moment a change is dispatched until the server
 * has everything. The store keeps `{ state, attempts, retryAt, failure }` for dirty records only;
 * `saving` and `synced` are drawn and derived (in the tail, no entry).
 *
 * ```
 * saving > pending > syncing > synced
 *                    syncing > backoff > syncing
 *                    syncing > conflicted > pending | synced
 *                    syncing > failed > pending | synced
 * ```
 */
export type RecordState =
  | 'saving'
  | 'pending'
  | 'syncing'
  | 'backoff'
  | 'conflicted'
  | 'failed'
  | 'synced';

export interface RecordContext {
  /** Failed attempts of the request under way; offline time spends none. */
  readonly attempts: number;
  /** When the next attempt is due (ms since 1970), or null. */
  readonly retryAt: number | null;
  readonly failure: Failure | null;
}

/** Facts about one record, in the past tense. `remaining`: operations left in its lane. */
export type RecordEvent =
  | { readonly type: 'journaled' }
  | { readonly type: 'recorded' }
  | { readonly type: 'sealed' }
  | { readonly type: 'attemptStarted' }
  | { readonly type: 'committed'; readonly remaining: number }
  | {
      readonly type: 'retryScheduled';
      readonly attempts: number;
      readonly retryAt: number;
      readonly failure: Failure;
    }
  | { readonly type: 'conflictFound'; readonly failure: Failure }
  | { readonly type: 'rejected'; readonly failure: Failure }
  | { readonly type: 'resolved'; readonly remaining: number }
  | { readonly type: 'cancelled'; readonly remaining: number }
  | { readonly type: 'retried' }
  | { readonly type: 'edited' }
  | { readonly type: 'discarded'; readonly remaining: number }
  | { readonly type: 'purged' };

export const cleanContext: RecordContext = { attempts: 0, retryAt: null, failure: null };

/**
 * What is remembered after an event. A function of the event alone (not of the state), so that the
 * table used inside the reducer needs to memoise only states.
 */
export function contextAfter(context: RecordContext, event: RecordEvent): RecordContext {
  switch (event.type) {
    case 'retryScheduled':
      return { attempts: event.attempts, retryAt: event.retryAt, failure: event.failure };
    case 'conflictFound':
    case 'rejected':
      return { attempts: context.attempts, retryAt: null, failure: event.failure };
    case 'attemptStarted':
      return { attempts: context.attempts, retryAt: null, failure: context.failure };
    case 'journaled':
    case 'recorded':
    case 'cancelled':
      return context;
    default:
      return cleanContext;
  }
}

const remember = { actions: 'remember' } as const;
const done = [
  { guard: 'nothingLeft', target: 'synced', ...remember },
  { target: 'pending', ...remember },
] as const;

export const recordMachine = setup({
  types: {
    context: {} as RecordContext,
    events: {} as RecordEvent,
    tags: {} as 'busy' | 'waiting' | 'attention',
  },
  guards: {
    nothingLeft: ({ event }) => 'remaining' in event && event.remaining === 0,
  },
  actions: {
    remember: assign(({ context, event }) => contextAfter(context, event)),
  },
}).createMachine({
  id: 'record',
  initial: 'saving',
  context: cleanContext,
  states: {
    saving: {
      tags: 'busy',
      description: 'Dispatched and shown; not yet durable.',
      on: {
        journaled: { target: 'pending', ...remember },
        purged: { target: 'synced', ...remember },
      },
    },
    pending: {
      tags: 'waiting',
      description: 'Durable; waits for its turn.',
      on: {
        recorded: { ...remember },
        sealed: { target: 'syncing', ...remember },
        conflictFound: { target: 'conflicted', ...remember },
        cancelled: done,
        discarded: done,
        purged: { target: 'synced', ...remember },
      },
    },
    syncing: {
      tags: 'busy',
      description: 'Sealed: the request will never change again, and is on its way.',
      on: {
        recorded: { ...remember },
        cancelled: { ...remember },
        committed: done,
        retryScheduled: { target: 'backoff', ...remember },
        conflictFound: { target: 'conflicted', ...remember },
        rejected: { target: 'failed', ...remember },
        purged: { target: 'synced', ...remember },
      },
    },
    backoff: {
      tags: 'waiting',
      description: 'Sealed; the next attempt is due at `retryAt`.',
      on: {
        recorded: { ...remember },
        cancelled: { ...remember },
        attemptStarted: { target: 'syncing', ...remember },
        purged: { target: 'synced', ...remember },
      },
    },
    conflicted: {
      tags: 'attention',
      description: 'Others changed it too; a policy resolves at once, or a person decides.',
      on: {
        recorded: { ...remember },
        cancelled: { ...remember },
        resolved: done,
        purged: { target: 'synced', ...remember },
      },
    },
    failed: {
      tags: 'attention',
      description: 'The server refused it for good: a dead letter holds the lane.',
      on: {
        recorded: { ...remember },
        cancelled: { ...remember },
        retried: { target: 'pending', ...remember },
        edited: { target: 'pending', ...remember },
        discarded: done,
        purged: { target: 'synced', ...remember },
      },
    },
    synced: { type: 'final', description: 'The server has everything.' },
  },
});
