import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = 0;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 250);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const still = () => () => {};
const zero = () => 0;

/** Before the first tick there is none to show; rounded, so that one rendering sees one time. */
function read(): number {
  return timer === undefined ? Math.floor(Date.now() / 250) * 250 : now;
}

/** The time, ticking only while somebody counts down; one timer for all. */
export function useClock(isTicking: boolean): number {
  return useSyncExternalStore(isTicking ? subscribe : still, isTicking ? read : zero);
}
