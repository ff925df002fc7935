import { type Failure, timesInARow } from '../../../machines/failure.ts';
import type { Answer } from '../../ports/transport.ts';
import { type Attempt, type AttemptContext, isHeld, read } from './attempt.ts';
import { ambiguousAttempts, givenUp, hasId, isKeyed, tookEffect } from './proof.ts';

/** It will be done later: RFC 9110, 15.3.3. */
const accepted = 202;

/** Accepted for later, and there is nothing to ask by: neither a key nor an id. */
export function isLost(context: AttemptContext, attempt: Attempt, { status }: Failure): boolean {
  return status === accepted && !isKeyed(context, attempt) && !hasId(context.facts(), attempt);
}

/** Whether a request was accepted for later (202) when it was sent last. */
export function wasAccepted({ lane: { failure } }: Attempt): boolean {
  return failure?.code === 'underWay' && failure.status === accepted;
}

/** What a request comes to whose wire failed: one that was accepted for later is not sent again for that. */
export function unanswered(attempt: Attempt | undefined, failure: Failure): Answer {
  const before = attempt && wasAccepted(attempt) && attempt.lane.failure;
  return before
    ? { kind: 'underWay', retryIn: null, failure: { ...before, at: failure.at } }
    : { kind: 'retryLater', failure };
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
  const again: Failure = { ...failure, at: context.now() };
  return timesInARow(failure, again) >= ambiguousAttempts
    ? givenUp(again)
    : { kind: 'underWay', retryIn: null, failure: again };
}
