import { type Backoff, backoffDelay } from '../../machines/backoff.ts';
import { type Failure, timesInARow } from '../../machines/failure.ts';
import { type Facts, laneKey } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { RowBuilder } from '../journal/engineQueue.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { Answer, BatchAnswer, Held, Transport } from '../ports/transport.ts';
import { type AnswerContext, answerRows } from './answerRows.ts';
import { type Attempt, completed, readFirst, spokenAt, wasAccepted } from './attempt.ts';
import { ConflictRounds } from './conflictRounds.ts';
import { Departures } from './departures.ts';
import type { LaneIndex } from './laneIndex.ts';
import type { Lines } from './lines.ts';
import type { EngineModels } from './models.ts';
import { Sealer } from './sealer.ts';
import { SealsUnderWay, type SealUnderWay } from './sealsUnderWay.ts';
import type { VersionReads } from './versionReads.ts';

/** Requests of one origin under way at once: what browsers allow over HTTP/1.1. */
const parallel = 6;
/** Batches under way at once. */
const parallelBatches = 2;
/** Sealed beyond what is under way, so that the line is never idle while rows are written. */
const sealedAhead = { requests: 24, batches: 2 } as const;
/**
 * ms that an answer waits for others to be written with, while the line has more to send: a strict
 * transaction costs the disk as much as a request costs the server.
 */
const answerPatience = 100;
/** Times in a row that nothing there could take a request, while others are taken, until it is given up. */
const lostAttempts = 5;
/** ms until an answer whose row could not be written is asked for again. */
const storageRest = 5_000;
/** ms until a write is sent again whose record is read at another origin, and that one is held. */
const elsewhereRest = 30_000;

export interface PusherOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff: Backoff;
  readonly index: LaneIndex;
  /** A lane of a lost database, of whose record the server has not told yet. */
  readonly awaitsBase: (lane: string) => void;
  readonly versions: Pick<VersionReads, 'wants' | 'add'>;
  readonly lines: Lines;
  readonly facts: () => Facts;
  readonly appendIf: (build: RowBuilder, patience?: number) => Promise<boolean>;
  /** Resolves with whether the server can be reached after all. */
  readonly wireFailed: () => Promise<boolean>;
  readonly onAttempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly onStorageError: (error: unknown) => void;
  /** Whether what is sealed and sent stands on the second shelf too, where it has to. */
  readonly mayLeave: () => boolean;
  readonly wake: () => void;
}

/** What goes in one request: one lane, or several in a batch. */
interface Request {
  readonly origin: string;
  readonly attempts: ReadonlyMap<string, Attempt>;
  /** Credentials renewed before it left. */
  readonly renewals: number;
  readonly abort: AbortController;
}

/** An answer that leaves nothing open, and when the server had spoken of the record before it. */
interface Complete {
  readonly answer: Answer;
  readonly spoken?: number;
}

/** Sends what is sealed and seals what comes next: at most one request of a record under way. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #sealer: Sealer;
  readonly #underWay = new Map<string, Request>();
  readonly #requests = new Set<Request>();
  readonly #departures = new Departures();
  readonly #rounds = new ConflictRounds();
  readonly #seals = new SealsUnderWay();
  /** Operations in one request, at most. */
  readonly #most: number;
  /** The same as it is now: halved where the server says that it is too much, and growing again. */
  #batchLimit: number;
  /** Operations that were taken since. */
  #taken = 0;
  /** Waits after rows that could not be written. */
  readonly #resting = new Map<TimerHandle, () => void>();
  #stopped = false;

  constructor(options: PusherOptions) {
    this.#options = options;
    const { transport, models, index, env, awaitsBase, versions } = options;
    const { now, report } = env;
    this.#sealer = new Sealer({
      transport,
      models,
      index,
      now: () => now(),
      report,
      awaitsBase,
      versions,
    });
    this.#most = transport.pushMany ? (transport.batchLimit ?? 100) : 1;
    this.#batchLimit = this.#most;
  }

  /** Sends what may go and seals what comes next. */
  work(): void {
    const { index, env, wake, mayLeave } = this.#options;
    if (!mayLeave()) return;
    if (!index.readOn()) {
      // A hundred thousand lanes are taken in piece by piece.
      env.breathe().then(wake).catch(env.report);
      return;
    }
    this.#send();
    this.#seal();
  }

  /**
   * The server is asked whether it is there: what goes first is sealed meanwhile, and leaves as soon as
   * it answers. No more than that: what is sealed does not change any more, and it may not answer.
   */
  prepare(): void {
    const { index, env, mayLeave } = this.#options;
    if (!mayLeave()) return;
    // Until all lanes are taken in, what was sealed in an earlier life may be among the rest.
    if (!index.readOn() || this.#underWay.size > 0 || !this.#seals.isEmpty) return;
    const isSealed = index.origins(env.now()).some((origin) => index.waitingToSend(origin) > 0);
    if (!isSealed) this.#seal();
  }

  /** Ends all attempts; what was sealed is sent again, with the same key, another time. */
  stop(): void {
    this.#stopped = true;
    for (const { abort } of this.#requests) abort.abort();
    for (const [timer, resolve] of this.#resting) {
      this.#options.env.clearTimer(timer);
      resolve();
    }
    this.#resting.clear();
  }

  #send(): void {
    const { env, index } = this.#options;
    for (const origin of index.origins(env.now())) {
      let room = this.#room(origin);
      while (room > 0) {
        // After a trip one is tried, not a batch of them.
        const isTried = this.#options.lines.room(origin) === 1;
        const lanes = this.#nextToSend(origin, isTried ? 1 : this.#batchLimit);
        if (lanes.length === 0) break;
        this.#begin(origin, lanes);
        room--;
      }
    }
  }

  #nextToSend(origin: string, limit: number): string[] {
    const isHeld = (lane: string) => this.#underWay.has(lane);
    return this.#options.index.nextToSend(origin, limit, isHeld);
  }

  /** Requests that may leave now; those whose answers are on their way to the disk are not counted. */
  #room(origin: string): number {
    const { most } = this.#pace;
    let open = 0;
    for (const request of this.#requests) if (request.origin === origin) open++;
    return Math.min(most, this.#options.lines.room(origin)) - open;
  }

  #begin(origin: string, lanes: readonly string[]): void {
    const { env, facts, models, lines, onAttempts } = this.#options;
    const attempts = new Map<string, Attempt>();
    const renewals = lines.renewals(origin);
    const request: Request = { origin, attempts, renewals, abort: new AbortController() };
    for (const key of lanes) {
      // What is under way is so until its row is written, also if there is nobody to send it to.
      this.#underWay.set(key, request);
      const lane = getIn(facts().lanes, key);
      const model = lane && models.get(lane.model);
      if (!lane?.sealed || !model) continue;
      const firstSent = this.#departures.left(lane.sealed.key, facts().head);
      attempts.set(key, { lane, request: lane.sealed, model, firstSent });
    }
    this.#requests.add(request);
    onAttempts('started', lanes);
    this.#attempt(request)
      .catch(env.report)
      .finally(() => this.#ended(request, lanes));
  }

  #ended(request: Request, lanes: readonly string[]): void {
    this.#requests.delete(request);
    const { lanes: now } = this.#options.facts();
    for (const key of lanes) {
      if (this.#underWay.get(key) === request) this.#underWay.delete(key);
      if (!getIn(now, key)) this.#rounds.over(key);
      const sent = request.attempts.get(key)?.request.key;
      if (sent !== undefined && getIn(now, key)?.sealed?.key !== sent) this.#departures.over(sent);
    }
    this.#options.onAttempts('ended', lanes);
    this.#options.wake();
  }

  async #attempt(request: Request): Promise<void> {
    const { wireFailed } = this.#options;
    const answers = new Map<string, Complete>();
    const open = new Set(request.attempts.keys());
    try {
      await this.#ask(request, answers, open);
    } catch (cause) {
      const isThere = !this.#stopped && (await wireFailed());
      const failed = { kind: 'retryLater', failure: this.#wireFailure(cause) } as const;
      // The server is there: what failed is this request, or what was asked after its answer.
      if (isThere) for (const key of open) answers.set(key, { answer: failed });
    }
    if (this.#stopped || answers.size === 0) return;
    // What takes its place is sealed already, and leaves meanwhile: the line waits for no disk.
    this.#requests.delete(request);
    this.#options.wake();
    const hasMore = this.#nextToSend(request.origin, 1).length > 0;
    await this.#write(this.#rows(request, answers), hasMore ? answerPatience : 0);
  }

  /**
   * Gives the complete answers by lane; of a lane that is missing nothing is known or to be done. Where
   * it throws, that is about the lanes that are `open` still; what was heard of the others stands.
   */
  async #ask(request: Request, complete: Map<string, Complete>, open: Set<string>): Promise<void> {
    const { transport, facts, env } = this.#options;
    const { signal } = request.abort;
    const context = { transport, facts, now: () => env.now() };
    const told = new Map<string, Answer>();
    for (const [key, attempt] of request.attempts) {
      const answer = wasAccepted(attempt) && (await readFirst(context, attempt, signal));
      if (answer) told.set(key, answer);
    }
    let left = new Map([...request.attempts].filter(([key]) => !told.has(key)));
    // The origin may have asked for time while records were read: what is left goes when it is over.
    const wasRead = [...request.attempts.values()].some(wasAccepted);
    const isHeld = [...told.values()].some(({ kind }) => kind === 'held');
    if (isHeld || (wasRead && this.#options.lines.room(request.origin) === 0)) left = new Map();
    // What was read stands, also where the rest gets no answer.
    const [pushed] = await Promise.allSettled([this.#push({ ...request, attempts: left }, signal)]);
    const given = new Map([...told, ...(pushed.status === 'fulfilled' ? pushed.value : [])]);
    if (pushed.status === 'fulfilled') {
      for (const key of open) if (!given.has(key)) open.delete(key);
    }
    const asked = await Promise.allSettled(
      [...given].map(async ([key, answer]) => {
        const attempt = request.attempts.get(key);
        if (!attempt) return;
        const spoken = spokenAt(facts(), attempt);
        const known = await completed(context, attempt, answer, signal);
        open.delete(key);
        if (this.#stopped) return;
        const judged = this.#judge(request, key, attempt, known);
        if (!judged) return;
        const isOnBase = ['committed', 'conflict', 'gone'].includes(judged.kind);
        complete.set(key, isOnBase ? { answer: judged, spoken } : { answer: judged });
      }),
    );
    for (const end of [pushed, ...asked]) if (end.status === 'rejected') throw end.reason;
  }

  async #push(request: Request, signal: AbortSignal): Promise<ReadonlyMap<string, Answer>> {
    const { transport } = this.#options;
    const [[key, first] = []] = request.attempts;
    if (key === undefined || !first) return new Map();
    const { pushMany } = transport;
    if (request.attempts.size === 1 || !pushMany) {
      const answer = await transport.push(first.request, first.model, signal);
      this.#grow(1);
      return new Map([[key, answer]]);
    }
    const sent = [...request.attempts.values()];
    return this.#parted(request, await pushMany(sent, signal));
  }

  /** So many went through: after a full batch of them, twice as many may go in one again. */
  #grow(count: number): void {
    const most = this.#most;
    this.#taken += count;
    if (this.#batchLimit === most || this.#taken < most) return;
    this.#batchLimit = Math.min(most, this.#batchLimit * 2);
    this.#taken = 0;
  }

  /** What a batch's answer says of each lane. */
  #parted(request: Request, answer: BatchAnswer): ReadonlyMap<string, Answer> {
    const parts = new Map<string, Answer>();
    if (answer.kind === 'tooLarge') {
      // The same in smaller parts: each operation has its own key, so regrouping is safe.
      this.#batchLimit = Math.max(1, request.attempts.size >> 1);
      this.#taken = 0;
      return parts;
    }
    if (answer.kind === 'failed' && answer.answer.kind === 'held') {
      // One word about all of them: it is heard once, and says nothing about any.
      this.#options.lines.held(request.origin, answer.answer, request.renewals);
      return parts;
    }
    if (answer.kind === 'answers') this.#grow(request.attempts.size);
    const isUntouched = (part: unknown) => part === 'notAttempted';
    if (answer.kind === 'answers' && answer.answers.size > 0) {
      // It came to none of them: asked again at once it would say so again.
      if ([...answer.answers.values()].every(isUntouched)) this.#pause(request);
    }
    for (const [key, { request: sealed }] of request.attempts) {
      const part = answer.kind === 'failed' ? answer.answer : answer.answers.get(sealed.key);
      if (part === 'notAttempted') continue;
      parts.set(key, part ?? { kind: 'retryLater', failure: this.#missing() });
    }
    return parts;
  }

  /** The server has no time for what was sent, and says nothing else. */
  #pause({ origin, renewals }: Request): void {
    const { env, lines } = this.#options;
    const message = 'the server came to nothing of the batch';
    const failure: Failure = { code: 'paused', message, at: env.now() };
    lines.held(origin, { kind: 'held', by: 'pause', retryIn: null, failure }, renewals);
  }

  /**
   * Nothing here can take it. That holds the line, unless others are taken: then it is this request's own,
   * which waits by itself and is a dead letter in the end (P5). No attempt is spent.
   */
  #lost({ origin, renewals }: Request, key: string, { lane }: Attempt, answer: Held): Answer {
    const { failure } = answer;
    const isOwn = this.#options.lines.lost(origin, answer, renewals, { lane: key });
    return isOwn && timesInARow(lane.failure, failure) >= lostAttempts
      ? { kind: 'rejected', failure: { ...failure, code: 'rejected' }, concluded: true }
      : { kind: 'underWay', retryIn: null, failure };
  }

  #missing(): Failure {
    const message = 'the answer to the batch does not speak of this operation';
    return { code: 'unreadable', message, at: this.#options.env.now() };
  }

  /** What the answer means for the line; null if it says nothing about the request. */
  #judge(request: Request, key: string, attempt: Attempt, answer: Answer): Answer | null {
    const { origin, renewals } = request;
    const { lane } = attempt;
    const { lines } = this.#options;
    switch (answer.kind) {
      case 'held':
        if ((answer.origin ?? origin) === origin && answer.by === 'deployment') {
          return this.#lost(request, key, attempt, answer);
        }
        lines.held(origin, answer, renewals);
        if ((answer.origin ?? origin) === origin) return null;
        // This origin has answered; what its answer left open is for another one to say.
        lines.answered(origin, key);
        return { ...answer, kind: 'underWay', retryIn: answer.retryIn ?? elsewhereRest };
      case 'rejected': {
        if (answer.concluded) return answer;
        const isBelieved = lines.refused(
          origin,
          key,
          timesInARow(lane.failure, answer.failure),
          answer.failure,
        );
        return isBelieved ? answer : { kind: 'retryLater', failure: answer.failure };
      }
      case 'retryLater':
      case 'unclear':
        return answer;
      case 'underWay':
      case 'committed':
      case 'conflict':
      case 'gone':
        lines.answered(origin, key);
        return answer;
    }
  }

  #wireFailure(cause: unknown): Failure {
    const isAborted = (cause as { name?: unknown } | null)?.name === 'AbortError';
    const message = 'the request ended without an answer';
    return { code: isAborted ? 'timeout' : 'network', message, at: this.#options.env.now() };
  }

  /** The rows of all answers of a request, in one transaction. */
  #rows({ attempts }: Request, answers: ReadonlyMap<string, Complete>): RowBuilder {
    const known = [...answers].flatMap(([key, complete]) => {
      const attempt = attempts.get(key);
      return attempt ? [{ key, attempt, complete, context: this.#context(attempt) }] : [];
    });
    return (facts, taken) => {
      if (known.some(({ key }) => taken.has(key))) return 'later';
      const at = this.#options.env.now();
      return known.flatMap(({ attempt, complete: { answer, spoken }, context }) => {
        // Moved while the row waited for the disk: the request goes again and is answered anew.
        if (spoken !== undefined && spokenAt(facts, attempt) !== spoken) return [];
        return answerRows(facts, { ...context, at }, answer) ?? [];
      });
    };
  }

  #context({ lane, request, model }: Attempt): AnswerContext {
    const { env, backoff } = this.#options;
    const random = env.random('backoff');
    const key = laneKey(lane.model, lane.recordId);
    return {
      ...{ model: lane.model, recordId: lane.recordId, request },
      ...{ onReject: model.onReject, nulls: model.nulls },
      ...{ references: model.references, rule: model.rule },
      at: env.now(),
      conflictsBefore: this.#rounds.before(key, request.key),
      newOperationId: () => {
        const id = env.uuid();
        this.#rounds.follows(key, request.key, id);
        return id;
      },
      delayAfter: (attempts) => backoffDelay(backoff, attempts, random),
    };
  }

  /** Whether there was anything to write. A failure is told by `onFailed` before the wait that follows it. */
  async #write(build: RowBuilder, patience = 0, onFailed = () => {}): Promise<boolean> {
    const { appendIf, onStorageError } = this.#options;
    try {
      return await appendIf(build, patience);
    } catch (error) {
      // The answer is known but not durable: the request will be sent again with the same key.
      onStorageError(error);
      onFailed();
      if (!this.#stopped) await this.#rest();
      return false;
    }
  }

  #rest(): Promise<void> {
    const { env } = this.#options;
    return new Promise((resolve) => {
      const timer = env.setTimer(
        storageRest,
        () => this.#resting.delete(timer) && resolve(),
        'storage rest',
      );
      this.#resting.set(timer, resolve);
    });
  }

  /** Requests of one origin under way at once, and operations sealed: for those and beyond them. */
  get #pace(): { readonly most: number; readonly sealed: number; readonly ahead: number } {
    const limit = this.#batchLimit;
    const [most, ahead] =
      limit > 1 ? [parallelBatches, sealedAhead.batches * limit] : [parallel, sealedAhead.requests];
    return { most, sealed: most * limit, ahead };
  }

  #seal(): void {
    const { isWaiting } = this.#seals;
    const { head } = this.#options.facts();
    const inFlight = this.#seals.lanes(head);
    if (isWaiting || !this.#sealer.hasWork((lane) => inFlight.has(lane))) return;
    const room = this.#sealRoom();
    // While the line is full a few wait for more: one row seals them all.
    const { most, ahead } = this.#pace;
    const isFull = this.#requests.size >= most;
    if (room <= 0 || (isFull && room < ahead / 2)) return;
    const seal = this.#seals.begin();
    this.#sealSome(seal)
      .finally(() => {
        this.#seals.end(seal);
        this.#options.wake();
      })
      .catch(this.#options.env.report);
  }

  async #sealSome(seal: SealUnderWay): Promise<void> {
    const build: RowBuilder = (facts, taken) => {
      seal.builtOn = null;
      const rows = this.#sealer.rows(this.#sealRoom())(facts, taken);
      if (Array.isArray(rows)) {
        this.#departures.sealed(rows);
        this.#seals.built(seal, rows, facts.head);
      }
      return rows;
    };
    const written = await this.#write(build, 0, () => {
      seal.builtOn = null;
    });
    // All that were looked at wait for others, and there may be a hundred thousand more of them.
    if (!written) await this.#options.env.breathe();
  }

  /** How many may be sealed: as many as may be under way, and some to take their place. */
  #sealRoom(): number {
    const { env, index, lines, facts } = this.#options;
    const { sealed, ahead } = this.#pace;
    let waiting = this.#seals.lanes(facts().head).size;
    for (const origin of index.origins(env.now())) {
      // What waits for an origin that is held keeps nobody else waiting.
      if (lines.room(origin) > 0) waiting += index.waitingToSend(origin);
    }
    // Nothing is on the line: what goes in its requests first goes at once, the rest beside them.
    if (waiting === 0 && this.#requests.size === 0) return sealed;
    return sealed + ahead + this.#ending() - waiting;
  }

  /** Lanes whose answers are on their way to the disk: they take no place on the line any more. */
  #ending(): number {
    let open = 0;
    for (const request of this.#requests) open += request.attempts.size;
    return this.#underWay.size - open;
  }
}
