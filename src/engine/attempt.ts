import type { Failure } from '../../machines/failure.ts';
import type { Entry, Facts, Lane } from '../../store/facts.ts';
import type { JsonObject } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Answer, RemoteRecord, Transport } from '../ports/transport.ts';
import type { EngineModel } from './models.ts';

/** Failed attempts with a 500 after which the server is asked what stands there. */
const ambiguousAttempts = 10;

/** A request under way, with what it was when it left. */
export interface Attempt {
  readonly lane: Lane;
  readonly request: SealedRequest;
  readonly model: EngineModel;
}

export interface AttemptContext {
  readonly transport: Transport;
  readonly facts: () => Facts;
  readonly now: () => number;
}

/**
 * What an answer comes to, once the server was asked what it left open: which record stands there
 * after a conflict, whether a 404 is about the record or about the address, whether a request that
 * fails again and again took effect after all. Throws if the wire fails meanwhile.
 */
export async function completed(
  context: AttemptContext,
  attempt: Attempt,
  answer: Answer,
  signal: AbortSignal,
): Promise<Answer> {
  switch (answer.kind) {
    case 'conflict':
      return answer.remote && !moved(context.facts(), attempt)
        ? answer
        : withRecord(context, attempt, signal);
    case 'committed':
      return isOpen(context.facts(), attempt, answer)
        ? newest(context, attempt, answer, signal)
        : answer;
    case 'gone':
      return answer.certain ? answer : certain(context, attempt, answer, signal);
    case 'retryLater':
      return isStuck(attempt, answer.failure) ? unstuck(context, attempt, answer, signal) : answer;
    default:
      return answer;
  }
}

async function withRecord(
  context: AttemptContext,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Answer> {
  const remote = await read(context, attempt, signal);
  return remote
    ? { kind: 'conflict', remote }
    : unreadable(context, 'the record could not be read after a conflict');
}

type Committed = Extract<Answer, { kind: 'committed' }>;

/**
 * Whether a "yes" leaves open what stands there now: a pull has come since the request was sealed
 * (which of both is newer only the server can tell), or it did not say which version it made.
 */
function isOpen(facts: Facts, attempt: Attempt, { remote, version }: Committed): boolean {
  if (moved(facts, attempt)) return true;
  if (remote || version !== null || attempt.request.kind === 'delete') return false;
  return attempt.request.kind === 'create' || attempt.request.ifMatch !== null;
}

async function newest(
  context: AttemptContext,
  attempt: Attempt,
  answer: Committed,
  signal: AbortSignal,
): Promise<Answer> {
  const remote = await read(context, attempt, signal);
  if (remote) return { kind: 'committed', remote, version: remote.version };
  return answer.remote
    ? unreadable(context, 'the record could not be read after its base had moved')
    : answer;
}

/** A 404 says "no such record" only where the collection itself is found. */
async function certain(
  { transport }: AttemptContext,
  { model }: Attempt,
  answer: Extract<Answer, { kind: 'gone' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const isThere = transport.check ? await transport.check(model, signal) : true;
  if (isThere) return { ...answer, certain: true };
  const failure: Failure = { ...answer.failure, code: 'misdeployed' };
  return { kind: 'held', by: 'deployment', retryIn: null, failure };
}

function isStuck({ lane }: Attempt, { status }: Failure): boolean {
  return status === 500 && lane.failure?.status === 500 && lane.attempts + 1 >= ambiguousAttempts;
}

/** The same 500 for ever (some servers store it under the key): a read decides what it means. */
async function unstuck(
  context: AttemptContext,
  attempt: Attempt,
  answer: Extract<Answer, { kind: 'retryLater' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { request } = attempt;
  const remote = await read(context, attempt, signal);
  if (!remote) return answer;
  if (remote.lastOperationId === request.key) {
    return { kind: 'committed', remote, version: remote.version };
  }
  if (request.kind === 'create' && remote.record) return { kind: 'conflict', remote };
  return { kind: 'rejected', failure: { ...answer.failure, code: 'serverError' } };
}

function read(
  { transport, facts }: AttemptContext,
  { lane, model }: Attempt,
  signal: AbortSignal,
): Promise<RemoteRecord | null> {
  return transport.read(model, serverIdOf(facts(), lane), signal);
}

function unreadable({ now }: AttemptContext, message: string): Answer {
  return { kind: 'retryLater', failure: { code: 'unreadable', message, at: now() } };
}

function serverIdOf(facts: Facts, lane: Lane): string {
  return entryOf(facts, lane)?.alias ?? lane.recordId;
}

/** What the answer is folded over; another one by then: the answer is asked for again. */
export function baseOf(facts: Facts, { lane }: Attempt): JsonObject | null {
  return entryOf(facts, lane)?.base ?? null;
}

function entryOf(facts: Facts, { model, recordId }: Lane): Entry | undefined {
  const records = facts.models[model]?.records;
  return records && getIn(records, recordId);
}

/** Whether the base is another one than the request was made on. */
function moved(facts: Facts, { lane, request }: Attempt): boolean {
  const entry = entryOf(facts, lane);
  if (!entry || entry.base === null) return false;
  if (request.kind === 'create') return true;
  return request.ifMatch !== null && entry.version !== request.ifMatch;
}
