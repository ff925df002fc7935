import type { Explanation } from '../../store/explanation.ts';
import { type Facts, type LaneRef, orderKey } from '../../store/facts.ts';
import { getIn, noPages, scan } from '../../store/pages.ts';
import { PagesDraft } from '../../store/pagesDraft.ts';
import type { Wait } from '../../store/wait.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import { firstOrder } from './laneIndex.ts';

/** ms that a record may wait for anything but a person: three times the longest wait of a retry. */
export const defaultStuckAfter = 900_000;
/** Records looked at in one task. */
const batch = 100;
/** ms by which a timer may be late before the device is taken to have slept. */
const longestDelay = 60_000;
/** What holds all records: the network, the disk. */
const everything = 'everything';

/** A record that has waited longer than its budget. */
export interface Stuck extends LaneRef {
  /** When the wait began, as far as this page knows (ms since 1970). */
  readonly since: number;
  readonly explanation: Explanation;
  /** Records that wait for anything but a person, this one included. */
  readonly waiting: number;
}

export interface WatchdogOptions {
  readonly env: Env;
  /** ms; `Infinity`: nobody watches. */
  readonly budget: number;
  readonly explain: (model: string, recordId: string) => Explanation;
  readonly onStuck: (stuck: Stuck) => void;
}

interface Place {
  /** What is waited with: another first operation, or its request, is another wait. */
  readonly wait: string;
  /** Null: it was told. */
  readonly key: string | null;
}

/**
 * Tells of records that wait longer than their budget: once for each wait, none that wait for a
 * person. What holds many (no network, a line that is held) is told once, of the oldest. One timer
 * for all; a change of a record costs O(log n).
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  /** Lanes by when their wait began. */
  #waits = new PagesDraft<string>(noPages());
  #places = new Map<string, Place>();
  #facts: Facts | null = null;
  #timer: TimerHandle | null = null;
  #due = 0;
  /** Waits from before this moment count from it: until then nothing could move. */
  #floor = 0;
  /** When something reached the server last: whoever waits for a turn is not stuck while turns come. */
  #progressAt = 0;
  /** Holds of many that were told, until they end. */
  readonly #told = new Set<string>();

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** This tab leads: every record that waits does so from now on. */
  rebuild(facts: Facts): void {
    this.stop();
    this.#waits = new PagesDraft(noPages());
    this.#places = new Map();
    if (!Number.isFinite(this.#options.budget)) return;
    this.#facts = facts;
    scan(facts.lanes, '', (_, key) => {
      this.#renew(facts, key);
      return true;
    });
    this.#arm();
  }

  /** After rows that touched these lanes. */
  update(facts: Facts, lanes: Iterable<string>): void {
    if (!this.#facts) return;
    this.#facts = facts;
    for (const key of lanes) this.#renew(facts, key);
    this.#arm();
  }

  /** What held many has ended: the line to an origin, or (without one) what held everything. */
  released(origin?: string): void {
    const wasTold = this.#told.delete(origin === undefined ? everything : `line ${origin}`);
    if (wasTold && origin === undefined) this.#floor = this.#options.env.now();
    this.#arm();
  }

  /** Nobody watches any more (until `rebuild`). */
  stop(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
    this.#facts = null;
    this.#told.clear();
  }

  #renew(facts: Facts, lane: string): void {
    const known = this.#places.get(lane);
    const wait = waitOf(facts, lane);
    if (known?.wait === wait) return;
    if (known) {
      if (known.key !== null) this.#waits.delete(known.key);
      this.#places.delete(lane);
      this.#progressAt = this.#options.env.now();
    }
    if (wait !== null) this.#place(lane, wait);
  }

  #place(lane: string, wait: string): void {
    const key = `${orderKey(Math.max(0, Math.floor(this.#options.env.now())))}${lane}`;
    this.#waits.set(key, lane);
    this.#places.set(lane, { wait, key });
  }

  /** New waits are due later than those there are: a timer that is set is never too late. */
  #arm(): void {
    const first = this.#waits.first();
    const { env, budget } = this.#options;
    if (!first && this.#timer !== null) {
      env.clearTimer(this.#timer);
      this.#timer = null;
    }
    if (!first || this.#timer !== null || !this.#facts || this.#told.has(everything)) return;
    this.#due = Math.max(sinceOf(first.key), this.#floor) + budget;
    const delay = Math.max(0, this.#due - env.now());
    this.#timer = env.setTimer(delay, () => this.#look(), 'watchdog');
  }

  #look(): void {
    const { env, budget } = this.#options;
    this.#timer = null;
    const now = env.now();
    // The device slept: nobody could do anything meanwhile.
    if (now - this.#due > longestDelay) this.#floor = now;
    for (let n = 0; n < batch; n++) {
      const first = this.#waits.first();
      if (!first) break;
      const since = Math.max(sinceOf(first.key), this.#floor);
      if (since + budget > now || !this.#judge(first.value, since)) break;
    }
    this.#arm();
  }

  /** False: all wait for the same. */
  #judge(lane: string, since: number): boolean {
    const place = this.#places.get(lane);
    if (!place || place.key === null) return true;
    const [model = '', recordId = ''] = lane.split('\u0000');
    const explanation = this.#options.explain(model, recordId);
    const hold = holdOf(explanation.waitsFor[0]);
    const isTold = hold !== null && this.#told.has(hold);
    const isTurn = explanation.waitsFor[0]?.kind === 'turn' && this.#progressAt > since;
    const isForOthers = !isForPerson(explanation);
    const isDue = isForOthers && !isTold && !isTurn;
    if (isDue) this.#tell({ model, recordId, since, explanation });
    if (isDue && hold !== null) this.#told.add(hold);
    if (hold === everything && isForOthers) return false;
    this.#waits.delete(place.key);
    // Looked at again after as long: something else may be waited for by then.
    if (!isDue || hold !== null) this.#place(lane, place.wait);
    else this.#places.set(lane, { wait: place.wait, key: null });
    return true;
  }

  #tell(stuck: Omit<Stuck, 'waiting'>): void {
    const { pending = 0, syncing = 0, backoff = 0 } = this.#facts?.counts ?? {};
    this.#options.onStuck({ ...stuck, waiting: pending + syncing + backoff });
  }
}

function sinceOf(key: string): number {
  return Number.parseInt(key.slice(0, 10), 36);
}

/** Null: nothing is waited for, or a person is. */
function waitOf(facts: Facts, key: string): string | null {
  const lane = getIn(facts.lanes, key);
  if (!lane || lane.parked || lane.state === 'failed' || lane.state === 'conflicted') return null;
  return lane.sealed ? `sealed ${lane.sealed.key}` : `queued ${firstOrder(facts, key)}`;
}

/** What holds more than this record. */
function holdOf(wait: Wait | undefined): string | null {
  switch (wait?.kind) {
    case 'offline':
    case 'networkUnsuited':
    case 'unreachable':
    case 'probing':
    case 'storage':
      return everything;
    case 'line':
      return `line ${wait.origin}`;
    default:
      return null;
  }
}

/** Who is asked already must not be told of it; nor is anything stuck that a person holds. */
function isForPerson({ waitsFor }: Explanation): boolean {
  return waitsFor.some((wait) => {
    switch (wait.kind) {
      case 'paused':
      case 'timeTravelling':
      case 'conflict':
      case 'deadLetter':
      case 'parentFailed':
        return true;
      case 'line':
        return wait.state === 'authRequired';
      default:
        return false;
    }
  });
}
