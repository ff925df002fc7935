import { type Failure, timesInARow } from '../../../machines/failure.ts';
import type { Facts } from '../../../store/facts.ts';
import type { Answer, RemoteRecord } from '../../ports/transport.ts';
import { isOwnRecord } from '../records/ownRecord.ts';
import { type Attempt, type AttemptContext, subjectOf } from './attempt.ts';

/** Failed attempts with a 500 after which the server is asked what stands there. */
export const ambiguousAttempts = 10;

/** Whether the server takes a request of a known key for the one that it knows. */
export function isKeyed({ transport }: AttemptContext, { model }: Attempt): boolean {
  return transport.abilities?.(model).keys ?? false;
}

/** Whether the record can be asked for by an id that the server knows it by. */
export function hasId(facts: Facts, { lane, request, model }: Attempt): boolean {
  const isNamed = request.kind !== 'create' || model.ids === 'client';
  return isNamed || subjectOf(facts, lane)?.alias != null;
}

/** Whether a request shows in what stands there now. */
export function tookEffect(
  facts: Facts,
  { lane, request, model }: Attempt,
  remote: RemoteRecord,
): boolean {
  if (request.kind === 'delete') return remote.record === null;
  const { recordId, model: name } = lane;
  const { references, rule } = model;
  return isOwnRecord(facts, { ...rule, model: name, recordId, request, references }, remote);
}

/** Tried again, and a dead letter where the same came `limit` times in a row. */
export function bounded({ lane }: Attempt, failure: Failure, limit: number): Answer {
  return timesInARow(lane.failure, failure) >= limit
    ? givenUp(failure)
    : { kind: 'retryLater', failure };
}

export function givenUp(failure: Failure): Answer {
  return { kind: 'rejected', failure: { ...failure, code: 'rejected' }, concluded: true };
}
