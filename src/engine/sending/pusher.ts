import { type Backoff, backoffDelay } from '../../../machines/backoff.ts';
import { type Facts, laneKey } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';
import type { RowBuilder } from '../../journal/engineQueue.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';
import type { Transport } from '../../ports/transport.ts';
import { unanswered } from '../answers/accepted.ts';
import { type AnswerContext, answerRows } from '../answers/answerRows.ts';
import { type Attempt, spokenAt } from '../answers/attempt.ts';
import { ConflictRounds } from '../answers/conflictRounds.ts';
import type { LaneIndex } from '../lanes/laneIndex.ts';
import type { VersionReads } from '../pulls/versionReads.ts';
import type { EngineModels } from '../records/models.ts';
import type { Lines } from '../wire/lines.ts';
import { BatchSize } from './batchSize.ts';
import { Departures } from './departures.ts';
import { type Complete, Exchange, type Request } from './exchange.ts';
import { Sealer } from './sealer.ts';
import { SealsUnderWay, type SealUnderWay } from './sealsUnderWay.ts';

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
/** ms until an answer whose row could not be written is asked for again. */
const storageRest = 5_000;

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

/** Sends what is sealed and seals what comes next: at most one request of a record under way. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #sealer: Sealer;
  readonly #underWay = new Map<string, Request>();
  readonly #requests = new Set<Request>();
  readonly #departures = new Departures();
  readonly #rounds = new ConflictRounds();
  readonly #seals = new SealsUnderWay();
  readonly #size: BatchSize;
  readonly #exchange: Exchange;
  /** Waits after rows that could not be written. */
  readonly #resting = new Map<TimerHandle, () => void>();
  #stopped = false;

  constructor(options: PusherOptions) {
    this.#options = options;
    const { transport, models, index, env, lines, facts, awaitsBase, versions } = options;
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
    this.#size = new BatchSize(transport.pushMany ? (transport.batchLimit ?? 100) : 1);
    this.#exchange = new Exchange({
      ...{ env, transport, lines, facts, size: this.#size },
      isStopped: () => this.#stopped,
    });
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
        const lanes = this.#nextToSend(origin, isTried ? 1 : this.#size.now);
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
      await this.#exchange.lead(request, answers, open);
    } catch (cause) {
      const isThere = !this.#stopped && (await wireFailed());
      const failure = this.#exchange.wireFailure(cause);
      // The server is there: what failed is this request, or what was asked after its answer.
      for (const key of isThere ? open : []) {
        answers.set(key, { answer: unanswered(request.attempts.get(key), failure) });
      }
    }
    if (this.#stopped || answers.size === 0) return;
    // What takes its place is sealed already, and leaves meanwhile: the line waits for no disk.
    this.#requests.delete(request);
    this.#options.wake();
    const hasMore = this.#nextToSend(request.origin, 1).length > 0;
    await this.#write(this.#rows(request, answers), hasMore ? answerPatience : 0);
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
    const limit = this.#size.now;
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
