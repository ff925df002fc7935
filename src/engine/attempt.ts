import type { Failure } from '../../machines/failure.ts';
import type { Entry, Facts, Lane } from '../../store/facts.ts';
import { sameJson } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Answer, Contested, Held, RemoteRecord, Transport } from '../ports/transport.ts';
import type { EngineModel } from './models.ts';
import { toKeys } from './references.ts';
import { isSuccessor } from './versions.ts';

/** Failed attempts with a 500 after which the server is asked what stands there. */
const ambiguousAttempts = 10;

/** Conflicts over a record that nobody has changed after which the change is taken for refused. */
const unfoundedAttempts = 3;

/** A request under way, with what it was when it left. */
export interface Attempt {
  readonly lane: Lane;
  readonly request: SealedRequest;
  readonly model: EngineModel;
  /** The journal's head when it left for the first time; undefined: it may have left in an earlier life. */
  readonly firstSent?: number | undefined;
}

export interface AttemptContext {
  readonly transport: Transport;
  readonly facts: () => Facts;
  readonly now: () => number;
}

/**
 * What an answer comes to, once the server was asked what it left open: which record stands there
 * after a conflict, whether a 404 is about the record or about the address, whether a request that
 * fails again and again took effect after all. What answers that question may speak to everybody (a
 * pause). Throws if the wire fails meanwhile.
 */
export async function completed(
  context: AttemptContext,
  attempt: Attempt,
  answer: Answer,
  signal: AbortSignal,
): Promise<Answer> {
  switch (answer.kind) {
    case 'conflict':
      return contested(context, attempt, answer, signal);
    case 'committed':
      return isOpen(context.facts(), attempt, answer)
        ? newest(context, attempt, answer, signal)
        : answer;
    case 'gone':
      return moved(context.facts(), attempt) && attempt.request.kind !== 'create'
        ? goneSince(context, attempt, answer, signal)
        : certain(context, attempt, answer, signal);
    case 'retryLater':
      return isStuck(attempt, answer.failure) ? unstuck(context, attempt, answer, signal) : answer;
    default:
      return answer;
  }
}

/** A conflict with the record that stands there; one without any is a refusal in another word. */
async function contested(
  context: AttemptContext,
  attempt: Attempt,
  answer: Contested,
  signal: AbortSignal,
): Promise<Answer> {
  const { failure } = answer;
  const isKnown = answer.remote !== null && !moved(context.facts(), attempt);
  const remote = isKnown ? answer.remote : await read(context, attempt, signal, answer.remote);
  if (!remote) return unreadable(context, 'the record could not be read after a conflict');
  if (isHeld(remote)) return remote;
  if (attempt.request.kind === 'create' && !remote.record) {
    return unfounded(context, attempt, failure, nobodyThere);
  }
  return isUnfounded(context.facts(), attempt, remote)
    ? unfounded(context, attempt, failure, nobodyChanged)
    : { ...answer, remote };
}

const nobodyThere = 'the server refuses to make the record as if it were there; it is not';
const nobodyChanged =
  'the server refuses the change as if others had changed the record; nobody has';

/**
 * Whether the record is the very one that the change was made on: nobody else has changed it, and a
 * merge would only send the same again.
 */
function isUnfounded(facts: Facts, attempt: Attempt, remote: RemoteRecord | null): boolean {
  const { lane, request, model } = attempt;
  const base = entryOf(facts, lane)?.base;
  if (request.kind === 'create' || !remote?.record || !base) return false;
  if (request.ifMatch !== null && remote.version !== null) {
    return request.ifMatch === remote.version;
  }
  const record = { ...toKeys(facts, remote.record, model.references), id: lane.recordId };
  return sameJson(record, base);
}

/**
 * It may have been read from a copy that lags behind; in the long run it is a refusal, for the reason
 * that the server gives.
 */
function unfounded(
  { now }: AttemptContext,
  { lane }: Attempt,
  said: Failure | undefined,
  message: string,
): Answer {
  const failure: Failure = said ?? { code: 'conflict', message, at: now() };
  const isLast = lane.attempts + 1 >= unfoundedAttempts;
  return isLast
    ? { kind: 'rejected', failure: { ...failure, code: 'rejected' } }
    : { kind: 'retryLater', failure };
}

type Committed = Extract<Answer, { kind: 'committed' }>;

/**
 * Whether a "yes" leaves open what stands there now: a pull has come since the request left
 * (which of both is newer only the server can tell), or it did not say which version it made.
 */
function isOpen(facts: Facts, attempt: Attempt, { remote, version }: Committed): boolean {
  if (moved(facts, attempt)) return true;
  // What it was written on is lost: a "yes" alone does not make a record of it.
  if (attempt.lane.salvage && !remote) return attempt.request.kind !== 'delete';
  if (remote || attempt.request.kind === 'delete') return false;
  if (version !== null) return !isOnBase(facts, attempt, version);
  return attempt.request.kind === 'create' || attempt.request.ifMatch !== null;
}

/**
 * Whether a version that was told without its record can only be our change on the base as it stands
 * here. Without If-Match others may have changed what lay between, and nobody would ever say so again:
 * a pull that brings this version would be taken for known.
 */
function isOnBase(facts: Facts, { lane, request }: Attempt, version: string): boolean {
  if (request.kind !== 'update' || request.ifMatch !== null) return true;
  return isSuccessor(version, entryOf(facts, lane)?.version ?? null);
}

async function newest(
  context: AttemptContext,
  attempt: Attempt,
  answer: Committed,
  signal: AbortSignal,
): Promise<Answer> {
  const remote = await read(context, attempt, signal, answer.remote);
  if (isHeld(remote)) return remote;
  if (remote) return { kind: 'committed', remote, version: remote.version };
  const { salvage } = attempt.lane;
  return answer.remote || salvage || moved(context.facts(), attempt)
    ? unreadable(context, 'the record could not be read after its base had moved')
    : { ...answer, version: null };
}

type Gone = Extract<Answer, { kind: 'gone' }>;

/** It was gone when the server answered; who made it anew since has told us of it first. */
async function goneSince(
  context: AttemptContext,
  attempt: Attempt,
  answer: Gone,
  signal: AbortSignal,
): Promise<Answer> {
  const remote = await read(context, attempt, signal);
  if (isHeld(remote)) return remote;
  if (!remote) return unreadable(context, 'the record could not be read after it was gone');
  return remote.record ? { kind: 'conflict', remote } : { ...answer, certain: true };
}

/**
 * A 404 says "no such record" only where the record, asked for by its id, is not there either and the
 * collection is: one lying answer would drop a record for good, since no cursor comes back to it.
 */
async function certain(
  context: AttemptContext,
  attempt: Attempt,
  answer: Gone,
  signal: AbortSignal,
): Promise<Answer> {
  const { transport, facts } = context;
  if (answer.certain) return answer;
  if (!transport.check) return { ...answer, certain: true };
  const remote = await read(context, attempt, signal);
  if (isHeld(remote)) return remote;
  if (remote?.record) {
    return isUnfounded(facts(), attempt, remote)
      ? unfounded(
          context,
          attempt,
          undefined,
          'the server says that the record is not there; it is',
        )
      : { kind: 'conflict', remote };
  }
  if (remote) return { ...answer, certain: true };
  const isThere = await transport.check(attempt.model, signal);
  if (isThere === true) {
    return unreadable(context, 'the record could not be read after it was not found');
  }
  if (isThere) return isThere;
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
  if (isHeld(remote)) return remote;
  if (!remote) return answer;
  if (remote.lastOperationId === request.key) {
    return { kind: 'committed', remote, version: remote.version };
  }
  if (request.kind === 'create' && remote.record) return { kind: 'conflict', remote };
  // Whoever did it: there is nothing left to delete.
  if (request.kind === 'delete' && !remote.record) {
    return { kind: 'committed', remote, version: null };
  }
  return { kind: 'rejected', failure: { ...answer.failure, code: 'serverError' } };
}

/** @param told what the answer spoke of: the id of a record that was just made is known from it alone */
function read(
  { transport, facts }: AttemptContext,
  { lane, model }: Attempt,
  signal: AbortSignal,
  told: RemoteRecord | null = null,
): Promise<RemoteRecord | Held | null> {
  const id = told?.record?.id;
  const made = typeof id === 'string' || typeof id === 'number' ? String(id) : lane.recordId;
  return transport.read(model, entryOf(facts(), lane)?.alias ?? made, signal);
}

function isHeld(read: RemoteRecord | Held | null): read is Held {
  return read !== null && 'kind' in read;
}

function unreadable({ now }: AttemptContext, message: string): Answer {
  return { kind: 'retryLater', failure: { code: 'unreadable', message, at: now() } };
}

/**
 * When the server last spoke of the record, or began a list that it may be missing from; later by the time
 * an answer is written down: it is asked for again.
 */
export function spokenAt(facts: Facts, { lane }: Attempt): number {
  const listed = facts.models[lane.model]?.listedSince ?? 0;
  return Math.max(entryOf(facts, lane)?.confirmed ?? 0, listed);
}

function entryOf(facts: Facts, { model, recordId }: Lane): Entry | undefined {
  const records = facts.models[model]?.records;
  return records && getIn(records, recordId);
}

/**
 * Whether the server spoke of the record since the request left, or may have left: in a pull (which
 * may have met it gone), or in a list from the start that it may have been missing from. What it said
 * before that is older than its answer.
 */
function moved(facts: Facts, attempt: Attempt): boolean {
  const { firstSent = attempt.lane.sealedAt ?? 0 } = attempt;
  return spokenAt(facts, attempt) > firstSent;
}
