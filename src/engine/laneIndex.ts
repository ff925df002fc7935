import { type Facts, type Lane, laneKey, outboxPrefix } from '../../store/facts.ts';
import { getIn, noPages, scan } from '../../store/pages.ts';
import { PagesDraft } from '../../store/pagesDraft.ts';

/** Where a lane stands in the index. */
interface Place {
  readonly queue: 'toSeal' | 'toSend' | 'later';
  readonly key: string;
  /** The model of a sealed create. */
  readonly creates: string | null;
}

function timeKey(ms: number): string {
  return Math.max(0, Math.floor(ms)).toString(36).padStart(10, '0');
}

/**
 * What the scheduler looks at: dirty lanes sorted by what may happen to them next. Derived from the
 * facts and kept up lane by lane, so that a decision costs O(log n) at any depth of the outbox.
 * It holds no fact of its own: `rebuild` gives the same from the facts alone.
 */
export class LaneIndex {
  /** Pending lanes by the order of their first operation. */
  #toSeal = new PagesDraft<string>(noPages());
  /** Sealed lanes that may be sent now, in the order they were sealed. */
  #toSend = new PagesDraft<string>(noPages());
  /** Sealed lanes in backoff, by `retryAt`. */
  #later = new PagesDraft<string>(noPages());
  #places = new Map<string, Place>();
  #sealedCreates = new Map<string, number>();
  #ticket = 0;
  readonly #longestWait: number;

  /** @param longestWait ms: the cap of the backoff */
  constructor(longestWait: number) {
    this.#longestWait = longestWait;
  }

  rebuild(facts: Facts): void {
    this.#toSeal = new PagesDraft(noPages());
    this.#toSend = new PagesDraft(noPages());
    this.#later = new PagesDraft(noPages());
    this.#places = new Map();
    this.#sealedCreates = new Map();
    scan(facts.lanes, '', (lane, key) => {
      this.#add(facts, key, lane);
      return true;
    });
  }

  /** After rows that touched these lanes. */
  update(facts: Facts, lanes: Iterable<string>): void {
    for (const key of lanes) {
      const lane = getIn(facts.lanes, key);
      this.#remove(key);
      if (lane) this.#add(facts, key, lane);
    }
  }

  /** Lanes to seal next, oldest first, that `skip` doesn't hold. */
  nextToSeal(limit: number, skip: (lane: string) => boolean): string[] {
    return take(this.#toSeal, limit, skip);
  }

  /** Lanes to send next; those whose time has come join at the end. */
  nextToSend(now: number, limit: number, skip: (lane: string) => boolean): string[] {
    const due: string[] = [];
    this.#later.scan('', (lane, key) => {
      if (Number.parseInt(key.slice(0, 10), 36) > now) return false;
      due.push(lane);
      return true;
    });
    // No wait is that long: the clock was set back since (TM1).
    this.#later.scan(timeKey(now + this.#longestWait + 1), (lane) => {
      due.push(lane);
      return true;
    });
    for (const lane of due) {
      const creates = this.#places.get(lane)?.creates ?? null;
      this.#remove(lane);
      this.#place(lane, 'toSend', timeKey(this.#ticket++), creates);
    }
    return take(this.#toSend, limit, skip);
  }

  /** When the next backoff ends (ms since 1970); null if none is under way. */
  get nextRetryAt(): number | null {
    const first = this.#later.first();
    return first ? Number.parseInt(first.key.slice(0, 10), 36) : null;
  }

  get waitingToSend(): number {
    return this.#toSend.size;
  }

  /** Whether a create of this model is sealed: its server id may come with a pull first. */
  hasSealedCreate(model: string): boolean {
    return (this.#sealedCreates.get(model) ?? 0) > 0;
  }

  #add(facts: Facts, key: string, lane: Lane): void {
    const creates = lane.sealed?.kind === 'create' ? lane.model : null;
    if (lane.state === 'pending') {
      const order = firstOrder(facts, laneKey(lane.model, lane.recordId));
      if (order !== null) this.#place(key, 'toSeal', `${order}${key}`, null);
    } else if (lane.state === 'syncing') {
      this.#place(key, 'toSend', timeKey(this.#ticket++), creates);
    } else if (lane.state === 'backoff') {
      this.#place(key, 'later', `${timeKey(lane.retryAt ?? 0)}${key}`, creates);
    }
  }

  #place(lane: string, queue: Place['queue'], key: string, creates: string | null): void {
    this.#queue(queue).set(key, lane);
    this.#places.set(lane, { queue, key, creates });
    if (creates) this.#sealedCreates.set(creates, (this.#sealedCreates.get(creates) ?? 0) + 1);
  }

  #remove(lane: string): void {
    const place = this.#places.get(lane);
    if (!place) return;
    this.#queue(place.queue).delete(place.key);
    this.#places.delete(lane);
    const { creates } = place;
    if (creates) this.#sealedCreates.set(creates, (this.#sealedCreates.get(creates) ?? 1) - 1);
  }

  #queue(queue: Place['queue']): PagesDraft<string> {
    if (queue === 'toSeal') return this.#toSeal;
    return queue === 'toSend' ? this.#toSend : this.#later;
  }
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
