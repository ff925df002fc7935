import type { Failure, FailureCode } from '../../machines/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../store/json.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { idProblem } from '../ids.ts';
import type {
  Answer,
  ModelWire,
  PullAnswer,
  PulledRecord,
  RemoteRecord,
} from '../ports/transport.ts';
import { type Body, objectIn } from './answerBody.ts';

/** Header that names the operation that wrote a record last. */
const lastOperationHeader = 'last-operation-id';

function failureOf(code: FailureCode, response: Response, message: string, at: number): Failure {
  return { code, status: response.status, message, at };
}

function textIn(object: JsonObject, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The server's own words on a refusal: problem details (RFC 9457) or what is usual. */
function reasonIn(body: Body, response: Response): string {
  const problem = objectIn(body);
  const said = problem && textIn(problem, 'detail', 'title', 'message', 'error');
  return said ?? `the server answered ${response.status}`;
}

/** The record's id; null if it has none, or one that can be no id here. */
function idOf(record: JsonObject): string | null {
  const id = Object.hasOwn(record, 'id') ? record.id : undefined;
  if (typeof id === 'string' && idProblem(id) === null) return id;
  return typeof id === 'number' ? String(id) : null;
}

/** Whether a record says an id that can be none. */
function hasBadId(record: JsonObject): boolean {
  const isSaid = Object.hasOwn(record, 'id') && record.id !== null;
  return isSaid && idOf(record) === null;
}

/** A version as it goes into If-Match: an ETag as it stands, a bare number or word in quotes. */
function versionIn(value: Json | undefined): string | null {
  if (typeof value === 'number') return `"${value}"`;
  if (typeof value !== 'string' || value === '') return null;
  return /^(W\/)?".*"$/.test(value) ? value : `"${value}"`;
}

function remoteFrom(record: JsonObject, response: Response): RemoteRecord {
  return {
    record,
    version: response.headers.get('etag'),
    lastOperationId: response.headers.get(lastOperationHeader),
  };
}

/** The current record that came with a 409 or 412, if it did. */
function remoteInProblem(body: Body, response: Response): RemoteRecord | null {
  const problem = objectIn(body);
  if (!problem || !Object.hasOwn(problem, 'record')) return null;
  const { record } = problem;
  if (record !== null && (!isJsonObject(record) || hasBadId(record))) return null;
  return {
    record: record ?? null,
    version: response.headers.get('etag') ?? versionIn(problem.version),
    lastOperationId:
      response.headers.get(lastOperationHeader) ?? textIn(problem, 'lastOperationId'),
  };
}

/** The answer to a write. Statuses decide, never text; what is not named is tried again. */
export function pushAnswer(
  request: SealedRequest,
  model: ModelWire,
  response: Response,
  body: Body,
  at: number,
): Answer {
  const { status } = response;
  if (status === 200 || status === 201 || status === 204) {
    return committed(request, model, response, body, at);
  }
  if (status === 400 || status === 422) {
    const failure = failureOf('rejected', response, reasonIn(body, response), at);
    return { kind: 'rejected', failure };
  }
  if (status === 412) return { kind: 'conflict', remote: remoteInProblem(body, response) };
  if (status === 409) {
    const remote = remoteInProblem(body, response);
    if (remote) return { kind: 'conflict', remote };
  }
  if (status === 410 && request.kind !== 'create') {
    const gone = { record: null, version: null, lastOperationId: null };
    return request.kind === 'delete'
      ? { kind: 'committed', remote: gone, version: null }
      : { kind: 'conflict', remote: gone };
  }
  const code = body.kind === 'unreadable' ? 'unreadable' : 'server';
  const failure = failureOf(code, response, reasonIn(body, response), at);
  return { kind: 'retryLater', failure };
}

function committed(
  request: SealedRequest,
  model: ModelWire,
  response: Response,
  body: Body,
  at: number,
): Answer {
  const version = response.headers.get('etag');
  const unreadable = (reason: string): Answer => ({
    kind: 'retryLater',
    failure: failureOf('unreadable', response, reason, at),
  });
  // Half an answer, or a portal's page, says nothing about what the server did: ask again.
  if (body.kind === 'unreadable') return unreadable(body.reason);
  if (request.kind === 'delete') {
    return {
      kind: 'committed',
      remote: { record: null, version: null, lastOperationId: null },
      version,
    };
  }
  const record = objectIn(body);
  if (!record) {
    if (body.kind === 'json') return unreadable('the answer is no record');
    if (request.kind !== 'create' || model.ids === 'client') {
      return { kind: 'committed', remote: null, version };
    }
    const made = createdAt(response);
    if (made === null) return unreadable('the answer does not say which id was made');
    const sent = JSON.parse(request.body ?? '{}') as JsonObject;
    return { kind: 'committed', remote: remoteFrom({ ...sent, id: made }, response), version };
  }
  if (hasBadId(record)) return unreadable('the id in the answer can be none');
  const id = idOf(record);
  const foreign =
    request.kind === 'create' && model.ids === 'server' ? id === null : !isOwn(id, request, model);
  if (foreign) return unreadable('the answer is about another record');
  return { kind: 'committed', remote: remoteFrom(record, response), version };
}

/** The id of a record that was made, by the Location header (RFC 9110, 10.2.2). */
function createdAt(response: Response): string | null {
  const last = response.headers.get('location')?.split(/[?#]/)[0]?.split('/').pop();
  try {
    const id = last ? decodeURIComponent(last) : '';
    return idProblem(id) === null ? id : null;
  } catch {
    return null;
  }
}

/** Whether the answer speaks of the record that the request was about. */
function isOwn(id: string | null, request: SealedRequest, model: ModelWire): boolean {
  if (id === null) return true;
  if (request.kind === 'create') {
    const sent: unknown = JSON.parse(request.body ?? 'null');
    return isJsonObject(sent) && sent.id === id;
  }
  return request.path === `${model.endpoint}/${encodeURIComponent(id)}`;
}

/** The answer to a read of one record; null if it can't be used. */
export function readAnswer(response: Response, body: Body): RemoteRecord | null {
  if (response.status === 404 || response.status === 410) {
    return { record: null, version: null, lastOperationId: null };
  }
  const record = response.status === 200 ? objectIn(body) : null;
  return record && !hasBadId(record) ? remoteFrom(record, response) : null;
}

/** Names under which servers hand out a list. */
const listNames = ['items', 'data', 'results', 'records'] as const;

/** The answer to a pull. */
export function pullAnswer(
  model: ModelWire,
  response: Response,
  body: Body,
  at: number,
): PullAnswer {
  if (response.status === 410) return { kind: 'expired' };
  const failed = (code: FailureCode, message: string): PullAnswer => ({
    kind: 'failed',
    failure: failureOf(code, response, message, at),
  });
  if (response.status !== 200) return failed('server', reasonIn(body, response));
  if (body.kind !== 'json') return failed('unreadable', 'the answer is no list');
  const page: JsonObject = isJsonObject(body.value) ? body.value : { items: body.value };
  const name = [...listNames, model.name].find((key) => Array.isArray(page[key]));
  if (name === undefined) return failed('unreadable', 'the answer is no list');
  const versions = isJsonObject(page.versions) ? page.versions : {};
  const items: PulledRecord[] = [];
  for (const record of page[name] as readonly Json[]) {
    const id = isJsonObject(record) ? idOf(record) : null;
    if (id === null || !isJsonObject(record)) return failed('unreadable', 'an item has no id');
    items.push({ id, record, version: itemVersion(versions, id) });
  }
  const deleted = deletedIds(page.deleted);
  if (!deleted) return failed('unreadable', 'the tombstones are none');
  return {
    kind: 'page',
    items,
    deleted,
    cursor: typeof page.cursor === 'string' ? page.cursor : null,
    hasMore: page.hasMore === true,
  };
}

function itemVersion(versions: JsonObject, id: string): string | null {
  const entry = Object.hasOwn(versions, id) ? versions[id] : undefined;
  return versionIn(isJsonObject(entry) ? entry.version : entry);
}

function deletedIds(deleted: Json | undefined): string[] | null {
  if (deleted === undefined) return [];
  if (!Array.isArray(deleted)) return null;
  const ids = deleted.map((item: Json) => idOf(isJsonObject(item) ? item : { id: item }));
  return ids.every((id): id is string => typeof id === 'string') ? ids : null;
}
