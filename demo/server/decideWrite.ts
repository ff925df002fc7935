import type { Answer } from './answer.ts';
import type { ReferenceDatabase } from './database.ts';
import { strongMatch } from './entityTags.ts';
import { isId } from './ids.ts';
import { isObject, type JsonObject, JsonRefused, mergePatch, parseJson } from './json.ts';
import { conflict, missing, recordAnswer } from './recordAnswers.ts';
import type { RecordRow } from './recordsTable.ts';
import { invalid, malformed, preconditionFailed } from './refusals.ts';
import type { WriteRequest } from './writeRequest.ts';

/** What a write does to a record and is answered. Runs inside the transaction of its key. */
export function decideWrite(database: ReferenceDatabase, request: WriteRequest): Answer {
  if (request.method === 'DELETE') return remove(database, request);
  try {
    const body = parseJson(request.body);
    if (!isObject(body)) return invalid({ path: '', message: 'The body must be an object.' });
    if (request.method === 'POST') return create(database, request, body);
    if (body.id !== undefined && body.id !== request.id) {
      return invalid({ path: 'id', message: 'The id of a record cannot be changed.' });
    }
    return request.method === 'PUT'
      ? replace(database, request, body)
      : patch(database, request, body);
  } catch (error) {
    if (error instanceof JsonRefused) return malformed(error.message);
    throw error;
  }
}

function create(database: ReferenceDatabase, request: WriteRequest, body: JsonObject): Answer {
  const id = request.collection.ids === 'server' ? database.newId() : body.id;
  if (!isId(id)) {
    return invalid({ path: 'id', message: 'The id must be a text of 1 to 200 characters.' });
  }
  const row = database.records.find(request.collection.name, id);
  if (row !== undefined && row.record !== null) {
    return conflict(409, 'already-exists', 'A record with this id exists.', row);
  }
  return store(database, request, { ...body, id }, row);
}

function patch(database: ReferenceDatabase, request: WriteRequest, body: JsonObject): Answer {
  const row = database.records.find(request.collection.name, request.id ?? '');
  if (row === undefined || row.record === null) return missing(row);
  if (isStale(request, row)) return preconditionFailed(row);
  const merged = mergePatch(row.record, body);
  return store(database, request, { ...(isObject(merged) ? merged : {}), id: row.id }, row);
}

function replace(database: ReferenceDatabase, request: WriteRequest, body: JsonObject): Answer {
  const id = request.id ?? '';
  const row = database.records.find(request.collection.name, id);
  if (row === undefined || row.record === null) {
    // Where the server picks the ids, a record cannot come into being under a client's.
    if (request.collection.ids === 'server') return missing(row);
    if (request.ifMatch !== undefined) return preconditionFailed(row);
  } else if (isStale(request, row)) {
    return preconditionFailed(row);
  }
  return store(database, request, { ...body, id }, row);
}

function remove(database: ReferenceDatabase, request: WriteRequest): Answer {
  const row = database.records.find(request.collection.name, request.id ?? '');
  if (row === undefined || row.record === null) return missing(row);
  if (isStale(request, row)) return preconditionFailed(row);
  commit(database, request, row.id, null, row.version + 1);
  return { status: 204, headers: {}, body: null };
}

function isStale(request: WriteRequest, row: RecordRow): boolean {
  return request.ifMatch !== undefined && !strongMatch(request.ifMatch, row.version);
}

function store(
  database: ReferenceDatabase,
  request: WriteRequest,
  record: JsonObject & { id: string },
  before: RecordRow | undefined,
): Answer {
  const refusal = request.collection.validate(record);
  if (refusal !== undefined) return invalid(refusal);
  // A recreated record goes on from its tombstone: a version must never mean two states.
  const version = (before?.version ?? 0) + 1;
  const { id } = record;
  commit(database, request, id, record, version);
  const row = { id, record, version, lastOperationId: request.key ?? null };
  if (before !== undefined && before.record !== null) return recordAnswer(200, row);
  const location = `/${encodeURIComponent(request.collection.name)}/${encodeURIComponent(id)}`;
  return recordAnswer(201, row, { Location: location });
}

function commit(
  database: ReferenceDatabase,
  request: WriteRequest,
  id: string,
  record: JsonObject | null,
  version: number,
): void {
  const { method, body, key = null } = request;
  const change = { collection: request.collection.name, version };
  database.records.put({ ...change, id, record, lastOperationId: key });
  database.ledger.append({ ...change, key, method, recordId: id, body });
}
