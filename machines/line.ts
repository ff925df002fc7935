import { assertEvent, assign, setup } from 'xstate';

export type LineState =
  | 'open'
  | 'pausedUntil'
  | 'refreshing'
  | 'renewed'
  | 'authRequired'
  | 'tripped'
  | 'trying';

/** Whether requests may go to one origin. Facts of what it answered; times in ms. */
export type LineEvent =
  /** An answer about a request itself came: the origin is there and lets us in. */
  | { readonly type: 'answered' }
  /** It asked for time (429, 503 with Retry-After). */
  | { readonly type: 'pauseAsked'; readonly retryIn: number }
  /**
   * Credentials were refused (401). `renewals`: how many had come before the request left; an answer
   * from before the last renewal says nothing about the new ones.
   */
  | { readonly type: 'unauthorized'; readonly renewals: number }
  | { readonly type: 'credentialsRenewed' }
  /** There are none to be had without a person. */
  | { readonly type: 'credentialsDenied' }
  /** Nothing can work at present (a bad deployment): `retryIn` until one request is tried. */
  | { readonly type: 'tripped'; readonly retryIn: number }
  /** A person asks to go on: signed in again, mended the server. */
  | { readonly type: 'resumeRequested' };

export interface LineContext {
  readonly retryIn: number;
  /** How often credentials were renewed. */
  readonly renewals: number;
  /** Failed tries in a row since it tripped. */
  readonly trips: number;
  /** Pauses in a row without an answer in between; what is said while it pauses is one with it. */
  readonly pauses: number;
  /** A pause that was asked for while credentials are renewed: waited for then (ms; 0: none). */
  readonly owed: number;
}

export const lineMachine = setup({
  types: {
    context: {} as LineContext,
    events: {} as LineEvent,
    tags: {} as 'open' | 'busy' | 'waiting' | 'attention',
  },
  guards: {
    isCurrent: ({ context, event }) => {
      assertEvent(event, 'unauthorized');
      return event.renewals === context.renewals;
    },
    isOwed: ({ context }) => context.owed > 0,
  },
  actions: {
    wait: assign({
      retryIn: ({ event }) => {
        assertEvent(event, ['pauseAsked', 'tripped']);
        return event.retryIn;
      },
    }),
    waitLonger: assign({
      retryIn: ({ context, event }) => {
        assertEvent(event, 'pauseAsked');
        return Math.max(context.retryIn, event.retryIn);
      },
    }),
    owe: assign({
      owed: ({ context, event }) => {
        assertEvent(event, 'pauseAsked');
        return Math.max(context.owed, event.retryIn);
      },
    }),
    oweNothing: assign({ owed: 0 }),
    waitAsOwed: assign({ retryIn: ({ context }) => context.owed }),
    countPause: assign({ pauses: ({ context }) => context.pauses + 1 }),
    renew: assign({ renewals: ({ context }) => context.renewals + 1 }),
    trip: assign({ trips: ({ context }) => context.trips + 1 }),
    succeed: assign({ trips: 0, pauses: 0 }),
  },
  delays: { retryIn: ({ context }) => context.retryIn },
}).createMachine({
  id: 'line',
  initial: 'open',
  context: { retryIn: 0, renewals: 0, trips: 0, pauses: 0, owed: 0 },
  states: {
    open: {
      tags: 'open',
      description: 'Requests go.',
      on: {
        answered: { actions: 'succeed' },
        pauseAsked: { target: 'pausedUntil', actions: ['wait', 'countPause'] },
        unauthorized: { guard: 'isCurrent', target: 'refreshing' },
        tripped: { target: 'tripped', actions: ['wait', 'trip'] },
      },
    },
    pausedUntil: {
      tags: 'waiting',
      description: 'The server asked for time.',
      after: { retryIn: 'open' },
      on: {
        // Whoever sends it has seen to it that no longer wait is cut short.
        pauseAsked: { target: 'pausedUntil', reenter: true, actions: 'wait' },
        resumeRequested: 'open',
      },
    },
    refreshing: {
      tags: 'busy',
      description: 'New credentials are asked for, once for all that wait.',
      entry: 'oweNothing',
      on: {
        credentialsRenewed: [
          {
            guard: 'isOwed',
            target: 'pausedUntil',
            actions: ['renew', 'waitAsOwed', 'countPause'],
          },
          { target: 'renewed', actions: 'renew' },
        ],
        pauseAsked: { actions: 'owe' },
        credentialsDenied: 'authRequired',
        resumeRequested: { target: 'renewed', actions: 'renew' },
      },
    },
    renewed: {
      tags: 'open',
      description: 'Requests go with new credentials that no answer has proved yet.',
      on: {
        answered: { target: 'open', actions: 'succeed' },
        unauthorized: { guard: 'isCurrent', target: 'authRequired' },
        pauseAsked: { target: 'pausedUntil', actions: ['wait', 'countPause'] },
        tripped: { target: 'tripped', actions: ['wait', 'trip'] },
      },
    },
    authRequired: {
      tags: 'attention',
      description: 'A person must sign in; nothing is dropped meanwhile.',
      on: { resumeRequested: { target: 'renewed', actions: 'renew' } },
    },
    tripped: {
      tags: ['waiting', 'attention'],
      description: 'What answers there refuses everything; one request is tried from time to time.',
      after: { retryIn: 'trying' },
      on: {
        // Not tried before the server's own time is over.
        pauseAsked: { target: 'tripped', reenter: true, actions: 'waitLonger' },
        resumeRequested: { target: 'open', actions: 'succeed' },
      },
    },
    trying: {
      tags: 'open',
      description: 'One request at a time, until one succeeds.',
      on: {
        answered: { target: 'open', actions: 'succeed' },
        tripped: { target: 'tripped', actions: ['wait', 'trip'] },
        pauseAsked: { target: 'pausedUntil', actions: ['wait', 'countPause'] },
        unauthorized: { guard: 'isCurrent', target: 'refreshing' },
        resumeRequested: { target: 'open', actions: 'succeed' },
      },
    },
  },
});
