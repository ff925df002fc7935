import { inTurns, type Side } from '../../page/samples.ts';
import { makeTodos, type Todo } from '../../page/todos.ts';
import { type Effects, openEffects } from './effects.ts';
import { drainFetch, drainFetchInBatches } from './fetchAlone.ts';
import { drainReduxOffline } from './reduxOffline.ts';
import { drainSyncharts, drainSynchartsInBatches } from './syncharts.ts';
import { drainTanStack } from './tanStackOffline.ts';

export interface DrainOptions {
  readonly apiUrl: string;
  /** Where the reference server is turned: its page's port. */
  readonly controlUrl: string;
  readonly operations: number;
  /** ms that the server waits before each answer. */
  readonly delayMs: number;
  /** Parts of the names of those that take part; none: all. */
  readonly who: readonly string[];
}

/**
 * Queues a create for each record while there is no network, and resolves with the ms from the
 * moment the network comes until each is answered and no longer queued on the disk.
 */
export type Drain = (apiUrl: string, todos: readonly Todo[]) => Promise<number>;

/** Operations of the round that does not count. */
const warmUp = 100;

const contenders: Readonly<Record<string, Drain>> = {
  Syncharts: drainSyncharts,
  'fetch, 6 at a time': drainFetch,
  'Syncharts, batches': drainSynchartsInBatches,
  'fetch, batches of 100': drainFetchInBatches,
  'TanStack offline-transactions': drainTanStack,
  'redux-offline': drainReduxOffline,
};

function sideOf(work: Drain, effects: Effects, options: DrainOptions): Side {
  return async (round) => {
    const { apiUrl, operations, delayMs } = options;
    const todos = makeTodos(round === 0 ? Math.min(operations, warmUp) : operations);
    await effects.reset(delayMs);
    const ms = await work(apiUrl, todos);
    await effects.expect(todos);
    return ms;
  };
}

/** The same creates, sent by each contender in turn to the same server. */
export function drain(options: DrainOptions, rounds: number): Promise<Record<string, number[]>> {
  const effects = openEffects(options.controlUrl);
  const { who } = options;
  const sides = Object.entries(contenders)
    .filter(([name]) => who.length === 0 || who.some((part) => name.includes(part)))
    .map(([name, work]) => [name, sideOf(work, effects, options)] as const);
  if (sides.length === 0) throw new Error(`nobody's name holds one of: ${who.join(', ')}`);
  return inTurns(rounds, Object.fromEntries(sides));
}
