import { type Failure, timesInARow } from '../../machines/failure.ts';
import type { Entry, Facts, Lane } from '../../store/facts.ts';
import { sameJson } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Answer, Contested, Held, RemoteRecord, Transport } from '../ports/transport.ts';
import type { EngineModel } from './models.ts';
import { isOwnRecord } from './ownRecord.ts';
import { toKeys } from './references.ts';
import { isSuccessor } from './versions.ts';

/** Failed attempts with a 500 after which the server is asked what stands there. */
const ambiguousAttempts = 10;

/** Conflicts over a record that nobody has changed after which the change is taken for refused. */
const unfoundedAttempts = 3;

/** It will be done later: RFC 9110, 15.3.3. */
const accepted = 202;

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
    case 'unclear':
      return proven(context, attempt, answer.failure, signal);
    case 'held':
      return unwanted(context, attempt, answer, signal);
    case 'underWay':
      return isLost(context, attempt, answer.failure) ? givenUp(answer.failure) : answer;
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
  const { base, version } = entryOf(facts, lane) ?? { base: null, version: null };
  if (request.kind === 'create' || !remote?.record || !base) return false;
  // Its version is asked for (428), and was not known: now it is.
  if (version === null && remote.version !== null) return false;
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
  return timesInARow(lane.failure, failure) >= unfoundedAttempts
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
  if (remote && !remote.record && !isProven(attempt, answer)) {
    return withoutTrace(context, attempt);
  }
  const made = remote?.record ? null : idIn(answer.remote);
  if (remote) {
    const committed = { kind: 'committed', remote, version: remote.version } as const;
    return made === null ? committed : { ...committed, madeAs: made };
  }
  const { salvage } = attempt.lane;
  const isVague = answer.vague && !isProven(attempt, answer);
  return answer.remote || salvage || isVague || moved(context.facts(), attempt)
    ? unreadable(context, 'the record could not be read after its base had moved')
    : { ...answer, version: null };
}

/** Whether a "yes" says more than yes: what stands there, or its version. */
function isProven({ request }: Attempt, { remote, version }: Committed): boolean {
  return request.kind === 'delete' || remote?.record != null || version !== null;
}

/** It said yes and no more, and nothing is there: an error in other words, or somebody deleted it since. */
function withoutTrace(context: AttemptContext, attempt: Attempt): Answer {
  const message = 'the server says that it is done, and the record is not there';
  const at = context.now();
  if (attempt.request.kind === 'create') {
    return bounded(attempt, { code: 'unreadable', message, at }, limitOf(context, attempt, 3));
  }
  return { kind: 'gone', certain: true, failure: { code: 'remoteDeleted', message, at } };
}

/** Whether the server takes a request of a known key for the one that it knows. */
function isKeyed({ transport }: AttemptContext, { model }: Attempt): boolean {
  return transport.abilities?.(model).keys ?? false;
}

/** How often in a row a create may go again that was answered with a yes that proves nothing. */
function limitOf(context: AttemptContext, attempt: Attempt, keyless: number): number {
  return isKeyed(context, attempt) ? ambiguousAttempts : keyless;
}

/** Tried again, and a dead letter where the same came `limit` times in a row. */
function bounded({ lane }: Attempt, failure: Failure, limit: number): Answer {
  return timesInARow(lane.failure, failure) >= limit
    ? givenUp(failure)
    : { kind: 'retryLater', failure };
}

function givenUp(failure: Failure): Answer {
  return { kind: 'rejected', failure: { ...failure, code: 'rejected' }, concluded: true };
}

/** Whether the record can be asked for by an id that the server knows it by. */
function hasId(facts: Facts, { lane, request, model }: Attempt): boolean {
  const isNamed = request.kind !== 'create' || model.ids === 'client';
  return isNamed || entryOf(facts, lane)?.alias != null;
}

/**
 * A create that was answered with a yes, and with no record that could be ours. Where the id is ours a
 * read tells; else only a key makes it safe to ask once more.
 */
async function proven(
  context: AttemptContext,
  attempt: Attempt,
  failure: Failure,
  signal: AbortSignal,
): Promise<Answer> {
  const remote = hasId(context.facts(), attempt) ? await read(context, attempt, signal) : null;
  if (isHeld(remote)) return remote;
  if (!remote?.record) return bounded(attempt, failure, limitOf(context, attempt, 1));
  return tookEffect(context.facts(), attempt, remote)
    ? { kind: 'committed', remote, version: remote.version }
    : { kind: 'conflict', remote };
}

/**
 * The same address or method is not there, again and again: where the collection answers as one, it is
 * this request that nothing there will ever take.
 */
async function unwanted(
  { transport }: AttemptContext,
  { lane, model }: Attempt,
  answer: Held,
  signal: AbortSignal,
): Promise<Answer> {
  const { by, failure } = answer;
  const times = timesInARow(lane.failure, failure);
  if (by !== 'deployment' || times < ambiguousAttempts || !transport.check) return answer;
  return (await transport.check(model, signal)) === true ? givenUp(failure) : answer;
}

/** Accepted for later, and there is nothing to ask by: neither a key nor an id. */
function isLost(context: AttemptContext, attempt: Attempt, { status }: Failure): boolean {
  return status === accepted && !isKeyed(context, attempt) && !hasId(context.facts(), attempt);
}

/** Whether a request was accepted for later (202) when it was sent last. */
export function wasAccepted({ lane: { failure } }: Attempt): boolean {
  return failure?.code === 'underWay' && failure.status === accepted;
}

/**
 * What a read says to a request that was accepted for later; null: it goes again, which a key,
 * an id or a version makes safe. All else is asked by reading, and is a dead letter in the end.
 */
export async function readFirst(
  context: AttemptContext,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Answer | null> {
  const { lane, request } = attempt;
  const { failure } = lane;
  if (!failure) return null;
  if (hasId(context.facts(), attempt)) {
    const remote = await read(context, attempt, signal);
    if (isHeld(remote)) return remote;
    if (remote && tookEffect(context.facts(), attempt, remote)) {
      return { kind: 'committed', remote, version: remote.version };
    }
    const isSafe = request.kind !== 'update' || request.ifMatch !== null;
    if (isSafe) return null;
  }
  if (isKeyed(context, attempt)) return null;
  const { times: _, ...said } = failure;
  const again: Failure = { ...said, at: context.now() };
  return timesInARow(failure, again) >= ambiguousAttempts
    ? givenUp(again)
    : { kind: 'underWay', retryIn: null, failure: again };
}

/** Whether a request shows in what stands there now. */
function tookEffect(
  facts: Facts,
  { lane, request, model }: Attempt,
  remote: RemoteRecord,
): boolean {
  if (request.kind === 'delete') return remote.record === null;
  const { recordId, model: name } = lane;
  const { references, rule } = model;
  return isOwnRecord(facts, { ...rule, model: name, recordId, request, references }, remote);
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
  // Whoever deleted it: there is nothing left to delete.
  const isDone =
    request.kind === 'create'
      ? remote.lastOperationId === request.key
      : tookEffect(context.facts(), attempt, remote);
  if (isDone) return { kind: 'committed', remote, version: remote.version };
  if (request.kind === 'create' && remote.record) return { kind: 'conflict', remote };
  return { kind: 'rejected', failure: { ...answer.failure, code: 'serverError' } };
}

/** @param told what the answer spoke of: the id of a record that was just made is known from it alone */
function read(
  { transport, facts }: AttemptContext,
  { lane, model }: Attempt,
  signal: AbortSignal,
  told: RemoteRecord | null = null,
): Promise<RemoteRecord | Held | null> {
  const id = entryOf(facts(), lane)?.alias ?? idIn(told) ?? lane.recordId;
  return transport.read(model, id, signal);
}

function idIn(remote: RemoteRecord | null): string | null {
  const id = remote?.record?.id;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
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
