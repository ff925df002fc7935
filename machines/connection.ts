import { assertEvent, assign, setup } from 'xstate';

export type ConnectionState = 'offline' | 'unsuited' | 'probing' | 'online' | 'waiting';

/** Whether requests can reach the server at all. The platform's word is a hint; a probe decides. */
export type ConnectionEvent =
  /** The platform says there is (not) a network. */
  | { readonly type: 'networkCame' }
  | { readonly type: 'networkWent' }
  /** There is one, but not of the kind that the app asks for. */
  | { readonly type: 'networkUnsuited' }
  /** A request ended without an HTTP answer. */
  | { readonly type: 'requestFailed' }
  | { readonly type: 'probeSucceeded' }
  /** `retryIn`: ms until the next probe, drawn by the engine (full jitter). */
  | { readonly type: 'probeFailed'; readonly retryIn: number };

export interface ConnectionContext {
  /** The platform's last word. */
  readonly hinted: 'present' | 'absent' | 'unsuited';
  /** Probes failed in a row; 0 once one succeeded. */
  readonly failures: number;
  readonly retryIn: number;
}

/** A platform that says "no network" may lie: ask again after this long (ms). */
export const distrustDelay = 30_000;

export const connectionMachine = setup({
  types: {
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
    input: {} as { hinted: ConnectionContext['hinted'] },
    tags: {} as 'busy' | 'waiting',
  },
  guards: {
    hintedAbsent: ({ context }) => context.hinted === 'absent',
    hintedUnsuited: ({ context }) => context.hinted === 'unsuited',
  },
  actions: {
    hintPresent: assign({ hinted: 'present' }),
    hintAbsent: assign({ hinted: 'absent' }),
    hintUnsuited: assign({ hinted: 'unsuited' }),
    succeed: assign({ failures: 0 }),
    fail: assign({
      failures: ({ context }) => context.failures + 1,
      retryIn: ({ event }) => {
        assertEvent(event, 'probeFailed');
        return event.retryIn;
      },
    }),
  },
  delays: {
    retryIn: ({ context }) => context.retryIn,
    distrust: distrustDelay,
  },
}).createMachine({
  id: 'connection',
  context: ({ input }) => ({ hinted: input.hinted, failures: 0, retryIn: 0 }),
  initial: 'starting',
  states: {
    starting: {
      always: [
        { guard: 'hintedAbsent', target: 'offline' },
        { guard: 'hintedUnsuited', target: 'unsuited' },
        { target: 'online' },
      ],
    },
    offline: {
      tags: 'waiting',
      description: 'The platform says so and a probe did not disprove it.',
      after: { distrust: 'probing' },
      on: {
        networkUnsuited: { target: 'unsuited', actions: 'hintUnsuited' },
        networkCame: { target: 'probing', actions: 'hintPresent' },
      },
    },
    unsuited: {
      tags: 'waiting',
      description: 'There is a network, but the app does not want to use this kind of it.',
      on: {
        networkCame: { target: 'probing', actions: 'hintPresent' },
        networkWent: { target: 'offline', actions: 'hintAbsent' },
      },
    },
    probing: {
      tags: 'busy',
      description: 'One cheap request decides; nothing else is sent meanwhile.',
      on: {
        networkUnsuited: { target: 'unsuited', actions: 'hintUnsuited' },
        networkCame: { actions: 'hintPresent' },
        networkWent: { actions: 'hintAbsent' },
        probeSucceeded: { target: 'online', actions: 'succeed' },
        probeFailed: [
          { guard: 'hintedAbsent', target: 'offline', actions: 'fail' },
          { target: 'waiting', actions: 'fail' },
        ],
      },
    },
    online: {
      on: {
        networkUnsuited: { target: 'unsuited', actions: 'hintUnsuited' },
        networkCame: { actions: 'hintPresent' },
        networkWent: { target: 'probing', actions: 'hintAbsent' },
        requestFailed: { target: 'probing' },
      },
    },
    waiting: {
      tags: 'waiting',
      description: 'The server can not be reached; all wait together for the next probe.',
      after: { retryIn: 'probing' },
      on: {
        networkUnsuited: { target: 'unsuited', actions: 'hintUnsuited' },
        networkCame: { target: 'probing', actions: 'hintPresent' },
        networkWent: { target: 'offline', actions: 'hintAbsent' },
      },
    },
  },
});
