import type { Facts } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';
import type { Env } from '../../ports/env.ts';
import { GrowingWaits } from '../wire/growingWaits.ts';
import type { OnceEnd } from './pullOnce.ts';

export interface SalvagedReadsOptions {
  readonly env: Env;
  readonly facts: () => Facts;
  /** Whether records of a model may be asked for now: nothing that is held is asked. */
  readonly mayRead: (model: string) => boolean;
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
  readonly #waits: GrowingWaits;
  /** Models of which a pull has ended: what is found to wait now was in no list. */
  readonly #listed = new Set<string>();

  constructor(options: SalvagedReadsOptions) {
    this.#options = options;
    const onOver = (model: string) => this.#start(model);
    this.#waits = new GrowingWaits({ env: options.env, label: 'salvage', onOver });
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

  /** Begins the reads that may be. */
  work(): void {
    for (const model of this.#waiting.keys()) {
      if (this.#listed.has(model) && !this.#waits.has(model)) this.#start(model);
    }
  }

  stop(): void {
    this.#waits.stop();
  }

  #start(model: string): void {
    const { mayRead } = this.#options;
    if (!this.#waiting.has(model) || this.#reading.has(model) || !mayRead(model)) return;
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
        if (status !== 'done') return this.#waits.begin(model);
      }
      lanes.delete(key);
      this.#waits.succeeded();
    }
    if (lanes.size > 0) {
      this.#waits.begin(model);
      return;
    }
    this.#waiting.delete(model);
    this.#waits.end(model);
  }
}
