import { type Failure, timesInARow } from '../../../machines/failure.ts';
import type { Facts } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import type { Answer, Contested, RemoteRecord } from '../../ports/transport.ts';
import { toKeys } from '../records/references.ts';
import {
  type Attempt,
  type AttemptContext,
  isHeld,
  moved,
  read,
  subjectOf,
  unreadable,
} from './attempt.ts';
import { hasId, tookEffect } from './proof.ts';

/** Conflicts over a record that nobody has changed after which the change is taken for refused. */
const unfoundedAttempts = 3;

/** A conflict with the record that stands there; one without any is a refusal in another word. */
export async function contested(
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
  if (attempt.request.kind === 'create' && !isOfIt(context, attempt, remote)) {
    return unfounded(context, attempt, failure, nobodyThere);
  }
  return isUnfounded(context.facts(), attempt, remote)
    ? unfounded(context, attempt, failure, nobodyChanged)
    : { ...answer, remote };
}

/** Where the ids are the server's, a record of others that stands against a create is not the one to be made. */
function isOfIt({ facts }: AttemptContext, attempt: Attempt, remote: RemoteRecord): boolean {
  if (hasId(facts(), attempt)) return remote.record !== null;
  return tookEffect(facts(), attempt, remote);
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
  const base = subjectOf(facts, lane)?.base ?? null;
  if (request.kind === 'create' || !remote?.record || !base) return false;
  // Without a version it may be refused for that alone (428); with the one that is known now it goes anew.
  // A weak one can't go, so it changes nothing.
  const { version } = remote;
  if (version !== null && !version.startsWith('W/')) return request.ifMatch === version;
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

type Gone = Extract<Answer, { kind: 'gone' }>;

/** It was gone when the server answered; who made it anew since has told us of it first. */
export async function goneSince(
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
export async function certain(
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
