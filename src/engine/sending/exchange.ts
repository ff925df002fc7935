import { type Failure, timesInARow } from '../../../machines/failure.ts';
import type { Facts } from '../../../store/facts.ts';
import type { Env } from '../../ports/env.ts';
import type { Answer, BatchAnswer, Held, Transport } from '../../ports/transport.ts';
import { readFirst, wasAccepted } from '../answers/accepted.ts';
import { type Attempt, spokenAt } from '../answers/attempt.ts';
import { completed } from '../answers/completed.ts';
import type { Lines } from '../wire/lines.ts';
import type { BatchSize } from './batchSize.ts';

/** Times in a row that nothing there could take a request, while others are taken, until it is given up. */
const lostAttempts = 5;
/** ms until a write is sent again whose record is read at another origin, and that one is held. */
const elsewhereRest = 30_000;

/** What goes in one request: one lane, or several in a batch. */
export interface Request {
  readonly origin: string;
  readonly attempts: ReadonlyMap<string, Attempt>;
  /** Credentials renewed before it left. */
  readonly renewals: number;
  readonly abort: AbortController;
}

/** An answer that leaves nothing open, and when the server had spoken of the record before it. */
export interface Complete {
  readonly answer: Answer;
  readonly spoken?: number;
}

export interface ExchangeOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly lines: Lines;
  readonly size: BatchSize;
  readonly facts: () => Facts;
  readonly isStopped: () => boolean;
}

/** Leads requests to answers that leave nothing open, and tells the lines what is said to everybody. */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /**
   * Gives the complete answers by lane; of a lane that is missing nothing is known or to be done. Where
   * it throws, that is about the lanes that are `open` still; what was heard of the others stands.
   */
  async lead(request: Request, complete: Map<string, Complete>, open: Set<string>): Promise<void> {
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
        if (this.#options.isStopped()) return;
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
      this.#options.size.took(1);
      return new Map([[key, answer]]);
    }
    const sent = [...request.attempts.values()];
    return this.#parted(request, await pushMany(sent, signal));
  }

  /** What a batch's answer says of each lane. */
  #parted(request: Request, answer: BatchAnswer): ReadonlyMap<string, Answer> {
    const parts = new Map<string, Answer>();
    if (answer.kind === 'tooLarge') {
      this.#options.size.tooLarge(request.attempts.size);
      return parts;
    }
    if (answer.kind === 'failed' && answer.answer.kind === 'held') {
      // One word about all of them: it is heard once, and says nothing about any.
      this.#options.lines.held(request.origin, answer.answer, request.renewals);
      return parts;
    }
    if (answer.kind === 'answers') this.#options.size.took(request.attempts.size);
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

  /** What a request is told whose wire failed, where the server can be reached. */
  wireFailure(cause: unknown): Failure {
    const isAborted = (cause as { name?: unknown } | null)?.name === 'AbortError';
    const message = 'the request ended without an answer';
    return { code: isAborted ? 'timeout' : 'network', message, at: this.#options.env.now() };
  }
}
