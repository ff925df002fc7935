import type { Failure, FailureCode } from '../../machines/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { idProblem } from '../ids.ts';
import type { Answer, Held, ModelWire, RemoteRecord } from '../ports/transport.ts';
import { objectIn } from './answerBody.ts';
import { type Data, dataIn, isNoMatch, recordIn } from './data.ts';
import {
  entityTag,
  fieldVersion,
  type Heard,
  hasBadId,
  idOf,
  nothing,
  problemTypes,
  reasonIn,
  remoteFrom,
  textIn,
  versionIn,
  wordsIn,
} from './heard.ts';
import { type Meaning, meaningOf } from './meanings.ts';
import { retryIn } from './retryAfter.ts';
import { expectedId, sentRecord } from './sealed.ts';
import type { Settings } from './settings.ts';
import type { Way } from './ways.ts';

/** A write, and what was heard of it. */
export interface Exchange {
  readonly request: SealedRequest;
  readonly model: ModelWire;
  readonly way: Way;
  readonly settings: Pick<Settings, 'versioning' | 'keyHeader' | 'answerLimit'>;
  readonly heard: Heard;
  /** ms since 1970 */
  readonly at: number;
}

/** What each meaning comes to; a meaning that is missing here does not compile. */
const answers: { readonly [M in Meaning]: (exchange: Exchange) => Answer } = {
  done: committed,
  underWay,
  changed: (exchange) => conflict(exchange, remoteInProblem(exchange)),
  contested,
  notFound: (exchange) =>
    exchange.request.kind === 'create' ? misdeployed(exchange) : gone(exchange, false),
  gone: (exchange) =>
    exchange.request.kind === 'create' ? refused(exchange) : gone(exchange, true),
  refused,
  forbidden: (exchange) => rejected(exchange, 'forbidden'),
  tooLarge: (exchange) => rejected(exchange, 'tooLarge'),
  unauthorized: ({ heard, at }) => unauthorized(heard, at),
  paused: ({ heard, at }) => paused(heard, at),
  unavailable: ({ heard, at }) =>
    retryIn(heard, at) === null ? later(heard, at) : paused(heard, at),
  misdeployed,
  later: ({ heard, at }) => later(heard, at),
  unreadable: (exchange) => unreadable(exchange, reasonIn(exchange.heard)),
};

/** The answer to a write. Statuses and types decide, never words; what nobody knows is tried again. */
export function pushAnswer(exchange: Exchange): Answer {
  const { request, settings, heard } = exchange;
  const echo = settings.keyHeader && heard.header(settings.keyHeader);
  if (echo && echo.replace(/^"(.*)"$/, '$1') !== request.key) {
    return unreadable(exchange, 'the answer belongs to another request');
  }
  return answers[meaningOf(heard.status)](exchange);
}

function failureOf(
  code: FailureCode,
  heard: Heard,
  at: number,
  message = reasonIn(heard),
): Failure {
  return { code, ...(heard.status > 0 && { status: heard.status }), message, at };
}

function rejected({ heard, at }: Exchange, code: FailureCode): Answer {
  return { kind: 'rejected', failure: failureOf(code, heard, at) };
}

function unreadable({ heard, at }: Exchange, reason: string): Answer {
  return { kind: 'retryLater', failure: failureOf('unreadable', heard, at, reason) };
}

/** It says that a record was made, and not that it is ours or which. */
function unclear({ request, heard, at }: Exchange, reason: string): Answer {
  const kind = request.kind === 'create' ? 'unclear' : 'retryLater';
  return { kind, failure: failureOf('unreadable', heard, at, reason) };
}

function later(heard: Heard, at: number): Answer {
  return { kind: 'retryLater', failure: failureOf('server', heard, at) };
}

function gone({ heard, at }: Exchange, certain: boolean): Answer {
  return { kind: 'gone', certain, failure: failureOf('remoteDeleted', heard, at) };
}

function underWay({ heard, at }: Exchange): Answer {
  return {
    kind: 'underWay',
    retryIn: retryIn(heard, at),
    failure: failureOf('underWay', heard, at),
  };
}

export function unauthorized(heard: Heard, at: number): Held {
  const failure = failureOf('unauthorized', heard, at);
  return { kind: 'held', by: 'auth', retryIn: null, failure };
}

export function paused(heard: Heard, at: number): Held {
  const failure = failureOf('paused', heard, at);
  return { kind: 'held', by: 'pause', retryIn: retryIn(heard, at), failure };
}

/**
 * What the answer to a question of the kit's own says to everybody: a pause, or credentials that are
 * not accepted; null if nothing. That nothing is found may be about the question alone.
 */
export function heldIn(heard: Heard, at: number): Held | null {
  switch (meaningOf(heard.status)) {
    case 'unauthorized':
      return unauthorized(heard, at);
    case 'paused':
      return paused(heard, at);
    case 'unavailable':
      return retryIn(heard, at) === null ? null : paused(heard, at);
    default:
      return null;
  }
}

export function misdeployed({ heard, at }: Pick<Exchange, 'heard' | 'at'>): Held {
  const failure = failureOf('misdeployed', heard, at);
  return { kind: 'held', by: 'deployment', retryIn: null, failure };
}

/** By name, as in the idempotency-key draft and as the large APIs say it. */
const ofKeys = /idempoten/i;
const ofReuse = /re-?us|mismatch|different|payload|fingerprint/i;

/** 4xx. The key stands for another request: never again under a new one, a person must look. */
function refused(exchange: Exchange): Answer {
  const { heard, at } = exchange;
  const types = problemTypes(heard).filter((type) => ofKeys.test(type));
  const isReused = heard.status === 422 ? types.length > 0 : types.some((it) => ofReuse.test(it));
  if (!isReused) return rejected(exchange, 'rejected');
  const message = `its idempotency key was used for another request: ${reasonIn(heard)}`;
  return { kind: 'rejected', failure: failureOf('rejected', heard, at, message) };
}

/** 409: the same request is under way, or somebody else has changed the record. */
function contested(exchange: Exchange): Answer {
  const { heard, at } = exchange;
  const types = problemTypes(heard).filter((type) => ofKeys.test(type));
  if (types.some((type) => ofReuse.test(type))) return refused(exchange);
  const remote = remoteInProblem(exchange);
  const isUnderWay = types.length > 0 || retryIn(heard, at) !== null;
  return !remote && isUnderWay ? underWay(exchange) : conflict(exchange, remote);
}

/** With the server's words, if it has any: it may turn out that nobody has changed anything. */
function conflict({ heard, at }: Exchange, remote: RemoteRecord | null): Answer {
  const words = wordsIn(heard);
  if (words === null) return { kind: 'conflict', remote };
  return { kind: 'conflict', remote, failure: failureOf('conflict', heard, at, words) };
}

/** The current record that came with a 409 or 412, if it did: in the problem, or in its place. */
function remoteInProblem(exchange: Exchange): RemoteRecord | null {
  const { heard, request, model, way, settings } = exchange;
  const problem = objectIn(heard.body);
  if (!problem) return null;
  if (Object.hasOwn(problem, 'record')) {
    const { record } = problem;
    if (record === null) return { record, ...told(exchange, problem, null) };
    if (isJsonObject(record) && hasBadId(record)) return null;
    const { responseDataKey: _, ...bare } = way;
    const data = dataIn({ kind: 'json', value: record as Json }, bare, settings.answerLimit);
    if (data.kind !== 'data' || !isJsonObject(data.value)) return null;
    const id = idOf(data.value);
    const isOwn = id === null || id === expectedId(request, model);
    return isOwn ? { record: data.value, ...told(exchange, problem, data.value) } : null;
  }
  const data = dataIn(heard.body, way, settings.answerLimit);
  const record = data.kind === 'data' ? recordIn(data.value, model, way) : null;
  // A problem of another form may have an id of its own.
  if (!record || idOf(record) === null || idOf(record) !== expectedId(request, model)) return null;
  return { record, ...told(exchange, problem, record) };
}

function told(
  { heard, model, settings: { versioning } }: Exchange,
  problem: JsonObject,
  record: JsonObject | null,
): Pick<RemoteRecord, 'version' | 'lastOperationId'> {
  const { versionField } = model;
  const tag = versioning === 'none' ? null : (entityTag(heard) ?? versionIn(problem.version));
  return {
    version: fieldVersion(record, { versioning, versionField }) ?? tag,
    lastOperationId: heard.header('last-operation-id') ?? textIn(problem, 'lastOperationId'),
  };
}

function committed(exchange: Exchange): Answer {
  const { request, model, way, settings, heard } = exchange;
  const { body } = heard;
  const { versioning } = settings;
  const version = versioning === 'etag' ? entityTag(heard) : null;
  // Half an answer says nothing about what the server did: ask again.
  if (body.kind === 'unreadable') return unreadable(exchange, body.reason);
  const data = dataIn(body, way, settings.answerLimit);
  // Nothing has this id and this version: which of both it was, a read tells.
  if (request.kind !== 'create' && isNoMatch(data, way)) return { kind: 'conflict', remote: null };
  if (request.kind === 'delete') {
    return isOfAnother(data, exchange)
      ? unreadable(exchange, 'the answer is about another record')
      : { kind: 'committed', remote: nothing, version };
  }
  if (data.kind === 'unreadable') return unreadable(exchange, data.reason);
  if (data.kind === 'data' && isJsonObject(data.value) && hasBadId(data.value)) {
    return unreadable(exchange, 'the id in the answer can be none');
  }
  const isNew = request.kind === 'create' && model.ids === 'server';
  const found = data.kind === 'data' ? recordIn(data.value, model, way) : null;
  if (data.kind === 'data' && found === null && !isJsonObject(data.value)) {
    return unreadable(exchange, 'the answer is no record');
  }
  const id = found && idOf(found);
  const isOwn = !found || (isNew ? id !== null : id === null || id === expectedId(request, model));
  if (!isOwn) return unclear(exchange, 'the answer is about another record');
  // Its id alone is no record: it says which one was written.
  const record = found && Object.keys(found).some((field) => field !== 'id') ? found : null;
  if (record === null) {
    if (!isNew) {
      const answer = { kind: 'committed', remote: null, version } as const;
      return data.kind === 'data' && request.kind === 'create' && id === null
        ? { ...answer, vague: true }
        : answer;
    }
    const made = id ?? createdAt(exchange);
    if (made === null) return unclear(exchange, 'the answer does not say which id was made');
    const sent = { ...sentRecord(request, way), id: made, ...found };
    return {
      kind: 'committed',
      remote: remoteFrom(sent, heard, { versioning, ...model }),
      version,
    };
  }
  const remote = remoteFrom(record, heard, { versioning, versionField: model.versionField });
  return { kind: 'committed', remote, version: remote.version };
}

/** Whether the answer to a delete holds a record, and another one than was deleted. */
function isOfAnother(data: Data, { request, model, way }: Exchange): boolean {
  const record = data.kind === 'data' ? recordIn(data.value, model, way) : null;
  const id = record && idOf(record);
  return id !== null && id !== expectedId(request, model);
}

/**
 * The id of a record that was made, by the Location header (RFC 9110, 10.2.2). A slash may stand at its
 * end; the collection's own address names no record.
 */
function createdAt({ request, heard }: Exchange): string | null {
  const path = slashless(heard.header('location')?.split(/[?#]/)[0] ?? '');
  if (`/${path}`.endsWith(`/${slashless(request.path)}`)) return null;
  const last = path.split('/').pop();
  try {
    const id = last ? decodeURIComponent(last) : '';
    return idProblem(id) === null ? id : null;
  } catch {
    return null;
  }
}

/** Without the slashes around it. */
function slashless(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
