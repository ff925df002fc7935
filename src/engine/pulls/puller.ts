import { type Backoff, backoffDelay } from '../../../machines/backoff.ts';
import type { Failure } from '../../../machines/failure.ts';
import type { Facts } from '../../../store/facts.ts';
import type { JournalEntry } from '../../../store/rows/row.ts';
import type { PullProgress } from '../../../store/slice.ts';
import type { TimerHandle } from '../../ports/env.ts';
import type { CallRequest } from '../../ports/requests.ts';

import { filterText } from '../../pullOptions.ts';
import type { LaneIndex } from '../lanes/laneIndex.ts';
import type { EngineModel, EngineModels } from '../records/models.ts';
import { keyOf, serverIdOf } from '../records/recordReads.ts';
import { originAsked } from '../wire/origins.ts';
import { type HeldRemovals, MassDeleteGuard } from './massDeleteGuard.ts';
import type { PullContext, PullMeans } from './pullContext.ts';
import { type FetchEnd, type FetchQuery, fetchPage, type OnceEnd, pullRecord } from './pullOnce.ts';
import { type PullEnd, type PullOptions, runPull } from './pullRun.ts';
import { Removals } from './removals.ts';

export interface PullResult {
  /** `held`: it would remove so much that a person is asked first. */
  readonly status: 'done' | 'failed' | 'postponed' | 'held';
  readonly model: string;
  /** Records received, and tombstones. */
  readonly items: number;
  readonly deleted: number;
  /** Whether the server has more: `limit` ended the pull, the next one goes on behind it. */
  readonly hasMore: boolean;
  readonly failure: Failure | null;
}

export interface PullerOptions extends Omit<PullMeans, 'waitsForCreates' | 'removals'> {
  readonly models: EngineModels;
  readonly backoff: Backoff;
  readonly index: LaneIndex;
  readonly onProgress: (model: string, progress: PullProgress) => void;
  readonly onEnd: (result: PullResult) => void;
  readonly onMassDelete: (model: string, held: HeldRemovals) => void;
  readonly wake: () => void;
}

/** Why: without a reason of its own each abort makes an exception that nobody reads. */
const stopped = 'stopped';

/** ms until a page that names what a create of another model may have made is asked for again. */
const namesPause = 1_000;

/** ms that a pull waits for answers to creates, whatever becomes of them. */
const longestWait = 60_000;

interface Wanted {
  /** Failed pulls in a row. */
  readonly failures: number;
  /** Not before (ms since 1970). */
  readonly notBefore: number;
}

interface Running {
  readonly result: Promise<PullResult>;
  /** Of what filter it is, as text. */
  readonly filter: string;
  /** Whether it is a pull as any other, which who wants one may join. */
  readonly isPlain: boolean;
}

/** Brings what others changed: one pull of a model at a time, page by page. */
export class Puller {
  readonly #options: PullerOptions;
  readonly #running = new Map<string, Running>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #guards = new Map<string, MassDeleteGuard>();
  readonly #removals = new Removals();
  /** Since when pulls of a model wait for answers to creates (ms since 1970). */
  readonly #waitingSince = new Map<string, number>();
  readonly #abort = new AbortController();
  #timer: TimerHandle | null = null;

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** Asks for a pull of each model as soon as it may be. */
  want(models: Iterable<string>): void {
    for (const model of models) this.#wanted.set(model, { failures: 0, notBefore: 0 });
  }

  /** Rows were folded: what they removed is not to come back with an answer from before. */
  folded(before: Facts, after: Facts, entries: readonly JournalEntry[]): void {
    this.#removals.note(before, after, entries);
  }

  /** Begins the pulls that may be. */
  work(): void {
    const { env } = this.#options;
    const now = env.now();
    let next: number | null = null;
    for (const [model, { notBefore }] of this.#wanted) {
      if (this.#running.has(model) || this.#isLineHeld(model)) continue;
      const since = this.#waitsForCreates(model) ? this.#waitingSince.get(model) : undefined;
      const due = since === undefined ? notBefore : since + longestWait;
      if (due > now) next = Math.min(next ?? due, due);
      else this.pull(model).catch(env.report);
    }
    if (this.#timer !== null) env.clearTimer(this.#timer);
    this.#timer = next === null ? null : env.setTimer(next - now, this.#options.wake, 'pull');
  }

  /** Wanted pulls wait with all else for an origin that is held; its opening wakes them. */
  #isLineHeld(name: string): boolean {
    const { transport, models, lines } = this.#options;
    const model = models.get(name);
    return model !== undefined && lines.room(originAsked(transport, model, 'list')) === 0;
  }

  /** Whether single records may be asked for: their origin may be another one. */
  mayRead(name: string): boolean {
    const { transport, models, lines } = this.#options;
    const model = models.get(name);
    return model !== undefined && lines.room(originAsked(transport, model, 'read')) > 0;
  }

  /** Pulls a model now; joins a pull of the same kind that is under way, waits for any other. */
  pull(name: string, how: PullOptions = {}): Promise<PullResult> {
    const model = this.#options.models.get(name);
    if (!model) return Promise.resolve(this.#unknown(name));
    const filter = filterText(model.filter);
    const isPlain = Object.values(how).every((value) => value === undefined || value === false);
    const running = this.#running.get(name);
    if (running) {
      const isSame = isPlain && running.isPlain && running.filter === filter;
      return isSame ? running.result : running.result.then(() => this.pull(name, how));
    }
    const wanted = this.#wanted.get(name) ?? null;
    if (how.since === undefined) this.#wanted.delete(name);
    const result = this.#removals
      .during(() => this.#pull(model, how))
      .then((end) => this.#ended(name, end, wanted))
      .finally(() => {
        this.#running.delete(name);
        this.#options.wake();
      });
    this.#running.set(name, { result, filter, isPlain });
    return result;
  }

  /** Reads one record, by its key or the server's id. */
  async pullRecord(name: string, id: string, request?: CallRequest): Promise<OnceEnd> {
    const model = this.#options.models.get(name);
    if (!model) return this.#unknown(name);
    const facts = this.#options.facts();
    const serverId = serverIdOf(facts, name, keyOf(facts, name, id));
    return this.#removals.during(() => pullRecord(this.#context(model), serverId, request));
  }

  /** Asks for one page of the server's list; moves no cursor. */
  async fetch(name: string, query: FetchQuery): Promise<FetchEnd> {
    const model = this.#options.models.get(name);
    if (!model) return { ...this.#unknown(name), ids: [], cursor: null };
    const end = await this.#removals.during(() => fetchPage(this.#context(model), query));
    if (end.status === 'postponed') {
      this.want([name]);
      this.#options.wake();
    }
    return end;
  }

  /** What a person says to the removals that are held: they may go, or the records stay. */
  decide(model: string, verdict: 'approve' | 'decline'): void {
    this.#guardOf(model)[verdict]();
  }

  stop(): void {
    this.#abort.abort(stopped);
    this.#wanted.clear();
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
  }

  #guardOf(name: string): MassDeleteGuard {
    const known = this.#guards.get(name);
    if (known) return known;
    const limit = this.#options.models.get(name)?.massDelete ?? { share: 0, records: 0 };
    const { onMassDelete } = this.#options;
    const guard = new MassDeleteGuard(limit, (held) => onMassDelete(name, held));
    this.#guards.set(name, guard);
    return guard;
  }

  /**
   * Whether an unknown record may be one that a create of ours has made, whose answer is on its way:
   * shown now it would stand there twice, until that answer makes one of both (`withTwin`). Answers
   * that have not told for a while may never come, and others' records do not wait for them.
   */
  #waitsForCreates(model: string): boolean {
    const { env, models, index } = this.#options;
    if (models.get(model)?.ids !== 'server' || !index.hasDoubtfulCreate(model)) {
      this.#waitingSince.delete(model);
      return false;
    }
    const now = env.now();
    const since = this.#waitingSince.get(model) ?? now;
    this.#waitingSince.set(model, since);
    return Math.abs(now - since) < longestWait;
  }

  /** The same of records that its records name. What waits for its own begins with their answers. */
  #waitsForNames(name: string): boolean {
    if (this.#waitsForCreates(name)) return false;
    const references = this.#options.models.get(name)?.references ?? {};
    return Object.values(references).some((other) => this.#waitsForCreates(other));
  }

  #unknown(model: string): PullResult {
    const message = 'no such model';
    const failure: Failure = { code: 'unreadable', message, at: this.#options.env.now() };
    return { status: 'failed', model, items: 0, deleted: 0, hasMore: false, failure };
  }

  /** What is pulled is of these facts: neither cleared nor under another filter since. */
  #context(model: EngineModel): PullContext {
    const { facts, models } = this.#options;
    const { generation, models: known } = facts();
    const filter = filterText(model.filter);
    const isWanted = (now: Facts) =>
      now.generation === generation && filterText(models.get(model.name)?.filter ?? {}) === filter;
    return {
      ...this.#options,
      ...{ model, isWanted, guard: this.#guardOf(model.name), signal: this.#abort.signal },
      removals: this.#removals,
      total: known[model.name]?.records.size ?? 0,
      waitsForCreates: (name) => this.#waitsForCreates(name),
    };
  }

  async #pull(model: EngineModel, how: PullOptions): Promise<PullEnd> {
    const { onProgress } = this.#options;
    const { name } = model;
    let last: Omit<PullProgress, 'state'> = { received: 0, total: null, isFirst: false };
    const end = await runPull(this.#context(model), how, (progress) => {
      last = progress;
      onProgress(name, { state: 'running', ...progress });
    });
    onProgress(name, { ...last, state: end.status, received: end.items });
    return end;
  }

  /** @param wanted what was due when it began, and is not any more if all of it came */
  #ended(model: string, end: PullEnd, wanted: Wanted | null): PullResult {
    const { env, backoff, onEnd } = this.#options;
    const { failures } = wanted ?? { failures: 0 };
    const { status } = end;
    // A limit ended it: what was due is the rest as well.
    const isRestDue = end.hasMore && wanted !== null && !this.#wanted.has(model);
    if (isRestDue && !this.#abort.signal.aborted) this.want([model]);
    if (status === 'done') this.#waitingSince.delete(model);
    if (status === 'done' && !end.hasMore) this.#guardOf(model).completed();
    if (!this.#abort.signal.aborted && (status === 'failed' || status === 'postponed')) {
      const failed = status === 'failed';
      const pause = this.#waitsForNames(model) ? namesPause : 0;
      const delay = failed ? backoffDelay(backoff, failures, env.random('pull')) : pause;
      const next = failed ? failures + 1 : failures;
      this.#wanted.set(model, { failures: next, notBefore: env.now() + delay });
    }
    const result = { ...end, model };
    onEnd(result);
    return result;
  }
}
