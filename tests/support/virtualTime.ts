import type { Env, TimerHandle } from '../../src/ports/env.ts';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** A clock that moves when it is told to, with its timers. */
export function virtualTime(start = 1_000_000) {
  const timers = new Map<TimerHandle, Timer>();
  let time = start;
  let handles = 0;
  const clock: Pick<Env, 'now' | 'setTimer' | 'clearTimer'> = {
    now: () => time,
    setTimer: (delay, callback) => {
      timers.set(++handles, { due: time + Math.max(0, delay), callback });
      return handles;
    },
    clearTimer: (handle) => void timers.delete(handle),
  };

  /** Runs what falls due, in order, each at its time. */
  function advance(ms: number): void {
    const end = time + ms;
    for (;;) {
      const due = [...timers].filter(([, timer]) => timer.due <= end);
      const [next] = due.sort(([, a], [, b]) => a.due - b.due);
      if (!next) break;
      timers.delete(next[0]);
      time = Math.max(time, next[1].due);
      next[1].callback();
    }
    time = end;
  }

  return {
    clock,
    advance,
    /** As a device that sleeps: time passes and no timer runs. */
    sleep: (ms: number) => {
      time += ms;
    },
    get timers() {
      return timers.size;
    },
  };
}
