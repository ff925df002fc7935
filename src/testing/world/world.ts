import { keyedHash } from './keyed.ts';

/** What will happen at a moment, unless it is cancelled. */
export interface Scheduled {
  readonly at: number;
  /** Breaks ties between events of the same moment, in an order that the seed decides. */
  readonly rank: number;
  readonly id: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** When all runs begin (ms since 1970). */
const began = 1_700_000_000_000;

/** Events that are kept for people. */
const tailLength = 40;

/** The simulation can not go on: a mistake of the scenario, not a finding. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/**
 * Turns of the event loop that are asked for at once, at most: a look at the platform's I/O costs as
 * much as many of them. It begins with few, since most waits are over after some steps.
 */
const burst = 64;
const firstBurst = 4;

/**
 * Calls `turn` again and again until it answers false, each time after all promise jobs of the time
 * before have run (Node empties their queue between two immediates); the simulated parts use no
 * other real time.
 */
function drive(turn: () => boolean): void {
  let state: 'going' | 'ended' = 'going';
  let turns = firstBurst;
  const once = (isLast: boolean): void => {
    if (state === 'ended') return;
    if (!turn()) state = 'ended';
    else if (isLast) arm();
  };
  const arm = (): void => {
    for (let i = 1; i <= turns; i++) setImmediate(once, i === turns);
    turns = Math.min(burst, 2 * turns);
  };
  arm();
}

/**
 * Virtual time: a queue of events in the order of their time, ties broken by the seed. After each
 * event all promise jobs run before the next one. The trace of a run is a hash of what happened.
 */
export class World {
  readonly seed: number;
  now = began;
  steps = 0;
  readonly #last: { readonly at: number; readonly what: string }[] = [];
  #heap: Scheduled[] = [];
  #ids = 0;
  #hash = 0;
  /** Real work that is under way: time stands still until it is done. */
  #external = 0;
  #failed: { readonly error: unknown } | null = null;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Runs `run` after `delay` virtual ms. */
  schedule(delay: number, run: () => void): Scheduled {
    const id = ++this.#ids;
    const rank = mixed(id, this.seed);
    const event: Scheduled = { at: this.now + Math.max(0, delay), rank, id, run, cancelled: false };
    this.#push(event);
    return event;
  }

  /** It does not happen any more; one that has happened is as it was. */
  cancel(event: Scheduled): void {
    event.cancelled = true;
  }

  /** What happened, for the trace. */
  note(what: string): void {
    this.#hash = keyedHash(`${this.#hash}|${this.now}|${what}`, 1);
    this.#last.push({ at: this.now, what });
    if (this.#last.length > 2 * tailLength) this.#last.splice(0, tailLength);
  }

  /** The last that happened, for people. */
  get tail(): string[] {
    const last = this.#last.slice(-tailLength);
    return last.map(({ at, what }) => `${Math.round(at - began)} ms: ${what}`);
  }

  get trace(): string {
    return this.#hash.toString(16);
  }

  /**
   * Real I/O (a real server behind the simulated net): no event happens until it has ended, so that
   * it takes no virtual time and the order of events stays the seed's. Ended includes all that hangs
   * on the given promise. A rejection ends the run.
   */
  external(work: Promise<void>): void {
    this.#external++;
    work.then(
      () => {
        this.#external--;
      },
      (error: unknown) => {
        this.#external--;
        this.#failed ??= { error };
      },
    );
  }

  /**
   * Runs until `done`, or until nothing is left to happen.
   * @throws SimulationError after `limit` steps: a scenario that never ends
   */
  run(done: () => boolean, limit: number): Promise<void> {
    const end = this.steps + limit;
    return new Promise((resolve, reject) => {
      drive(() => {
        try {
          if (this.#step(done, end)) return true;
          resolve();
        } catch (error) {
          reject(error);
        }
        return false;
      });
    });
  }

  /** One event; false when there is nothing more to do. */
  #step(done: () => boolean, end: number): boolean {
    if (this.#external > 0) return true;
    if (this.#failed) throw this.#failed.error;
    if (done()) return false;
    const event = this.#pop();
    if (!event) return false;
    if (this.steps++ > end) {
      throw new SimulationError(`the scenario does not end: it is at step ${this.steps}`);
    }
    this.now = Math.max(this.now, event.at);
    event.run();
    return true;
  }

  #pop(): Scheduled | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first) return undefined;
      const last = this.#heap.pop() as Scheduled;
      if (this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#sink();
      }
      if (first.cancelled) continue;
      return first;
    }
  }

  #push(event: Scheduled): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at] as Scheduled, heap[parent] as Scheduled)) return;
      [heap[at], heap[parent]] = [heap[parent] as Scheduled, heap[at] as Scheduled];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const smaller =
        right < heap.length && before(heap[right] as Scheduled, heap[left] as Scheduled)
          ? right
          : left;
      if (!before(heap[smaller] as Scheduled, heap[at] as Scheduled)) return;
      [heap[at], heap[smaller]] = [heap[smaller] as Scheduled, heap[at] as Scheduled];
      at = smaller;
    }
  }
}

/** A number that looks drawn, for a count and a seed (the finalizer of MurmurHash3, 32 bits). */
function mixed(count: number, seed: number): number {
  let bits = Math.imul(count, 0x9e3779b1) ^ seed;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function before(a: Scheduled, b: Scheduled): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank !== b.rank ? a.rank < b.rank : a.id < b.id;
}
