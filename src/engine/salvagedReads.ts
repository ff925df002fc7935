import { backoffDelay, defaultBackoff } from '../../machines/backoff.ts';
import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { OnceEnd } from './pullOnce.ts';

export interface SalvagedReadsOptions {
  readonly env: Env;
  readonly facts: () => Facts;
  /** Reads one record from the server into the facts. */
  readonly read: (model: string, recordId: string) => Promise<OnceEnd>;
}

/**
 * After a lost database: records with edits whose base is not known any more, and which no list of
 * the server told of (removed meanwhile, or outside of a filter). Each is asked for by its id once a
 * pull of its model has ended; what fails is asked for again after the next one, and after a wait that
 * grows.
 */
export class SalvagedReads {
  readonly #options: SalvagedReadsOptions;
  /** Lane keys by model. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #reading = new Map<string, Promise<void>>();
  /** Models of which lanes were added, or a pull has ended, while they were read. */
  readonly #again = new Set<string>();
  /** Reads in a row that got no answer, and when the next ones are due, by model. */
  #failures = 0;
  readonly #timers = new Map<string, TimerHandle>();
  readonly #end = new AbortController();
  /** Models of which a pull has ended: what is found to wait now was in no list. */
  readonly #listed = new Set<string>();

  constructor(options: SalvagedReadsOptions) {
    this.#options = options;
  }

  /** A lane can't be sealed before its base is known. */
  add(lane: string): void {
    const [model = ''] = lane.split('\u0000');
    const lanes = this.#waiting.get(model) ?? new Set();
    this.#waiting.set(model, lanes.add(lane));
    if (this.#reading.has(model)) this.#again.add(model);
    else if (this.#listed.has(model)) this.#start(model);
  }

  /** A pull of the model has come to its end: what it did not tell of is read one by one. */
  pulled(model: string): void {
    this.#listed.add(model);
    if (this.#reading.has(model)) this.#again.add(model);
    else this.#start(model);
  }

  stop(): void {
    this.#end.abort();
    for (const timer of this.#timers.values()) this.#options.env.clearTimer(timer);
    this.#timers.clear();
  }

  #later(model: string): void {
    const { env } = this.#options;
    // A read that was under way when all was stopped ends later.
    if (this.#timers.has(model) || this.#end.signal.aborted) return;
    const delay = backoffDelay(defaultBackoff, this.#failures++, env.random('salvage'));
    const again = () => {
      this.#timers.delete(model);
      this.#start(model);
    };
    this.#timers.set(model, env.setTimer(delay, again, 'retry'));
  }

  #start(model: string): void {
    if (!this.#waiting.has(model) || this.#reading.has(model)) return;
    const done = this.#read(model)
      .catch(this.#options.env.report)
      .finally(() => {
        this.#reading.delete(model);
        if (this.#again.delete(model)) this.#start(model);
      });
    this.#reading.set(model, done);
  }

  async #read(model: string): Promise<void> {
    // Those that are found in the same moment are read in one go.
    await Promise.resolve();
    const lanes = this.#waiting.get(model) ?? new Set();
    for (const key of lanes) {
      const lane = getIn(this.#options.facts().lanes, key);
      if (lane?.salvage) {
        const { status, failure } = await this.#options.read(model, lane.recordId);
        // One that can not be read keeps nobody waiting.
        if (failure?.code === 'unreadable') continue;
        if (status !== 'done') return this.#later(model);
      }
      lanes.delete(key);
      this.#failures = 0;
    }
    if (lanes.size === 0) this.#forget(model);
    else this.#later(model);
  }

  /** Nothing of it waits any more, for another read either. */
  #forget(model: string): void {
    this.#waiting.delete(model);
    const timer = this.#timers.get(model);
    if (timer !== undefined) this.#options.env.clearTimer(timer);
    this.#timers.delete(model);
  }
}
