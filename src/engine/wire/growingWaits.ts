import { backoffDelay, defaultBackoff } from '../../../machines/backoff.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';

export interface GrowingWaitsOptions {
  readonly env: Env;
  /** Of the draws. */
  readonly label: string;
  /** A model's wait is over. */
  readonly onOver: (model: string) => void;
}

/** Waits of models whose reads got no answer: each longer than the one before, until one succeeds. */
export class GrowingWaits {
  readonly #options: GrowingWaitsOptions;
  readonly #timers = new Map<string, TimerHandle>();
  /** Reads in a row that got no answer. */
  #failures = 0;
  #stopped = false;

  constructor(options: GrowingWaitsOptions) {
    this.#options = options;
  }

  has(model: string): boolean {
    return this.#timers.has(model);
  }

  begin(model: string): void {
    // A read that was under way when all was stopped ends later.
    if (this.#timers.has(model) || this.#stopped) return;
    const { env, label, onOver } = this.#options;
    const delay = backoffDelay(defaultBackoff, this.#failures++, env.random(label));
    const over = () => {
      this.#timers.delete(model);
      onOver(model);
    };
    this.#timers.set(model, env.setTimer(delay, over, 'retry'));
  }

  end(model: string): void {
    const timer = this.#timers.get(model);
    if (timer !== undefined) this.#options.env.clearTimer(timer);
    this.#timers.delete(model);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  stop(): void {
    this.#stopped = true;
    for (const model of [...this.#timers.keys()]) this.end(model);
  }
}
