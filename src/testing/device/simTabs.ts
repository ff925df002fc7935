import type { LockEvents, TabChannel } from '../../ports/env.ts';

/** Calls back after so many ms of whatever time there is. */
export type Schedule = (delay: number, callback: () => void) => void;

interface Request {
  readonly tab: string;
  readonly on: LockEvents;
}

/**
 * The locks of one browser, as Web Locks are: one holder of a name, the others in a queue, and whoever
 * steals takes it at once. A tab that hangs or is frozen keeps what it holds; one that dies does not.
 */
export class SimLocks {
  readonly #schedule: Schedule;
  readonly #holders = new Map<string, Request>();
  readonly #queues = new Map<string, Request[]>();
  /** How often a lock was taken from its holder. */
  steals = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** `Env.lock` of a tab. */
  of(tab: string) {
    return (name: string, on: LockEvents, { steal = false } = {}): (() => void) => {
      const request: Request = { tab, on };
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      const holder = this.#holders.get(name);
      if (steal && holder) {
        this.steals++;
        this.#schedule(0, () => holder.on.lost());
      }
      if (steal || !holder) this.#grant(name, request);
      else {
        queue.push(request);
        this.#schedule(0, () => queue.includes(request) && on.waiting());
      }
      return () => {
        const at = queue.indexOf(request);
        if (at >= 0) queue.splice(at, 1);
      };
    };
  }

  holder(name: string): string | undefined {
    return this.#holders.get(name)?.tab;
  }

  /** The tab is gone: what it held is free, and nobody tells it. */
  kill(tab: string): void {
    for (const queue of this.#queues.values()) {
      for (const request of queue.filter((item) => item.tab === tab)) {
        queue.splice(queue.indexOf(request), 1);
      }
    }
    for (const [name, holder] of this.#holders) if (holder.tab === tab) this.#release(name, holder);
  }

  #grant(name: string, request: Request): void {
    this.#holders.set(name, request);
    this.#schedule(0, () => request.on.held({ release: () => this.#release(name, request) }));
  }

  #release(name: string, request: Request): void {
    if (this.#holders.get(name) !== request) return;
    this.#holders.delete(name);
    const next = this.#queues.get(name)?.shift();
    if (next) this.#grant(name, next);
  }
}

export interface SimBusOptions {
  readonly schedule: Schedule;
  /** The delays (ms) after which copies of a message come to one listener; none: it is lost. */
  readonly fate?: (message: unknown, from: string, to: string) => readonly number[];
}

interface Listener {
  readonly tab: string;
  readonly name: string;
  readonly onMessage: (message: unknown) => void;
}

/** The broadcast channels of one browser. */
export class SimBus {
  readonly #options: SimBusOptions;
  readonly #listeners = new Set<Listener>();
  /** Messages that were sent. */
  readonly sent: { readonly from: string; readonly message: unknown }[] = [];

  constructor(options: SimBusOptions) {
    this.#options = options;
  }

  /** `Env.openChannel` of a tab. */
  of(tab: string) {
    return (name: string, onMessage: (message: unknown) => void): TabChannel => {
      const listener: Listener = { tab, name, onMessage };
      this.#listeners.add(listener);
      return {
        post: (message) => this.post(tab, name, message),
        close: () => void this.#listeners.delete(listener),
      };
    };
  }

  post(from: string, name: string, message: unknown): void {
    const { schedule, fate = () => [0] } = this.#options;
    this.sent.push({ from, message });
    const text = JSON.stringify(message);
    for (const listener of this.#listeners) {
      if (listener.tab === from || listener.name !== name) continue;
      for (const delay of fate(message, from, listener.tab)) {
        schedule(delay, () => {
          if (this.#listeners.has(listener)) listener.onMessage(JSON.parse(text));
        });
      }
    }
  }

  /** The tab is gone. */
  kill(tab: string): void {
    for (const listener of this.#listeners) {
      if (listener.tab === tab) this.#listeners.delete(listener);
    }
  }
}
