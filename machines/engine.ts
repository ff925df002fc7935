import { setup } from 'xstate';

/** What this tab is. */
export type EngineRole =
  | 'stopped'
  | 'hydrating'
  | 'blocked'
  | 'electing'
  | 'leading'
  | 'following'
  | 'frozen'
  | 'readOnly';

/** Whether it may act. `timeTravelling`: whatever a person asked for, the store shows the past. */
export type EngineRun = 'running' | 'paused' | 'timeTravelling';

export type EngineEvent =
  | { readonly type: 'started' }
  | { readonly type: 'hydrated' }
  /** Storage can't be read or written; facts on disk are left alone. */
  | { readonly type: 'storageFailed' }
  | { readonly type: 'storageRecovered' }
  /** A newer build has moved the database on. */
  | { readonly type: 'outdated' }
  /** The lead was taken: no other tab can write as leader any more. */
  | { readonly type: 'elected' }
  /** Another tab of this name leads. */
  | { readonly type: 'followed' }
  /** Another leader has raised the fence. */
  | { readonly type: 'fenced' }
  /** Another tab took the lock away: this one had not been heard of for long. */
  | { readonly type: 'stolen' }
  /** The page is about to be frozen, or to go into the back/forward cache. */
  | { readonly type: 'frozen' }
  /** It is back. */
  | { readonly type: 'thawed' }
  | { readonly type: 'stopped' }
  | { readonly type: 'pauseRequested' }
  | { readonly type: 'resumeRequested' }
  /** The leader says that a person paused it, or let it go on, in another tab. */
  | { readonly type: 'pauseTold' }
  | { readonly type: 'resumeTold' }
  /** The store's facts are no longer the ones the engine folded (DevTools jumped). */
  | { readonly type: 'jumped' }
  /** They are again. */
  | { readonly type: 'returned' };

/** What may happen to a tab at any time once it has read the facts. */
const held = { storageFailed: 'blocked', outdated: 'readOnly', frozen: 'frozen' } as const;

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
          description: 'Storage does not answer, or can not be read: nothing is overwritten.',
          on: { storageRecovered: 'hydrating' },
        },
        electing: {
          tags: 'busy',
          on: { elected: 'leading', followed: 'following', ...held },
        },
        leading: {
          description: 'Seals, sends, pulls and checkpoints.',
          on: { fenced: 'following', stolen: 'following', ...held },
        },
        following: {
          description: 'Writes durably; another tab leads.',
          on: { elected: 'leading', ...held },
        },
        frozen: {
          tags: 'waiting',
          description: 'The page does not run. It leads nothing, so that others may.',
          on: { thawed: 'electing', storageFailed: 'blocked', outdated: 'readOnly' },
        },
        readOnly: {
          tags: 'attention',
          description:
            'The database is of a newer build by now: this tab shows and does not write.',
        },
      },
    },
    run: {
      initial: 'running',
      states: {
        running: { on: { pauseRequested: 'paused', pauseTold: 'paused' } },
        paused: {
          tags: 'waiting',
          on: { resumeRequested: 'running', resumeTold: 'running' },
        },
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
