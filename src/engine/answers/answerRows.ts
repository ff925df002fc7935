import { counted, type Failure, timesInARow } from '../../../machines/failure.ts';
import { type Facts, type Lane, laneKey } from '../../../store/facts.ts';
import { type JsonObject, sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn } from '../../../store/pages.ts';
import type { Operation, SealedRequest } from '../../../store/rows/row.ts';
import { coalesce } from '../../../store/seal.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import type { ConflictRule } from '../../policies/policy.ts';
import type { Answer, ModelWire, RemoteRecord, UnderWay } from '../../ports/transport.ts';
import { isOwnRecord } from '../records/ownRecord.ts';
import { entryOf } from '../records/recordReads.ts';
import { newNumericIds, type References, toKeys } from '../records/references.ts';
import { withTwin } from '../records/twins.ts';
import { committedBase } from './committedBase.ts';
import { conflictRows } from './conflictRows.ts';
import { contestedOf } from './contested.ts';

/** What answers need beside the facts: what is drawn, and what was read before. */
export interface AnswerContext {
  readonly model: string;
  readonly recordId: string;
  readonly request: SealedRequest;
  readonly at: number;
  /** For the operation that a merge makes. */
  readonly newOperationId: () => string;
  /** ms to wait before attempt n + 1. */
  readonly delayAfter: (attempts: number) => number;
  readonly onReject: 'keep' | 'rollback';
  readonly nulls: ModelWire['nulls'];
  readonly references: References;
  readonly rule: ConflictRule;
  /** Conflicts that came right before this request, without a wait in between. */
  readonly conflictsBefore: number;
}

/** ms until a server that works on a request is asked again, at least: doubled each time, up to a bound. */
const shortestWait = { first: 250, cap: 5_000 } as const;
/** No server may ask for more (ms). */
const longestWait = 86_400_000;

/** The lane, if it still waits for the answer to this request. */
function waitingLane(facts: Facts, context: AnswerContext): Lane | null {
  const lane = getIn(facts.lanes, laneKey(context.model, context.recordId));
  return lane?.sealed?.key === context.request.key ? lane : null;
}

/** The rows that an answer becomes; null if nobody waits for it any more. */
export function answerRows(
  facts: Facts,
  context: AnswerContext,
  answer: Answer,
): readonly EngineDraft[] | null {
  const rows = ownRows(facts, context, answer);
  return rows?.map((row) => withTwin(facts, row)) ?? null;
}

function ownRows(
  facts: Facts,
  context: AnswerContext,
  answer: Answer,
): readonly EngineDraft[] | null {
  const lane = waitingLane(facts, context);
  if (!lane) return null;
  switch (answer.kind) {
    case 'committed':
      return [committedRow(facts, context, answer)];
    case 'conflict':
      // Without a record the engine has read it before; then it is there.
      return answer.remote ? conflictAnswer(facts, context, answer.remote) : null;
    case 'rejected':
      return [parkedRow(facts, context, answer.failure)];
    case 'retryLater':
    case 'unclear':
      return [retryRow(lane, context, answer.failure)];
    case 'underWay':
      return [askAgainRow(lane, context, answer)];
    case 'gone':
      return goneRows(facts, context, answer.failure);
    case 'held':
      return null;
  }
}

/** The server works on it: the same request later tells how it ended. */
function askAgainRow(lane: Lane, context: AnswerContext, answer: UnderWay): EngineDraft {
  const times = timesInARow(lane.failure, answer.failure);
  const least = Math.min(shortestWait.cap, shortestWait.first * 2 ** Math.min(times - 1, 60));
  const wait = answer.retryIn ?? context.delayAfter(times + 1);
  return waitRow(lane, context, answer.failure, Math.min(longestWait, Math.max(least, wait)));
}

function goneRows(facts: Facts, context: AnswerContext, failure: Failure): EngineDraft[] {
  if (context.request.kind === 'create') {
    return [parkedRow(facts, context, { ...failure, code: 'rejected' })];
  }
  return conflictAnswer(facts, context, { record: null, version: null, lastOperationId: null });
}

/** The row after a failed attempt. */
function retryRow(
  lane: Lane,
  context: AnswerContext,
  failure: Failure,
  bound = lane.attempts,
): EngineDraft {
  const wait = context.delayAfter(bound);
  return { ...waitRow(lane, context, failure, wait), attempts: lane.attempts + 1 };
}

/** It goes again after `wait` ms; no attempt is spent. */
function waitRow(
  lane: Lane,
  { model, recordId, at }: AnswerContext,
  failure: Failure,
  wait: number,
): EngineDraft & { readonly type: 'retryScheduled' } {
  return {
    ...{ v: 1, type: 'retryScheduled', model, recordId, at, attempts: lane.attempts },
    ...{ retryAt: at + wait, failure: counted(lane.failure, failure) },
  };
}

function sealedOperations(facts: Facts, context: AnswerContext): Operation[] {
  const ids = context.request.operationIds;
  const lane = laneKey(context.model, context.recordId);
  return operationsIn(facts, lane, ids.length).filter((operation) => ids.includes(operation.id));
}

/** The server's record under this device's keys. */
function ownKeyed(
  facts: Facts,
  { recordId, references }: AnswerContext,
  record: JsonObject,
): { base: JsonObject; alias?: string } {
  const { id } = record;
  const serverId = typeof id === 'number' ? String(id) : id;
  const base = { ...toKeys(facts, record, references), id: recordId };
  return typeof serverId === 'string' && serverId !== recordId
    ? { base, alias: serverId }
    : { base };
}

type Committed = Pick<Extract<Answer, { kind: 'committed' }>, 'remote' | 'version' | 'madeAs'>;

function committedRow(
  facts: Facts,
  context: AnswerContext,
  { remote, version, madeAs }: Committed,
): EngineDraft {
  const { model, recordId, at, request } = context;
  const row = { v: 1, type: 'answered', model, recordId, at } as const;
  const { operationIds } = request;
  if (remote?.record) {
    const numericIds = newNumericIds(facts, context, [remote.record]);
    return {
      ...row,
      operationIds,
      ...ownKeyed(facts, context, remote.record),
      version: remote.version,
      ...(numericIds.length > 0 && { numericIds }),
    };
  }
  if (remote || request.kind === 'delete') {
    const isNamed = madeAs !== undefined && madeAs !== recordId;
    return { ...row, operationIds, base: null, version: null, ...(isNamed && { alias: madeAs }) };
  }
  // It said yes and no more: what we sent, on what we knew.
  const entry = entryOf(facts, context.model, context.recordId);
  const intent = coalesce(sealedOperations(facts, context), entry);
  const sent = intent && intent.kind !== 'nothing' ? intent : null;
  const base = committedBase(entry?.base ?? null, sent, context.nulls);
  return { ...row, operationIds, base: { ...base, id: recordId }, version };
}

function parkedRow(facts: Facts, context: AnswerContext, failure: Failure): EngineDraft {
  const { model, recordId, at, request, onReject } = context;
  const waited = sealedOperations(facts, context).some((item) => item.strategy === 'waitForRemote');
  return {
    v: 1,
    type: 'parked',
    ...{ model, recordId, at, reason: 'rejected', failure },
    operationIds: request.operationIds,
    rollback: waited || onReject === 'rollback',
  };
}

const tooFast = 'others change the record again and again';

/** Somebody else changed the record (or was it us, and the answer was lost?). */
function conflictAnswer(facts: Facts, context: AnswerContext, remote: RemoteRecord): EngineDraft[] {
  const { model, recordId, at, request, rule } = context;
  const { operationIds } = request;
  if (isOwnRecord(facts, { ...context, ...rule }, remote)) {
    return [committedRow(facts, context, { remote, version: remote.version })];
  }
  const theirs = remote.record && ownKeyed(facts, context, remote.record).base;
  if (theirs === null && request.kind === 'delete') {
    const row = { v: 1, type: 'answered', model, recordId, at } as const;
    return [{ ...row, operationIds, base: null, version: null }];
  }
  const key = laneKey(model, recordId);
  const lane = getIn(facts.lanes, key);
  const rounds = context.conflictsBefore;
  if (lane && rounds > 0 && lane.attempts === 0) {
    // What is sent next would only meet the next change: the same request asks again after a while.
    return [retryRow(lane, context, { code: 'conflict', message: tooFast, at }, rounds)];
  }
  const operations = operationsIn(facts, key);
  const entry = entryOf(facts, context.model, context.recordId);
  const known = entry?.base ?? lane?.salvage?.base ?? null;
  // Merged with what a pull has brought meanwhile it was already, and what it overwrote is told.
  const base = rule.policy === 'merge' ? known : (lane?.sealedOver ?? known);
  // What a pull has brought since it was sealed is what others changed meanwhile.
  const isOlder = (entry?.confirmed ?? 0) <= (lane?.sealedAt ?? 0);
  // Nobody has changed it: only its version is news, and no policy is asked who wins.
  const isSame = isOlder && base !== null && sameJson(theirs ?? undefined, base);
  const isDeleted = operations.at(-1)?.kind === 'delete';
  const policy = isDeleted ? 'clientWins' : 'merge';
  return conflictRows({
    ...{ model, recordId, at, operations, version: remote.version },
    ...{ rule: isSame ? { ...rule, policy } : rule, newOperationId: context.newOperationId() },
    contested: contestedOf(operations, operationIds.length),
    base,
    remote: theirs,
  });
}
