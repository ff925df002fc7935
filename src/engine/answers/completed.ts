import { type Failure, timesInARow } from '../../../machines/failure.ts';
import type { Answer, Held } from '../../ports/transport.ts';
import { isLost } from './accepted.ts';
import { type Attempt, type AttemptContext, isHeld, moved, read } from './attempt.ts';
import { ambiguousAttempts, givenUp, tookEffect } from './proof.ts';
import { certain, contested, goneSince } from './refusals.ts';
import { isOpen, newest, proven } from './yeses.ts';

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

/** Ten of the same 500, or one more after a read has shown that such did nothing. */
function isStuck({ lane: { failure: before } }: Attempt, failure: Failure): boolean {
  const isKnown = before?.code === 'serverError';
  const times = timesInARow(before, failure);
  return failure.status === 500 && (isKnown || times >= ambiguousAttempts);
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
