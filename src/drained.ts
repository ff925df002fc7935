import { laneKey } from '../store/facts.ts';
import { getIn, scan } from '../store/pages.ts';
import type { SyncState } from '../store/slice.ts';
import type { SyncEvents } from './events.ts';
import type { Env, TimerHandle } from './ports/env.ts';

export interface DrainOptions {
  readonly env: Env;
  readonly events: SyncEvents;
  readonly state: () => SyncState;
}

/** ms between two looks where no event tells (the connection went, the tab reads only). */
const lookEvery = 250;
/** ms after which a pull waits no longer for what is still on its way. */
const patience = 30_000;

/**
 * Resolves when the operations that wait in a model now have ended, or can not go on at present:
 * no connection, a retry that is due later, a person's word.
 */
export function drained({ env, events, state }: DrainOptions, model: string): Promise<void> {
  const waiting = new Set<string>();
  const prefix = laneKey(model, '');
  scan(state().shown.outbox, prefix, ({ id }, key) => {
    if (!key.startsWith(prefix)) return false;
    waiting.add(id);
    return true;
  });
  const isMoving = () => {
    const { shown, ephemeral } = state();
    if (ephemeral.connection !== 'online') return false;
    if (ephemeral.role !== 'leading' && ephemeral.role !== 'following') return false;
    if (ephemeral.run !== 'running') return false;
    for (const id of waiting) {
      const place = getIn(shown.places, id);
      const lane = place && getIn(shown.lanes, place.slice(0, place.lastIndexOf('\u0000')));
      if (lane && (lane.state === 'pending' || lane.state === 'syncing')) return true;
      waiting.delete(id);
    }
    return false;
  };
  return new Promise((resolve) => {
    const end = env.now() + patience;
    let timer: TimerHandle | null = null;
    const look = () => {
      if (timer !== null) env.clearTimer(timer);
      if (isMoving() && env.now() < end) {
        timer = env.setTimer(lookEvery, look, 'drain');
        return;
      }
      stop();
      resolve();
    };
    const stop = events.on('*', look);
    look();
  });
}
