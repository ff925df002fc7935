import type { Facts } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { OnceEnd } from './pullOnce.ts';

export interface SalvagedReadsOptions {
  readonly facts: () => Facts;
  /** Reads one record from the server into the facts. */
  readonly read: (model: string, recordId: string) => Promise<OnceEnd>;
  readonly report: (error: unknown) => void;
}

/**
 * After a lost database: records with edits whose base is not known any more, and which no list of
 * the server told of (removed meanwhile, or outside of a filter). Each is asked for by its id once a
 * pull of its model has ended; what fails is asked for again after the next one.
 */
export class SalvagedReads {
  readonly #options: SalvagedReadsOptions;
  /** Lane keys by model. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #reading = new Map<string, Promise<void>>();
  /** Models of which lanes were added while they were read. */
  readonly #again = new Set<string>();
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
    this.#start(model);
  }

  #start(model: string): void {
    if (!this.#waiting.has(model) || this.#reading.has(model)) return;
    const done = this.#read(model)
      .catch(this.#options.report)
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
        // One that can not be read is asked for again after the next pull, and keeps nobody waiting.
        if (failure?.code === 'unreadable') continue;
        if (status !== 'done') return;
      }
      lanes.delete(key);
    }
    if (lanes.size === 0) this.#waiting.delete(model);
  }
}
