import type { Env } from '../../src/ports/env.ts';

/**
 * `off`: the platform says so, and nothing gets through. `unreachable`: the platform sees a network,
 * and nothing gets through all the same. `metered`: all gets through, at somebody's cost.
 */
export type NetworkCondition = 'on' | 'off' | 'unreachable' | 'metered';

/** The network of one device: what the platform says of it, and what gets through. */
export class Network {
  #condition: NetworkCondition = 'on';
  readonly #listeners = new Set<() => void>();

  get condition(): NetworkCondition {
    return this.#condition;
  }

  get isCarrying(): boolean {
    return this.#condition === 'on' || this.#condition === 'metered';
  }

  turn(condition: NetworkCondition): void {
    if (condition === this.#condition) return;
    this.#condition = condition;
    for (const listener of this.#listeners) listener();
  }

  /** Returns how to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** What the platform tells the kit. */
  readonly env: Pick<Env, 'networkHint' | 'networkKind' | 'onNetworkHint'> = {
    networkHint: () => (this.#condition === 'off' ? 'absent' : 'present'),
    networkKind: () =>
      this.#condition === 'metered'
        ? { type: 'cellular', metered: true }
        : { type: 'wifi', metered: false },
    onNetworkHint: (listener) => this.subscribe(() => listener(this.env.networkHint())),
  };
}
