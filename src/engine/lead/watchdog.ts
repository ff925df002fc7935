import type { Explanation } from '../../../store/explanation.ts';
import type { Facts, LaneRef } from '../../../store/facts.ts';
import { getIn, scan } from '../../../store/pages.ts';
import type { Wait } from '../../../store/wait.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';

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

/** A record that waits. */
interface Waiting {
  readonly lane: string;
  /** What is waited with: before its request and with it are two waits. */
  readonly wait: string;
  /** ms since 1970. */
  readonly since: number;
}

/**
 * Tells of records that wait longer than their budget: once for each wait, none that wait for a
 * person. What holds many (no network, a line that is held) is told once, of the oldest. One timer
 * for all; waits stand in the order they began, so a change of a record costs a look-up, and the
 * start costs nothing: what was there by then is walked when its budget is over, piece by piece.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  /** In order; whatever `#current` does not hold any more is passed over. */
  #queue: Waiting[] = [];
  #passed = 0;
  /** By lane; null: it was told. */
  #current = new Map<string, Waiting | { readonly wait: string; readonly since: null }>();
  /** Waits that are not told yet. */
  #open = 0;
  /** Lanes from this key on wait since `#began`, where `#current` has no other word; null: none. */
  #rest: string | null = null;
  #began = 0;
  #facts: Facts | null = null;
  #timer: TimerHandle | null = null;
  #due = 0;
  /** Waits from before this moment count from it: until then nothing could move. */
  #floor = 0;
  /** When something got on last: whoever waits for a turn is not stuck while turns come. */
  #progressAt = 0;
  /** Holds of many that were told, until they end. */
  readonly #told = new Set<string>();

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** This tab leads: every record that waits does so from now on. */
  rebuild(facts: Facts): void {
    this.stop();
    if (!Number.isFinite(this.#options.budget)) return;
    this.#facts = facts;
    this.#rest = this.#waiting > 0 ? '' : null;
    this.#began = this.#options.env.now();
    this.#arm();
  }

  /** After rows that touched these lanes. */
  update(facts: Facts, lanes: Iterable<string>): void {
    if (!this.#facts) return;
    this.#facts = facts;
    for (const lane of lanes) {
      const known = this.#current.get(lane);
      const wait = waitOf(facts, lane);
      if (known?.wait === wait) continue;
      if (known) {
        this.#progressAt = this.#options.env.now();
        this.#forget(lane);
      }
      if (wait !== undefined) this.#begin(lane, wait);
    }
    // A pull may have settled what no row of its own speaks of.
    if (this.#waiting === 0) this.#forgetAll();
    this.#arm();
  }

  /** What held many has ended: the line to an origin, or (without one) what held everything. */
  released(origin?: string): void {
    const wasTold = this.#told.delete(origin === undefined ? everything : `line ${origin}`);
    if (wasTold && origin === undefined) this.#floor = this.#options.env.now();
    this.#arm();
  }

  /** Whether this tab watches. */
  get isOn(): boolean {
    return this.#facts !== null;
  }

  /** Nobody watches any more (until `rebuild`). */
  stop(): void {
    this.#disarm();
    this.#forgetAll();
    this.#facts = null;
    this.#told.clear();
  }

  #begin(lane: string, wait: string): void {
    const waiting = { lane, wait, since: this.#options.env.now() };
    this.#queue.push(waiting);
    this.#current.set(lane, waiting);
    this.#open++;
  }

  #forget(lane: string): void {
    if (this.#current.get(lane)?.since != null) this.#open--;
    this.#current.delete(lane);
  }

  #forgetAll(): void {
    this.#queue = [];
    this.#passed = 0;
    this.#current = new Map();
    this.#open = 0;
    this.#rest = null;
  }

  /** The wait that began first, of those that still are. */
  #first(): Waiting | undefined {
    for (;;) {
      const first = this.#queue[this.#passed];
      if (!first || this.#current.get(first.lane) === first) return first;
      this.#passed++;
      if (this.#passed > 1_000 && this.#passed * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#passed);
        this.#passed = 0;
      }
    }
  }

  /** When the oldest wait began; null while nobody waits. */
  #oldest(): number | null {
    if (this.#rest !== null && this.#waiting > 0) return this.#began;
    return this.#open > 0 ? (this.#first()?.since ?? null) : null;
  }

  /** New waits are due later than those there are: a timer that is set is never too late. */
  #arm(): void {
    // What held many ends after the lead was given away as well.
    if (!this.#facts) return;
    const oldest = this.#oldest();
    if (oldest === null) this.#disarm();
    if (oldest === null || this.#timer !== null || this.#told.has(everything)) return;
    const { env, budget } = this.#options;
    this.#due = Math.max(oldest, this.#floor) + budget;
    const delay = Math.max(0, this.#due - env.now());
    this.#timer = env.setTimer(delay, () => this.#look(), 'watchdog');
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const { env, budget } = this.#options;
    this.#timer = null;
    const now = env.now();
    // The device slept: nobody could do anything meanwhile.
    if (now - this.#due > longestDelay) this.#floor = now;
    const isDue = (since: number) => Math.max(since, this.#floor) + budget <= now;
    if (this.#rest !== null && isDue(this.#began)) {
      this.#readOn(this.#rest);
    } else {
      for (let n = 0; n < batch; n++) {
        const first = this.#first();
        if (!first || !isDue(first.since) || !this.#judge(first)) break;
      }
    }
    this.#arm();
  }

  /** Some of those that were there from the start, and have not changed since. */
  #readOn(from: string): void {
    const facts = this.#facts;
    if (!facts) return;
    const found: Waiting[] = [];
    let left = batch;
    let next: string | null = null;
    scan(facts.lanes, from, (_, lane) => {
      if (left-- === 0) next = lane;
      else if (!this.#current.has(lane)) {
        const wait = waitOf(facts, lane);
        if (wait !== undefined) found.push({ lane, wait, since: this.#began });
      }
      return next === null;
    });
    for (const waiting of found) {
      this.#current.set(waiting.lane, waiting);
      this.#open++;
      // Where all wait for the same, the walk goes on here once that has ended.
      if (this.#judge(waiting)) continue;
      this.#forget(waiting.lane);
      next = waiting.lane;
      break;
    }
    this.#rest = next;
  }

  /** False: all wait for the same. */
  #judge({ lane, wait, since: began }: Waiting): boolean {
    const since = Math.max(began, this.#floor);
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
    this.#forget(lane);
    // Looked at again after as long: something else may be waited for by then.
    if (!isDue || hold !== null) this.#begin(lane, wait);
    else this.#current.set(lane, { wait, since: null });
    return true;
  }

  /** Records that wait for anything but a person. */
  get #waiting(): number {
    const { pending = 0, syncing = 0, backoff = 0 } = this.#facts?.counts ?? {};
    return pending + syncing + backoff;
  }

  #tell(stuck: Omit<Stuck, 'waiting'>): void {
    this.#options.onStuck({ ...stuck, waiting: this.#waiting });
  }
}

/** Undefined: nothing is waited for, or a person is. */
function waitOf(facts: Facts, key: string): string | undefined {
  const lane = getIn(facts.lanes, key);
  if (!lane || lane.state === 'failed' || lane.state === 'conflicted') return undefined;
  return lane.sealed ? lane.sealed.key : 'queued';
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
