import { type Facts, isTakenBack, type Lane, laneKey, outboxPrefix } from '../../../store/facts.ts';
import { getIn, noPages, scan } from '../../../store/pages.ts';
import { PagesDraft } from '../../../store/pagesDraft.ts';

/** Where a lane stands in the index. */
interface Place {
  /** `aside`: looked at again only when the lane itself changes. */
  readonly queue: 'toSeal' | 'toSend' | 'later' | 'told' | 'blocked' | 'aside';
  /** With `blocked`: the lane that is waited for. */
  readonly key: string;
  readonly origin: string;
  /** The model of a sealed create that may have made a record which nobody here knows yet. */
  readonly creates: string | null;
}

/** Lanes that wait for another one, and how that one stood when they were told to. */
interface Blocked {
  readonly lanes: Set<string>;
  readonly standing: string;
}

/** Lanes that are taken in in one task (2 ms), and freed ones that are looked at in one go. */
const stride = { read: 400, freed: 64 } as const;

/** Answers that did not tell, after which a create is not waited for: it may never be told. */
const doubtfulAttempts = 3;
/** ms: longer than that no server may ask to wait. */
const longestTold = 86_400_000;

function timeKey(ms: number): string {
  return Math.max(0, Math.floor(ms)).toString(36).padStart(10, '0');
}

/**
 * What the scheduler looks at: dirty lanes sorted by what may happen to them next. Derived from the
 * facts and kept up lane by lane, so that a decision costs O(log n) at any depth of the outbox.
 * It holds no fact of its own: `rebuild` and `readOn` give the same from the facts alone, some lanes
 * at a time.
 */
export class LaneIndex {
  /** Pending lanes by the order of their first operation. */
  #toSeal = new PagesDraft<string>(noPages());
  /** Sealed lanes that may be sent now, in the order they were sealed, by origin. */
  #toSend = new Map<string, PagesDraft<string>>();
  /** Sealed lanes in backoff, by `retryAt`. */
  #later = new PagesDraft<string>(noPages());
  /** The same, where the server named a time that is longer than any wait of our own. */
  #told = new PagesDraft<string>(noPages());
  /** Lanes that wait for another lane, by that one's key: looked at again when it changes. */
  #blocked = new Map<string, Blocked>();
  /** Lanes that may wait no more, to be looked at: a hundred thousand may have waited for one. */
  #freed: Set<string>[] = [];
  /** The next key to be taken in from the facts; null when all lanes are in. */
  #unread: string | null = null;
  #facts: Facts | null = null;
  #dependent = 0;
  #places = new Map<string, Place>();
  #sealedCreates = new Map<string, number>();
  #ticket = 0;
  readonly #longestWait: number;
  readonly #originOf: (path: string) => string;
  readonly #isKnown: (model: string) => boolean;

  /**
   * @param longestWait ms: the cap of the backoff
   * @param isKnown whether this build of the app has a model; what is of another one keeps its
   *   operations and takes nobody's place (UP7)
   */
  constructor(
    longestWait: number,
    originOf: (path: string) => string,
    isKnown: (model: string) => boolean,
  ) {
    this.#longestWait = longestWait;
    this.#originOf = originOf;
    this.#isKnown = isKnown;
  }

  rebuild(facts: Facts): void {
    this.#toSeal = new PagesDraft(noPages());
    this.#toSend = new Map();
    this.#later = new PagesDraft(noPages());
    this.#told = new PagesDraft(noPages());
    this.#blocked = new Map();
    this.#freed = [];
    this.#dependent = 0;
    this.#places = new Map();
    this.#sealedCreates = new Map();
    this.#facts = facts;
    this.#unread = facts.lanes.size > 0 ? '' : null;
  }

  /** Takes in some more lanes after `rebuild`; true when all are in, which is when it can be asked. */
  readOn(): boolean {
    const [from, facts] = [this.#unread, this.#facts];
    if (from === null || !facts) return true;
    let left: number = stride.read;
    let next: string | null = null;
    scan(facts.lanes, from, (lane, key) => {
      if (left-- === 0) next = key;
      else this.#add(facts, key, lane);
      return next === null;
    });
    this.#unread = next;
    return next === null;
  }

  /** After rows that touched these lanes. */
  update(facts: Facts, lanes: Iterable<string>): void {
    this.#facts = facts;
    for (const key of lanes) {
      // It is taken in as it stands by then.
      if (this.#unread !== null && key >= this.#unread) continue;
      this.#renew(facts, key);
      const waiting = this.#blocked.get(key);
      if (!waiting || waiting.standing === standingOf(facts, key)) continue;
      this.#blocked.delete(key);
      this.#freed.push(waiting.lanes);
    }
  }

  /** Takes a lane out of what is to be sealed until `on` lets it go, or it changes itself. */
  block(facts: Facts, lane: string, on: string): void {
    this.#remove(lane);
    const waiting = this.#blocked.get(on) ?? { lanes: new Set(), standing: standingOf(facts, on) };
    waiting.lanes.add(lane);
    this.#blocked.set(on, waiting);
    this.#dependent++;
    this.#places.set(lane, { queue: 'blocked', key: on, origin: '', creates: null });
  }

  /** Takes a lane out of what is to be sealed until it changes. */
  setAside(lane: string): void {
    this.#remove(lane);
    this.#places.set(lane, { queue: 'aside', key: '', origin: '', creates: null });
  }

  /** Whether a lane was set aside and has not changed since. */
  isSetAside(lane: string): boolean {
    return this.#places.get(lane)?.queue === 'aside';
  }

  /** Lanes to seal next, oldest first, that `skip` doesn't hold. */
  nextToSeal(limit: number, skip: (lane: string) => boolean): string[] {
    let lanes = take(this.#toSeal, limit, skip);
    while (lanes.length < limit && this.#lookAtFreed()) lanes = take(this.#toSeal, limit, skip);
    return lanes;
  }

  #lookAtFreed(): boolean {
    const freed = this.#freed[this.#freed.length - 1];
    if (!freed || !this.#facts) return false;
    let left: number = stride.freed;
    for (const lane of freed) {
      freed.delete(lane);
      this.#renew(this.#facts, lane);
      if (--left === 0) break;
    }
    if (freed.size === 0) this.#freed.pop();
    return true;
  }

  /** Origins that sealed lanes wait for. */
  origins(now: number): string[] {
    this.#wake(now);
    return [...this.#toSend.keys()];
  }

  /** Lanes to send next to an origin, oldest first, that `skip` doesn't hold. */
  nextToSend(origin: string, limit: number, skip: (lane: string) => boolean): string[] {
    const from = this.#toSend.get(origin);
    return from ? take(from, limit, skip) : [];
  }

  /** Those whose time has come join at the end of what is to be sent. */
  #wake(now: number): void {
    const due = [
      ...dueOf(this.#later, now, this.#longestWait),
      ...dueOf(this.#told, now, longestTold),
    ];
    for (const lane of due) {
      const { creates = null, origin = '' } = this.#places.get(lane) ?? {};
      this.#remove(lane);
      this.#place(lane, { queue: 'toSend', key: timeKey(this.#ticket++), origin, creates });
    }
  }

  /** When the next backoff ends (ms since 1970); null if none is under way. */
  get nextRetryAt(): number | null {
    const first = [this.#later, this.#told].flatMap((queue) => queue.first() ?? []);
    return first.length > 0 ? Math.min(...first.map(({ key }) => timeIn(key))) : null;
  }

  /** Sealed lanes that wait for this origin, or are under way to it. */
  waitingToSend(origin: string): number {
    return this.#toSend.get(origin)?.size ?? 0;
  }

  /** Lanes that wait for others. */
  get dependent(): number {
    return this.#dependent;
  }

  /**
   * Whether the first answers to a create of this model are waited for: a pull may bring its record,
   * and the server's id of it, before them.
   */
  hasDoubtfulCreate(model: string): boolean {
    while (!this.readOn());
    return (this.#sealedCreates.get(model) ?? 0) > 0;
  }

  #add(facts: Facts, key: string, lane: Lane): void {
    const isDoubtful = lane.sealed?.kind === 'create' && lane.attempts < doubtfulAttempts;
    const creates = isDoubtful ? lane.model : null;
    const origin = lane.sealed ? this.#originOf(lane.sealed.path) : '';
    if (!this.#isKnown(lane.model)) return;
    if (lane.state === 'pending') {
      const order = firstOrder(facts, laneKey(lane.model, lane.recordId));
      if (order === null) return;
      this.#place(key, { queue: 'toSeal', key: `${order}${key}`, origin, creates: null });
    } else if (lane.state === 'syncing') {
      this.#place(key, { queue: 'toSend', key: timeKey(this.#ticket++), origin, creates });
    } else if (lane.state === 'backoff') {
      // Rounded up: what waits for less than a millisecond would be due at once, over and over.
      const due = `${timeKey(Math.ceil(lane.retryAt ?? 0))}${key}`;
      const queue = isTold(lane, this.#longestWait) ? 'told' : 'later';
      this.#place(key, { queue, key: due, origin, creates });
    }
  }

  #renew(facts: Facts, key: string): void {
    const lane = getIn(facts.lanes, key);
    this.#remove(key);
    if (lane) this.#add(facts, key, lane);
  }

  #place(lane: string, place: Place): void {
    this.#queue(place)?.set(place.key, lane);
    this.#places.set(lane, place);
    const { creates } = place;
    if (creates) this.#sealedCreates.set(creates, (this.#sealedCreates.get(creates) ?? 0) + 1);
  }

  #remove(lane: string): void {
    const place = this.#places.get(lane);
    if (!place) return;
    this.#places.delete(lane);
    if (place.queue === 'blocked') {
      this.#dependent--;
      const lanes = this.#blocked.get(place.key)?.lanes;
      if (lanes?.delete(lane) && lanes.size === 0) this.#blocked.delete(place.key);
      return;
    }
    const queue = this.#queue(place);
    queue?.delete(place.key);
    if (place.queue === 'toSend' && queue?.size === 0) this.#toSend.delete(place.origin);
    const { creates } = place;
    if (creates) this.#sealedCreates.set(creates, (this.#sealedCreates.get(creates) ?? 1) - 1);
  }

  #queue({ queue, origin }: Place): PagesDraft<string> | null {
    if (queue === 'blocked' || queue === 'aside') return null;
    if (queue === 'toSeal') return this.#toSeal;
    if (queue === 'later') return this.#later;
    if (queue === 'told') return this.#told;
    const lanes = this.#toSend.get(origin) ?? new PagesDraft<string>(noPages());
    this.#toSend.set(origin, lanes);
    return lanes;
  }
}

function timeIn(key: string): number {
  return Number.parseInt(key.slice(0, 10), 36);
}

/** Whether the server named the time, and it is longer than our own waits are. */
function isTold({ failure, retryAt }: Lane, longestWait: number): boolean {
  const isNamed = failure?.code === 'underWay' || failure?.code === 'paused';
  return isNamed && (retryAt ?? 0) - failure.at > longestWait;
}

/** Those whose time has come; also those that would wait longer than anybody may: the clock was set back since (TM1). */
function dueOf(queue: PagesDraft<string>, now: number, longest: number): string[] {
  const due: string[] = [];
  queue.scan('', (lane, key) => {
    if (timeIn(key) > now) return false;
    due.push(lane);
    return true;
  });
  queue.scan(timeKey(Math.ceil(now + longest) + 1), (lane) => {
    due.push(lane);
    return true;
  });
  return due;
}

function take(from: PagesDraft<string>, limit: number, skip: (lane: string) => boolean): string[] {
  const lanes: string[] = [];
  if (limit <= 0) return lanes;
  from.scan('', (lane) => {
    if (!skip(lane)) lanes.push(lane);
    return lanes.length < limit;
  });
  return lanes;
}

/** The order of a lane's first operation. */
function firstOrder(facts: Facts, lane: string): string | null {
  const prefix = outboxPrefix(lane);
  let order: string | null = null;
  scan(facts.outbox, prefix, (_, key) => {
    if (key.startsWith(prefix)) order = key.slice(prefix.length);
    return false;
  });
  return order;
}

/**
 * What of a lane may let others go: operations that left or came, a base, a parking. That it was
 * sealed, or waits for another attempt, frees nobody.
 */
function standingOf(facts: Facts, key: string): string {
  const lane = getIn(facts.lanes, key);
  if (!lane) return isTakenBack(facts, key) ? 'taken back' : '';
  const records = facts.models[lane.model]?.records;
  const hasBase = (records && getIn(records, lane.recordId)?.base) != null;
  const first = firstOrder(facts, laneKey(lane.model, lane.recordId));
  return `${first} ${lane.count} ${hasBase} ${lane.parked !== null}`;
}
