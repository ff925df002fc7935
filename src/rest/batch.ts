import { isJsonObject, type Json, type JsonObject, sameJson } from '../../store/json.ts';
import type { Addressed, Answer, BatchAnswer } from '../ports/transport.ts';
import { isAbsolute } from './address.ts';
import { type Body, objectIn } from './answerBody.ts';
import { misdeployed, paused, pushAnswer, unauthorized } from './answers.ts';
import { type Heard, reasonIn, versionIn } from './heard.ts';
import { type Meaning, meaningOf } from './meanings.ts';
import { retryIn } from './retryAfter.ts';
import { withoutSecretHeaders } from './secrets.ts';
import type { Settings } from './settings.ts';
import { wayOf } from './ways.ts';

/** The body of a batch: each operation with its own key, the batch with none. */
export function batchBody(requests: readonly Addressed[], { ifMatch }: Settings): string {
  const operations = requests.map(({ request }) => {
    const { key, method, path, query, contentType, body, headers } = request;
    return {
      ...{ operationId: key, method, path: `${path}${query}` },
      ...(contentType !== null && { contentType }),
      ...(ifMatch && request.ifMatch !== null && { ifMatch: request.ifMatch }),
      ...(headers && { headers: withoutSecretHeaders(headers) }),
      body: body === null ? null : (JSON.parse(body) as Json),
    };
  });
  return JSON.stringify({ operations });
}

/**
 * How patient a batch is: as the most patient of its operations; and it is sent again at once as often
 * as all of them may be.
 */
export function wayOfBatch(
  all: readonly Addressed[],
  { requests, timeout }: Settings,
): { readonly timeout: number; readonly retryCount: number } {
  const ways = all.map(({ request, model }) => wayOf(requests, model, request.kind, request.notes));
  return {
    timeout: Math.max(...ways.map(({ timeoutMillis }) => timeoutMillis ?? timeout)),
    retryCount: Math.min(...ways.map(({ retryCount }) => retryCount ?? 0)),
  };
}

/** Whether another answer to the whole may come at once. */
export function isPassingBatch(answer: BatchAnswer): boolean {
  return answer.kind === 'failed' && answer.answer.kind === 'retryLater';
}

interface Whole {
  readonly requests: readonly Addressed[];
  readonly settings: Settings;
  readonly heard: Heard;
  /** ms since 1970 */
  readonly at: number;
}

type Failed = Extract<BatchAnswer, { kind: 'failed' }>['answer'];

const failed = (answer: Failed): BatchAnswer => ({ kind: 'failed', answer });
/** It refuses the whole: smaller parts tell which of them it was about. */
const inParts = (): BatchAnswer => ({ kind: 'tooLarge' });
/** What a server says that takes no batches, but maybe requests: single ones tell. */
const batchless: readonly number[] = [405, 415, 501];
const ofDeployment = (whole: Whole): BatchAnswer => failed(misdeployed(whole));
const tryAgain = (whole: Whole): BatchAnswer => failed(later(whole));

/** What each meaning comes to for a batch as a whole. */
const answers: { readonly [M in Meaning]: (whole: Whole) => BatchAnswer } = {
  done: parted,
  tooLarge: inParts,
  refused: inParts,
  forbidden: inParts,
  contested: inParts,
  changed: inParts,
  notFound: inParts,
  gone: inParts,
  misdeployed: (whole) =>
    batchless.includes(whole.heard.status) ? inParts() : ofDeployment(whole),
  unauthorized: ({ heard, at }) => failed(unauthorized(heard, at)),
  paused: ({ heard, at }) => failed(paused(heard, at)),
  unavailable: ({ heard, at }) =>
    retryIn(heard, at) === null ? failed(later({ heard, at })) : failed(paused(heard, at)),
  underWay: tryAgain,
  later: tryAgain,
  unreadable: tryAgain,
};

/** Requests outside of the batch under way at once. */
const parallel = 6;

/**
 * Sends several: under the base URL in one request, what leads elsewhere each by itself (`alone`).
 * Throws if one of them gets no answer: all have keys of their own and may go again.
 */
export async function sentMany(
  requests: readonly Addressed[],
  together: (requests: readonly Addressed[]) => Promise<BatchAnswer>,
  alone: (request: Addressed) => Promise<Answer>,
): Promise<BatchAnswer> {
  const inside = requests.filter(({ request }) => !isAbsolute(request.path));
  if (inside.length === requests.length) return together(requests);
  const outside = requests.filter(({ request }) => isAbsolute(request.path));
  const answers = new Map<string, Answer | 'notAttempted'>();
  const left = outside.values();
  const work = async () => {
    for (const each of left) answers.set(each.request.key, await alone(each));
  };
  const workers = Array.from({ length: Math.min(parallel, outside.length) }, work);
  const [whole] = await Promise.all([
    inside.length > 0 ? together(inside) : ({ kind: 'answers', answers: new Map() } as const),
    ...workers,
  ]);
  if (whole.kind === 'tooLarge') return whole;
  for (const { request } of inside) {
    const answer = whole.kind === 'failed' ? whole.answer : whole.answers.get(request.key);
    if (answer) answers.set(request.key, answer);
  }
  return { kind: 'answers', answers };
}

/** Each part has a status of its own: RFC 4918, 11.1. */
const multiStatus = 207;

/** The answer to a batch: what it says of each operation, by key, never by place. */
export function batchAnswer(whole: Whole): BatchAnswer {
  const { status } = whole.heard;
  return status === multiStatus ? parted(whole) : answers[meaningOf(status)](whole);
}

function later({ heard, at }: Pick<Whole, 'heard' | 'at'>, reason = reasonIn(heard)): Failed {
  const isRead = heard.body.kind === 'json' || heard.body.kind === 'empty';
  const code = isRead && heard.status >= 500 ? 'server' : 'unreadable';
  return { kind: 'retryLater', failure: { code, status: heard.status, message: reason, at } };
}

function parted(whole: Whole): BatchAnswer {
  const { requests, settings, heard, at } = whole;
  const { body } = heard;
  const list = objectIn(body)?.results;
  if (!Array.isArray(list)) {
    const reason = body.kind === 'unreadable' ? body.reason : 'the answer holds no results';
    return failed(later(whole, reason));
  }
  const results = byOperation(list as readonly Json[]);
  const told = new Map<string, Answer | 'notAttempted'>();
  for (const { request, model } of requests) {
    const result = results.get(request.key);
    if (!result) continue;
    const part = partOf(result, heard.secrets);
    if (part === null) continue;
    // A result holds the record itself, not the wrapping of an answer of its own.
    const { responseDataKey: _, ...way } = wayOf(
      settings.requests,
      model,
      request.kind,
      request.notes,
    );
    const exchange = part !== 'notAttempted' && { request, model, way, settings, heard: part, at };
    told.set(request.key, exchange ? pushAnswer(exchange) : 'notAttempted');
  }
  return { kind: 'answers', answers: told };
}

/** Results by key; one that comes twice and says two things says nothing. */
function byOperation(results: readonly Json[]): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  const torn = new Set<string>();
  for (const result of results) {
    if (!isJsonObject(result) || typeof result.operationId !== 'string') continue;
    const { operationId } = result;
    const before = found.get(operationId);
    if (before && !sameJson(before, result)) torn.add(operationId);
    found.set(operationId, result);
  }
  for (const operationId of torn) found.delete(operationId);
  return found;
}

/** A result as an answer of its own; null if it can't be read as one. */
function partOf(result: JsonObject, secrets: readonly string[]): Heard | 'notAttempted' | null {
  const { status, version, lastOperationId, error } = result;
  if (status === 'notAttempted') return status;
  if (typeof status !== 'number' || !Number.isInteger(status)) return null;
  const problem = isJsonObject(error) ? error : typeof error === 'string' ? { detail: error } : {};
  const headers: Readonly<Record<string, Json | undefined>> = {
    etag: versionIn(version) ?? undefined,
    'last-operation-id': lastOperationId,
    'retry-after': problem.retryAfter ?? result.retryAfter,
    location: result.location,
  };
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  return { status, header, body: bodyOf(status, result, problem), secrets };
}

function bodyOf(status: number, result: JsonObject, problem: JsonObject): Body {
  const { record } = result;
  if (status < 300) {
    return record === undefined || record === null
      ? { kind: 'empty' }
      : { kind: 'json', value: record };
  }
  const value = { ...problem, ...(record !== undefined && { record }) };
  return { kind: 'json', value: { ...value, ...pick(result, 'version', 'lastOperationId') } };
}

function pick(object: JsonObject, ...names: readonly string[]): JsonObject {
  const picked: Record<string, Json> = {};
  for (const name of names) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
