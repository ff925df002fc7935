import type { Env, TimerHandle } from '../ports/env.ts';

/** ms between two looks at whether the leader lives. */
export const beatInterval = 1_000;
/** Looks without a sign of the leader after which it is taken for gone. */
const missedLooks = 4;
/** ms over which tabs spread that find out at the same time. */
const spread = 1_000;

export interface WatchOptions {
  readonly env: Env;
  /** At each look; `missed`: how many looks in a row saw no sign. */
  readonly onLook: (missed: number) => void;
  /** The leader is taken for gone; asked again after as many looks more. */
  readonly onGone: () => void;
}

/**
 * Counts the looks of this tab at which nothing was heard of the leader. It counts, and compares no
 * times: clocks differ, timers of hidden tabs are throttled, and a machine may have slept.
 */
export class Watch {
  readonly #options: WatchOptions;
  #missed = 0;
  #timer: TimerHandle | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  begin(): void {
    this.end();
    this.#missed = 0;
    this.#wait(beatInterval);
  }

  /** Something was heard of the leader, or of a tab that is about to lead. */
  sign(): void {
    this.#missed = 0;
  }

  end(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
  }

  #wait(delay: number): void {
    this.#timer = this.#options.env.setTimer(delay, () => this.#look(), 'watch');
  }

  #look(): void {
    const { env, onLook, onGone } = this.#options;
    this.#timer = null;
    if (this.#missed > missedLooks) {
      this.#missed = 0;
      this.#wait(beatInterval);
      onGone();
      return;
    }
    onLook(this.#missed);
    this.#missed++;
    // Those who count alike must not all act in the same moment.
    const last = this.#missed > missedLooks ? env.random('watch') * spread : 0;
    this.#wait(beatInterval + last);
  }
}
