import { setup } from 'xstate';

/** What this tab is. */
export type EngineRole =
  | 'stopped'
  | 'hydrating'
  | 'blocked'
  | 'electing'
  | 'leading'
  | 'following'
  | 'readOnly';

/** Whether it may act. `timeTravelling`: whatever a person asked for, the store shows the past. */
export type EngineRun = 'running' | 'paused' | 'timeTravelling';

export type EngineEvent =
  | { readonly type: 'started' }
  | { readonly type: 'hydrated' }
  /** Storage can't be read (or the role was fenced out); facts on disk are left alone. */
  | { readonly type: 'storageFailed' }
  | { readonly type: 'storageRecovered' }
  | { readonly type: 'elected' }
  /** Another tab of this name holds the lock. */
  | { readonly type: 'lockHeld' }
  /** Another leader has taken over. */
  | { readonly type: 'fenced' }
  | { readonly type: 'stopped' }
  | { readonly type: 'pauseRequested' }
  | { readonly type: 'resumeRequested' }
  /** The store's facts are no longer the ones the engine folded (DevTools jumped). */
  | { readonly type: 'jumped' }
  /** They are again. */
  | { readonly type: 'returned' };

/** Parallel regions: the network is used only while `leading`, `running` and in the `present`. */
export const engineMachine = setup({
  types: {
    events: {} as EngineEvent,
    tags: {} as 'busy' | 'waiting' | 'attention',
  },
}).createMachine({
  id: 'engine',
  type: 'parallel',
  states: {
    role: {
      initial: 'stopped',
      on: { stopped: '.stopped' },
      states: {
        stopped: { on: { started: 'hydrating' } },
        hydrating: {
          tags: 'busy',
          description: 'Reads checkpoint and journal.',
          on: { hydrated: 'electing', storageFailed: 'blocked' },
        },
        blocked: {
          tags: 'attention',
          description: 'Storage does not answer or is of a newer schema: nothing is overwritten.',
          on: { storageRecovered: 'hydrating' },
        },
        electing: {
          tags: 'busy',
          on: { elected: 'leading', lockHeld: 'readOnly', storageFailed: 'blocked' },
        },
        leading: {
          description: 'Seals, sends, pulls and checkpoints.',
          on: { fenced: 'electing', storageFailed: 'blocked' },
        },
        following: {
          description: 'Writes durably; another tab leads.',
          on: { elected: 'leading', storageFailed: 'blocked' },
        },
        readOnly: {
          tags: 'attention',
          description: 'Another tab of this name is open: this one shows and does not write.',
          on: { elected: 'hydrating', storageFailed: 'blocked' },
        },
      },
    },
    run: {
      initial: 'running',
      states: {
        running: { on: { pauseRequested: 'paused' } },
        paused: { tags: 'waiting', on: { resumeRequested: 'running' } },
      },
    },
    moment: {
      initial: 'present',
      description: 'Apart from the run: whoever paused stays paused when DevTools come back.',
      states: {
        present: { on: { jumped: 'past' } },
        past: {
          tags: 'attention',
          description: 'The store shows another moment: network and checkpoint hold.',
          on: { returned: 'present', resumeRequested: 'present' },
        },
      },
    },
  },
});
