import { keyedHash } from './keyed.ts';

interface Event {
  readonly at: number;
  /** Breaks ties between events of the same moment, in an order that the seed decides. */
  readonly rank: number;
  readonly id: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** When all runs begin (ms since 1970). */
const began = 1_700_000_000_000;

/** The simulation can not go on: a mistake of the scenario, not a finding. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
}

/** Lets all promise jobs run; the simulated parts use no other real time. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Virtual time: a queue of events in the order of their time, ties broken by the seed. After each
 * event all promise jobs run before the next one. The trace of a run is a hash of what happened.
 */
export class World {
  readonly seed: number;
  now = began;
  steps = 0;
  /** The last that happened, for people. */
  readonly tail: string[] = [];
  #heap: Event[] = [];
  #events = new Map<number, Event>();
  #ids = 0;
  #hash = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Runs `run` after `delay` virtual ms. */
  schedule(delay: number, run: () => void): number {
    const id = ++this.#ids;
    const rank = keyedHash(String(id), this.seed) % 1_000_003;
    const event: Event = { at: this.now + Math.max(0, delay), rank, id, run, cancelled: false };
    this.#events.set(id, event);
    this.#push(event);
    return id;
  }

  cancel(id: number): void {
    const event = this.#events.get(id);
    if (event) event.cancelled = true;
    this.#events.delete(id);
  }

  /** What happened, for the trace. */
  note(what: string): void {
    this.#hash = keyedHash(`${this.#hash}|${this.now}|${what}`, 1);
    this.tail.push(`${Math.round(this.now - began)} ms: ${what}`);
    if (this.tail.length > 40) this.tail.shift();
  }

  get trace(): string {
    return this.#hash.toString(16);
  }

  get waiting(): number {
    return this.#events.size;
  }

  /**
   * Runs until `done`, or until nothing is left to happen.
   * @throws SimulationError after `limit` steps: a scenario that never ends
   */
  async run(done: () => boolean, limit: number): Promise<void> {
    const end = this.steps + limit;
    await nextTurn();
    while (!done()) {
      const event = this.#pop();
      if (!event) return;
      if (this.steps++ > end) {
        throw new SimulationError(`the scenario does not end: ${limit} steps were not enough`);
      }
      this.now = Math.max(this.now, event.at);
      event.run();
      await nextTurn();
    }
  }

  #pop(): Event | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first) return undefined;
      const last = this.#heap.pop() as Event;
      if (this.#heap.length > 0) {
        this.#heap[0] = last;
        this.#sink();
      }
      if (first.cancelled) continue;
      this.#events.delete(first.id);
      return first;
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at] as Event, heap[parent] as Event)) return;
      [heap[at], heap[parent]] = [heap[parent] as Event, heap[at] as Event];
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
        right < heap.length && before(heap[right] as Event, heap[left] as Event) ? right : left;
      if (!before(heap[smaller] as Event, heap[at] as Event)) return;
      [heap[at], heap[smaller]] = [heap[smaller] as Event, heap[at] as Event];
      at = smaller;
    }
  }
}

function before(a: Event, b: Event): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.rank !== b.rank ? a.rank < b.rank : a.id < b.id;
}
