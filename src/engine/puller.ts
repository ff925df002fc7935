import { type Backoff, backoffDelay } from '../../machines/backoff.ts';
import type { Failure } from '../../machines/failure.ts';
import type { Facts } from '../../store/facts.ts';
import type { PullProgress } from '../../store/slice.ts';
import type { RowBuilder } from '../journal/journal.ts';
import type { Env, TimerHandle } from '../ports/env.ts';
import type { PullAnswer, Transport } from '../ports/transport.ts';
import type { LaneIndex } from './laneIndex.ts';
import type { EngineModels } from './models.ts';
import { type PageFate, pullRows } from './pulling.ts';

/** Records asked for in one page. */
const pageSize = 1_000;
/** A page that keeps colliding with our own commits is left for another time. */
const repeats = 20;

export interface PullResult {
  readonly status: 'done' | 'failed' | 'postponed';
  readonly model: string;
  /** Records received, and tombstones. */
  readonly items: number;
  readonly deleted: number;
  readonly failure: Failure | null;
}

export interface PullerOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff: Backoff;
  readonly index: LaneIndex;
  readonly facts: () => Facts;
  readonly appendIf: (build: RowBuilder) => Promise<boolean>;
  readonly wireFailed: () => Promise<boolean>;
  readonly onProgress: (model: string, progress: PullProgress) => void;
  readonly onEnd: (result: PullResult) => void;
  readonly wake: () => void;
}

interface Wanted {
  /** Failed pulls in a row. */
  readonly failures: number;
  /** Not before (ms since 1970). */
  readonly notBefore: number;
}

/** Brings what others changed: one pull of a model at a time, page by page. */
export class Puller {
  readonly #options: PullerOptions;
  readonly #running = new Map<string, Promise<PullResult>>();
  /** Lanes answered since the page was asked for, by model. */
  readonly #answered = new Map<string, Set<string>>();
  readonly #wanted = new Map<string, Wanted>();
  readonly #abort = new AbortController();
  #timer: TimerHandle | null = null;

  constructor(options: PullerOptions) {
    this.#options = options;
  }

  /** Asks for a pull of each model as soon as it may be. */
  want(models: Iterable<string>): void {
    for (const model of models) this.#wanted.set(model, { failures: 0, notBefore: 0 });
  }

  /** A request of these lanes was answered: a page under way may be older than that. */
  answered(model: string, lane: string): void {
    this.#answered.get(model)?.add(lane);
  }

  /** Begins the pulls that may be. */
  work(): void {
    const { env } = this.#options;
    const now = env.now();
    let next: number | null = null;
    for (const [model, { notBefore }] of this.#wanted) {
      if (this.#waitsForCreates(model) || this.#running.has(model)) continue;
      if (notBefore > now) next = Math.min(next ?? notBefore, notBefore);
      else this.pull(model).catch(env.report);
    }
    if (this.#timer !== null) env.clearTimer(this.#timer);
    this.#timer = next === null ? null : env.setTimer(next - now, this.#options.wake, 'pull');
  }

  /** Pulls a model now; joins a pull that is under way. */
  pull(model: string): Promise<PullResult> {
    const running = this.#running.get(model);
    if (running) return running;
    const wanted = this.#wanted.get(model) ?? { failures: 0, notBefore: 0 };
    this.#wanted.delete(model);
    const pull = this.#pull(model)
      .then((result) => this.#ended(result, wanted))
      .finally(() => {
        this.#running.delete(model);
        this.#answered.delete(model);
        this.#options.wake();
      });
    this.#running.set(model, pull);
    return pull;
  }

  stop(): void {
    this.#abort.abort();
    this.#wanted.clear();
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
  }

  #waitsForCreates(model: string): boolean {
    const { models, index } = this.#options;
    return models.get(model)?.ids === 'server' && index.hasSealedCreate(model);
  }

  #ended(result: PullResult, { failures }: Wanted): PullResult {
    const { env, backoff, onEnd } = this.#options;
    if (!this.#abort.signal.aborted && result.status !== 'done') {
      const failed = result.status === 'failed';
      const delay = failed ? backoffDelay(backoff, failures, env.random('pull')) : 0;
      const next = { failures: failed ? failures + 1 : failures, notBefore: env.now() + delay };
      this.#wanted.set(result.model, next);
    }
    onEnd(result);
    return result;
  }

  async #pull(model: string): Promise<PullResult> {
    const { facts, env, onProgress } = this.#options;
    let items = 0;
    let deleted = 0;
    let failure: Failure | null = null;
    const end = (status: PullResult['status']): PullResult => {
      const state = status;
      onProgress(model, { state, received: items });
      return { status, model, items, deleted, failure };
    };
    onProgress(model, { state: 'running', received: 0 });
    let cursor = facts().models[model]?.cursor ?? null;
    let restarted = false;
    for (let collisions = 0; collisions < repeats; ) {
      const { generation } = facts();
      const answer = await this.#ask(model, cursor);
      if (answer.kind === 'expired') {
        if (cursor === null || restarted) break;
        restarted = true;
        cursor = null;
        continue;
      }
      if (answer.kind !== 'page') {
        failure = answer.failure;
        return end('failed');
      }
      const fate = await this.#fold(model, answer, generation, cursor);
      if (fate === 'unwritten') {
        failure = { code: 'unreadable', message: 'the page could not be stored', at: env.now() };
        return end('failed');
      }
      if (fate === 'postponed' || fate === null) return end('postponed');
      if (fate === 'again') {
        collisions++;
        continue;
      }
      items += answer.items.length;
      deleted += answer.deleted.length;
      if (!answer.hasMore) return end('done');
      if (answer.cursor === null || answer.cursor === cursor) break;
      cursor = answer.cursor;
      collisions = 0;
      onProgress(model, { state: 'running', received: items });
    }
    const message = 'the server has more, but its cursor does not move';
    failure = { code: 'unreadable', message, at: env.now() };
    return end('failed');
  }

  async #ask(model: string, cursor: string | null): Promise<PullAnswer> {
    const { env, transport, models, wireFailed } = this.#options;
    const wire = models.get(model);
    const at = env.now();
    if (!wire) {
      return { kind: 'failed', failure: { code: 'unreadable', message: 'no such model', at } };
    }
    this.#answered.set(model, new Set());
    try {
      return await transport.pull(
        { model: wire, cursor, limit: pageSize, offset: 0, filter: {} },
        this.#abort.signal,
      );
    } catch {
      await wireFailed();
      const message = 'the request ended without an answer';
      return { kind: 'failed', failure: { code: 'network', message, at } };
    }
  }

  /** Null if the rows could not be written now. */
  async #fold(
    model: string,
    page: Extract<PullAnswer, { kind: 'page' }>,
    generation: number,
    since: string | null,
  ): Promise<PageFate | 'unwritten' | null> {
    const { env, appendIf, models } = this.#options;
    const told: { fate: PageFate | null } = { fate: null };
    const wire = models.get(model);
    if (!wire) return null;
    const made = new Map<string, string>();
    const newOperationId = (recordId: string): string => {
      const id = made.get(recordId) ?? env.uuid();
      made.set(recordId, id);
      return id;
    };
    const build = pullRows(
      {
        model,
        at: env.now(),
        ...{ rule: wire.rule, references: wire.references, newOperationId },
        generation,
        since,
        answeredSince: this.#answered.get(model) ?? new Set(),
        waitsForCreates: () => this.#waitsForCreates(model),
      },
      page,
      (fate) => {
        told.fate = fate;
      },
    );
    try {
      const written = await appendIf(build);
      // Rows were made and not written (DevTools show the past): the page must come again.
      return written || told.fate === 'postponed' ? told.fate : null;
    } catch {
      return 'unwritten';
    }
  }
}
