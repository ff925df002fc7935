import { type ActorRefFrom, createActor } from 'xstate';
import { type Backoff, backoffDelay } from '../../../machines/backoff.ts';
import type { Failure } from '../../../machines/failure.ts';
import { type LineContext, type LineState, lineMachine } from '../../../machines/line.ts';
import type { OriginPause } from '../../../store/facts.ts';
import type { LineFacts } from '../../../store/slice.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';
import type { Held } from '../../ports/transport.ts';
import { envClock, type Inspect } from './connection.ts';

/** Records refused for good, one after the other, at which the origin is taken to be broken. */
const refusalLimit = 5;
/** ms within which they must have been refused: people who err now and then trip nothing. */
const refusalWindow = 300_000;
/** Refusals in a row after which one is believed even of an origin that refuses everything. */
const believedRefusals = 3;
/** The same for errors of the server's own, of which an outage makes as many as it lasts long. */
const believedErrors = 5;
/** Never at once: an origin that says "retry after 0" is not asked in a tight loop (ms). */
const shortestPause = 1_000;
const tripBackoff: Backoff = { base: 5_000, factor: 2, cap: 300_000 };
const pauseBackoff: Backoff = { base: 5_000, factor: 2, cap: 300_000 };

export interface LinesOptions {
  readonly env: Env;
  readonly inspect?: Inspect | undefined;
  /** Asks for new credentials; missing: only a person can bring them. */
  readonly refresh?: (() => Promise<boolean>) | undefined;
  /** Makes a pause durable. */
  readonly append: (row: EngineDraft) => void;
  readonly onChange: (origin: string, facts: LineFacts) => void;
}

type LineActor = ActorRefFrom<typeof lineMachine>;

interface Line {
  readonly actor: LineActor;
  /** When each lane was refused for good, since an answer of another kind. */
  readonly refusals: Map<string, number>;
  /** Writes, and reads, that were answered here. */
  words: { readonly writes: number; readonly reads: number };
  /** Who met a wrong address here, and what had been answered when that was heard first. */
  readonly lost: Map<string, Line['words']>;
  state: LineState;
  /** Another object whenever something in it has changed. */
  context: LineContext | null;
  /** The context that the last answer left: until it changes, another one says nothing new. */
  heard: LineContext | null;
  /** When its wait ends (ms since 1970); null: it does not wait for a time. */
  until: number | null;
  failure: Failure | null;
  /** Until new credentials are asked for again: nobody had answered. */
  resting: TimerHandle | null;
}

/**
 * The lines to the origins: whether requests may go there, and what an answer means for all the
 * others. One live machine for each origin, made when it is first met.
 */
export class Lines {
  readonly #options: LinesOptions;
  readonly #lines = new Map<string, Line>();
  #stopped = false;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** Pauses that were asked for in an earlier life. */
  restore(pauses: Readonly<Record<string, OriginPause>>): void {
    const { env } = this.#options;
    for (const [origin, { until, failure }] of Object.entries(pauses)) {
      const retryIn = Math.min(until - env.now(), dayMs);
      const line = this.#line(origin);
      if (retryIn <= 0 || line.state !== 'open') continue;
      line.failure = failure;
      line.actor.send({ type: 'pauseAsked', retryIn });
    }
  }

  /** Pauses that are not over. */
  get pauses(): Readonly<Record<string, OriginPause>> {
    const pauses: Record<string, OriginPause> = {};
    for (const [origin, { state, until, failure }] of this.#lines) {
      if (state === 'pausedUntil' && until !== null && failure) pauses[origin] = { until, failure };
    }
    return pauses;
  }

  /** How many requests may be under way to an origin. */
  room(origin: string): number {
    const { state } = this.#line(origin);
    if (state === 'open' || state === 'renewed') return Number.POSITIVE_INFINITY;
    return state === 'trying' ? 1 : 0;
  }

  /** How often credentials were renewed: taken when a request leaves, given with its answer. */
  renewals(origin: string): number {
    return this.#line(origin).actor.getSnapshot().context.renewals;
  }

  /** An answer about the request itself came. */
  answered(origin: string, lane: string): void {
    const line = this.#line(origin);
    line.lost.delete(lane);
    // It left before the trip, and says nothing about what came after.
    if (line.state === 'tripped') return;
    line.words = { ...line.words, writes: line.words.writes + 1 };
    line.refusals.clear();
    // A pause holds, with its reason, whatever is answered to requests that left before.
    if (line.state !== 'pausedUntil') line.failure = null;
    // A batch brings a hundred of them.
    if (line.state === 'open' && line.heard !== null && line.heard === line.context) return;
    line.actor.send({ type: 'answered' });
    line.heard = line.context;
  }

  /**
   * A read was answered as it should be. Says that we are let in and that the address is right, not
   * that writes are taken.
   */
  welcomed(origin: string): void {
    const line = this.#line(origin);
    line.words = { ...line.words, reads: line.words.reads + 1 };
    const wasLost = line.state === 'trying' && line.failure?.code === 'misdeployed';
    if (line.state === 'renewed' || wasLost) line.actor.send({ type: 'answered' });
  }

  /** An answer that is not about its request; it may be the word of another origin than `asked`. */
  held(asked: string, answer: Held, renewals: number): void {
    const { by, failure, origin = asked } = answer;
    const line = this.#line(origin);
    // A pause keeps its reason.
    if (by === 'pause' || line.state !== 'pausedUntil') line.failure = failure;
    if (by === 'auth') {
      // When a question to another origin left, nobody counted.
      const known = origin === asked ? renewals : this.renewals(origin);
      line.actor.send({ type: 'unauthorized', renewals: known });
    } else if (by === 'deployment') {
      this.#trip(line);
    } else {
      this.#pause(origin, line, answer);
    }
  }

  /**
   * A write, or a list or a read of a model (`who`), met an address or a method that is not there. True if
   * that is its own: others of its kind were answered well since it was heard of first, so the line stands.
   */
  lost(
    asked: string,
    answer: Held,
    renewals: number,
    who: { readonly lane: string } | { readonly reads: string },
  ): boolean {
    const { by, origin = asked } = answer;
    if (by !== 'deployment') {
      this.held(asked, answer, renewals);
      return false;
    }
    const { words, lost } = this.#line(origin);
    const key = 'lane' in who ? who.lane : `reads ${who.reads}`;
    const then = lost.get(key);
    if (!then) lost.set(key, words);
    // That lists are answered well does not say that writes are taken.
    const isOwn =
      then !== undefined &&
      (words.writes > then.writes || ('reads' in who && words.reads > then.reads));
    if (!isOwn) this.held(asked, answer, renewals);
    return isOwn;
  }

  /**
   * A request was refused for good, for the n-th `time` in a row. False if that is not to be believed
   * yet: everything is refused here, so it looks like a bad deployment; the request is tried again (N13).
   */
  refused(origin: string, lane: string, times: number, failure: Failure): boolean {
    const { env } = this.#options;
    const line = this.#line(origin);
    const now = env.now();
    line.refusals.set(lane, now);
    for (const [other, at] of line.refusals) {
      if (now - at > refusalWindow) line.refusals.delete(other);
    }
    // Whoever refuses a request is there: the address is right again.
    const isLost = line.failure?.code === 'misdeployed';
    const isDoubtful = !this.#isTrusted(line) && !isLost;
    const isBroken = line.refusals.size >= refusalLimit || isDoubtful;
    if (!isBroken) {
      line.actor.send({ type: 'answered' });
      return true;
    }
    line.failure = failure;
    this.#trip(line);
    return times >= (failure.code === 'serverError' ? believedErrors : believedRefusals);
  }

  /** A person asks to go on: every line is tried. */
  resume(): void {
    for (const line of this.#lines.values()) {
      line.refusals.clear();
      line.actor.send({ type: 'resumeRequested' });
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const line of this.#lines.values()) {
      this.#endRest(line);
      line.actor.stop();
    }
  }

  #isTrusted({ state }: Line): boolean {
    return state !== 'tripped' && state !== 'trying';
  }

  #trip(line: Line): void {
    const { env } = this.#options;
    const { trips } = line.actor.getSnapshot().context;
    const delay = backoffDelay(tripBackoff, trips, env.random('trip'));
    line.actor.send({ type: 'tripped', retryIn: Math.max(shortestPause, delay) });
  }

  #pause(origin: string, line: Line, { retryIn, failure }: Held): void {
    const { env, append } = this.#options;
    // All that were under way say the same of one moment: it waits already.
    if (retryIn === null && line.state === 'pausedUntil') return;
    const { pauses } = line.actor.getSnapshot().context;
    const drawn = retryIn ?? backoffDelay(pauseBackoff, pauses, env.random('pause'));
    const wait = Math.max(shortestPause, drawn, this.#leftOf(line));
    line.actor.send({ type: 'pauseAsked', retryIn: wait });
    const at = env.now();
    append({ v: 1, type: 'originPaused', at, origin, until: at + wait, failure });
  }

  /** ms of a pause that are not over: who asks for less behind it does not shorten it. */
  #leftOf({ actor, state, until }: Line): number {
    if (state !== 'pausedUntil' || until === null) return 0;
    // The clock may have been set back meanwhile.
    return Math.min(until - this.#options.env.now(), actor.getSnapshot().context.retryIn);
  }

  #line(origin: string): Line {
    const known = this.#lines.get(origin);
    if (known) return known;
    const { env, inspect } = this.#options;
    const actor = createActor(lineMachine, {
      ...{ id: origin === '' ? 'line' : `line ${origin}`, clock: envClock(env) },
      ...(inspect && { inspect }),
    });
    const line: Line = {
      ...{ actor, refusals: new Map(), state: 'open', context: null, until: null, failure: null },
      ...{ heard: null, resting: null, words: { writes: 0, reads: 0 }, lost: new Map() },
    };
    this.#lines.set(origin, line);
    actor.subscribe(({ value, context }) => {
      this.#entered(origin, line, value as LineState, context);
    });
    actor.start();
    return line;
  }

  #entered(origin: string, line: Line, state: LineState, context: LineContext): void {
    const isNew = state !== line.state;
    const waitsAnew = isWait(state) && context !== line.context;
    line.state = state;
    line.context = context;
    if (state !== 'refreshing') this.#endRest(line);
    if (state === 'open') line.failure = null;
    if (isNew && state === 'refreshing') this.#refresh(line).catch(this.#options.env.report);
    if (isNew || waitsAnew) this.#tell(origin, line);
  }

  #tell(origin: string, line: Line): void {
    const { env, onChange } = this.#options;
    const { actor, state, failure } = line;
    line.until = isWait(state) ? env.now() + actor.getSnapshot().context.retryIn : null;
    onChange(origin, { state, until: line.until, failure });
  }

  /** Once for all that wait; if nobody answers it is asked again, and nobody is signed out. */
  async #refresh(line: Line): Promise<void> {
    const { env, refresh } = this.#options;
    for (let failures = 0; line.state === 'refreshing' && !this.#stopped; failures++) {
      try {
        const renewed = refresh ? await refresh() : false;
        line.actor.send({ type: renewed ? 'credentialsRenewed' : 'credentialsDenied' });
        return;
      } catch {
        const drawn = backoffDelay(pauseBackoff, failures, env.random('refresh'));
        await this.#rest(line, Math.max(shortestPause, drawn));
      }
    }
  }

  /** Ends when the line does not refresh any more: a person may have signed in meanwhile. */
  #rest(line: Line, delay: number): Promise<void> {
    return new Promise((resolve) => {
      line.resting = this.#options.env.setTimer(
        delay,
        () => {
          line.resting = null;
          resolve();
        },
        'refresh',
      );
    });
  }

  #endRest(line: Line): void {
    if (line.resting !== null) this.#options.env.clearTimer(line.resting);
    line.resting = null;
  }
}

const dayMs = 86_400_000;

/** Whether it ends by itself, at a time that is known. */
function isWait(state: LineState): boolean {
  return state === 'pausedUntil' || state === 'tripped';
}
