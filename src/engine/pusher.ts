import { type Backoff, backoffDelay } from '../../machines/backoff.ts';
import type { Failure } from '../../machines/failure.ts';
import { type Entry, type Facts, type Lane, laneKey } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { coalesce, runLimits } from '../../store/seal.ts';
import type { EngineDraft, RowBuilder } from '../journal/journal.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { Answer, Transport } from '../ports/transport.ts';
import { type AnswerContext, answerRows, retryRows } from './answerRows.ts';
import type { LaneIndex } from './laneIndex.ts';
import { operationsIn } from './laneReads.ts';
import type { EngineModels } from './models.ts';

/** Requests of one origin under way at once: what browsers allow over HTTP/1.1. */
const parallel = 6;
/** Requests sealed beyond those under way, so that the line is never idle while rows are written. */
const sealedAhead = 6;
/** ms until an answer whose row could not be written is asked for again. */
const storageRest = 5_000;

export interface PusherOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff: Backoff;
  readonly index: LaneIndex;
  readonly facts: () => Facts;
  readonly appendIf: (build: RowBuilder) => Promise<boolean>;
  /** Resolves with whether the server can be reached after all. */
  readonly wireFailed: () => Promise<boolean>;
  readonly onAttempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly onStorageError: (error: unknown) => void;
  readonly wake: () => void;
}

/** Seals and sends: at most one request of a record, six of the origin under way. */
export class Pusher {
  readonly #options: PusherOptions;
  readonly #underWay = new Map<string, AbortController>();
  /** Lanes that could not be sealed (the transport threw): left alone until they change. */
  readonly #unsealable = new Set<string>();
  /** Where the pulls of its model stood when a create was sealed, by key; of this life alone. */
  readonly #sealedAt = new Map<string, string | null>();
  #sealing: Promise<void> | null = null;
  /** Waits after rows that could not be written. */
  readonly #resting = new Map<TimerHandle, () => void>();
  /** Answers on their way to the disk: their requests take no place on the line any more. */
  #ending = 0;
  #stopped = false;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** Sends what may go and seals what comes next. */
  work(): void {
    this.#send();
    this.#seal();
  }

  /** Lanes that changed may be tried anew. */
  touched(lanes: Iterable<string>): void {
    for (const lane of lanes) this.#unsealable.delete(lane);
  }

  /** Ends all attempts; what was sealed is sent again, with the same key, another time. */
  stop(): void {
    this.#stopped = true;
    for (const abort of this.#underWay.values()) abort.abort();
    for (const [timer, resolve] of this.#resting) {
      this.#options.env.clearTimer(timer);
      resolve();
    }
    this.#resting.clear();
  }

  #send(): void {
    const { env, index, facts, onAttempts } = this.#options;
    const room = parallel + this.#ending - this.#underWay.size;
    const lanes = index.nextToSend(env.now(), room, (lane) => this.#underWay.has(lane));
    if (lanes.length === 0) return;
    const started: string[] = [];
    for (const key of lanes) {
      const lane = getIn(facts().lanes, key);
      if (!lane?.sealed) continue;
      const abort = new AbortController();
      this.#underWay.set(key, abort);
      started.push(key);
      this.#attempt(key, lane, lane.sealed, abort).catch(env.report);
    }
    onAttempts('started', started);
  }

  async #attempt(
    key: string,
    lane: Lane,
    request: SealedRequest,
    abort: AbortController,
  ): Promise<void> {
    try {
      const build = await this.#ask(lane, request, abort.signal);
      if (build && !this.#stopped) {
        this.#ending++;
        // What takes this request's place is sealed in the transaction that writes its answer, and
        // the next one leaves meanwhile: the line waits for no disk.
        this.#options.wake();
        await this.#write(build).finally(() => this.#ending--);
      }
    } finally {
      this.#underWay.delete(key);
      if (getIn(this.#options.facts().lanes, key)?.sealed?.key !== request.key)
        this.#sealedAt.delete(request.key);
      this.#options.onAttempts('ended', [key]);
      this.#options.wake();
    }
  }

  /** The builder of the rows that the attempt becomes; null if it is to be forgotten. */
  async #ask(lane: Lane, request: SealedRequest, signal: AbortSignal): Promise<RowBuilder | null> {
    const { env, transport, models, wireFailed } = this.#options;
    const model = models.get(lane.model);
    if (!model) return null;
    const context = this.#context(lane, request, model.onReject);
    try {
      let answer: Answer = await transport.push(request, model, signal);
      if (answer.kind === 'conflict' && !answer.remote) {
        const serverId = this.#serverId(lane);
        const remote = await transport.read(model, serverId, signal);
        const at = env.now();
        const message = 'the record could not be read after a conflict';
        answer = remote
          ? { kind: 'conflict', remote }
          : { kind: 'retryLater', failure: { code: 'unreadable', message, at } };
      }
      const { kind } = answer;
      const base = this.#base(lane);
      const cursor = this.#cursor(lane);
      if ((kind === 'committed' || kind === 'conflict') && this.#moved(lane, request)) {
        // A pull has come since it was sealed: which of both is newer only the server can tell.
        const remote = await transport.read(model, this.#serverId(lane), signal);
        const message = 'the record could not be read after its base had moved';
        answer = remote
          ? { kind, remote, version: remote.version }
          : { kind: 'retryLater', failure: { code: 'unreadable', message, at: env.now() } };
      }
      const known = answer;
      const key = laneKey(lane.model, lane.recordId);
      const isBase = known.kind === 'committed' || known.kind === 'conflict';
      const isStill = (facts: Facts) =>
        this.#base(lane, facts) === base &&
        (request.kind !== 'create' || this.#cursor(lane, facts) === cursor);
      return (facts, taken) => {
        if (taken.has(key)) return 'later';
        // Moved while the row waited for the disk: the request goes again and is answered anew.
        if (isBase && !isStill(facts)) return null;
        return answerRows(facts, { ...context, at: env.now() }, known);
      };
    } catch (cause) {
      if (this.#stopped) return null;
      if (!(await wireFailed()) || this.#stopped) return null;
      // The server is there: what failed is this request.
      const code =
        (cause as { name?: unknown } | null)?.name === 'AbortError' ? 'timeout' : 'network';
      const message = 'the request ended without an answer';
      const failure: Failure = { code, message, at: env.now() };
      const key = laneKey(lane.model, lane.recordId);
      return (facts, taken) =>
        taken.has(key) ? 'later' : retryRows(facts, { ...context, at: failure.at }, failure);
    }
  }

  #context(lane: Lane, request: SealedRequest, onReject: 'keep' | 'rollback'): AnswerContext {
    const { env, backoff } = this.#options;
    const { model, recordId } = lane;
    const random = env.random('backoff');
    return {
      ...{ model, recordId, request, onReject },
      at: env.now(),
      newOperationId: env.uuid(),
      delayAfter: (attempts) => backoffDelay(backoff, attempts, random),
    };
  }

  #entry({ model, recordId }: Lane, facts = this.#options.facts()): Entry | undefined {
    const records = facts.models[model]?.records;
    return records && getIn(records, recordId);
  }

  #base(lane: Lane, facts?: Facts): JsonObject | null {
    return this.#entry(lane, facts)?.base ?? null;
  }

  #cursor({ model }: Lane, facts = this.#options.facts()): string | null {
    return facts.models[model]?.cursor ?? null;
  }

  #moved(lane: Lane, request: SealedRequest): boolean {
    const entry = this.#entry(lane);
    if (request.kind === 'create' && !entry?.base) {
      // Where the server gives the ids no page comes in between.
      if (this.#options.models.get(lane.model)?.ids === 'server') return false;
      // A tombstone leaves no trace where there is no base yet: any page since may have held one.
      const known = this.#sealedAt.get(request.key);
      return known === undefined || known !== this.#cursor(lane);
    }
    if (!entry || entry.base === null) return false;
    if (request.kind === 'create') return true;
    return request.ifMatch !== null && entry.version !== request.ifMatch;
  }

  #serverId(lane: Lane): string {
    return this.#entry(lane)?.alias ?? lane.recordId;
  }

  async #write(build: RowBuilder): Promise<void> {
    const { appendIf, onStorageError } = this.#options;
    try {
      await appendIf(build);
    } catch (error) {
      // The answer is known but not durable: the request will be sent again with the same key.
      onStorageError(error);
      if (!this.#stopped) await this.#rest();
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

  #seal(): void {
    if (this.#sealing) return;
    const { index } = this.#options;
    const room = parallel + sealedAhead + this.#ending - index.waitingToSend;
    const some = index.nextToSeal(1, (lane) => this.#unsealable.has(lane));
    if (room <= 0 || some.length === 0) return;
    this.#sealing = this.#write((facts, taken) => this.#sealRows(facts, taken, room)).finally(
      () => {
        this.#sealing = null;
        this.#options.wake();
      },
    );
  }

  #sealRows(facts: Facts, taken: ReadonlySet<string>, room: number): EngineDraft[] | null {
    const { env, index, transport, models } = this.#options;
    const at = env.now();
    const requests: (SealedRequest & { model: string; recordId: string })[] = [];
    const cancelled: EngineDraft[] = [];
    const skip = (lane: string) => taken.has(lane) || this.#unsealable.has(lane);
    for (const key of index.nextToSeal(room, skip)) {
      const lane = getIn(facts.lanes, key);
      const model = lane && models.get(lane.model);
      if (!model) {
        this.#unsealable.add(key);
        continue;
      }
      const { model: name, recordId } = lane;
      const records = facts.models[name]?.records;
      const entry = records && getIn(records, recordId);
      const intent = coalesce(operationsIn(facts, key, runLimits.operations), entry);
      if (!intent) continue;
      if (intent.kind === 'nothing') {
        const { operationIds } = intent;
        cancelled.push({ v: 1, type: 'cancelled', at, model: name, recordId, operationIds });
        continue;
      }
      try {
        const wire = transport.seal(intent, model);
        const { kind, operationIds, key: idempotencyKey } = intent;
        requests.push({ ...wire, kind, operationIds, key: idempotencyKey, model: name, recordId });
        if (kind === 'create')
          this.#sealedAt.set(idempotencyKey, facts.models[name]?.cursor ?? null);
      } catch (error) {
        this.#unsealable.add(key);
        env.report(error);
      }
    }
    const sealed: EngineDraft[] =
      requests.length > 0 ? [{ v: 1, type: 'sealed', at, requests }] : [];
    return [...sealed, ...cancelled];
  }
}
