import type { Failure } from '../../../machines/failure.ts';
import type { Facts } from '../../../store/facts.ts';
import type { Answer } from '../../ports/transport.ts';
import { isSuccessor } from '../records/versions.ts';
import {
  type Attempt,
  type AttemptContext,
  idIn,
  isHeld,
  moved,
  read,
  subjectOf,
  unreadable,
} from './attempt.ts';
import { ambiguousAttempts, bounded, hasId, isKeyed, tookEffect } from './proof.ts';

type Committed = Extract<Answer, { kind: 'committed' }>;

/**
 * Whether a "yes" leaves open what stands there now: a pull has come since the request left
 * (which of both is newer only the server can tell), or it did not say which version it made.
 */
export function isOpen(facts: Facts, attempt: Attempt, { remote, version }: Committed): boolean {
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
  return isSuccessor(version, subjectOf(facts, lane)?.version ?? null);
}

export async function newest(
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

/** How often in a row a create may go again that was answered with a yes that proves nothing. */
function limitOf(context: AttemptContext, attempt: Attempt, keyless: number): number {
  return isKeyed(context, attempt) ? ambiguousAttempts : keyless;
}

/**
 * A create that was answered with a yes, and with no record that could be ours. Where the id is ours a
 * read tells; else only a key makes it safe to ask once more.
 */
export async function proven(
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
