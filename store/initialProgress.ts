import type { PullProgress, SyncState } from './slice.ts';

/** How far the first pull is: the one after which this device has what the server has. */
export interface InitialSyncProgress {
  /**
   * `waiting`: not begun, or interrupted and to be continued. `held`: a person is asked first.
   * `done`: also when it was done in an earlier life of the app.
   */
  readonly state: 'waiting' | 'running' | 'failed' | 'held' | 'done';
  /** Records received by it so far. */
  readonly received: number;
  /** Records that the server says there are; null where it does not. */
  readonly total: number | null;
}

const words: Readonly<Record<PullProgress['state'], InitialSyncProgress['state']>> = {
  running: 'running',
  failed: 'failed',
  postponed: 'waiting',
  held: 'held',
  done: 'done',
};

function progressOf(state: SyncState, model: string): InitialSyncProgress {
  const pull = state.ephemeral.pulls[model];
  const first = pull?.isFirst ? pull : undefined;
  const { received = 0, total = null } = first ?? {};
  if (state.shown.models[model]?.pulled) return { state: 'done', received, total };
  return { state: first ? words[first.state] : 'waiting', received, total };
}

/** What stands for the whole: the first of these that any model is in. */
const order = ['running', 'failed', 'held', 'waiting'] as const;

/** Of one model, or of all together. */
export function selectInitialProgress(
  state: SyncState,
  models: readonly string[],
): InitialSyncProgress {
  const all = models.map((model) => progressOf(state, model));
  const word = order.find((each) => all.some((progress) => progress.state === each)) ?? 'done';
  const received = all.reduce((sum, progress) => sum + progress.received, 0);
  // What is done has received all that there was.
  const totals = all.map((each) => (each.state === 'done' ? each.received : each.total));
  const isKnown = all.some(({ total }) => total !== null) && !totals.includes(null);
  const total = isKnown ? totals.reduce<number>((sum, each) => sum + (each ?? 0), 0) : null;
  return { state: word, received, total };
}
