import {
  copyJson,
  isJsonObject,
  type Json,
  type JsonObject,
  mergePatchOf,
} from '../../store/json.ts';
import type { Intent } from '../../store/seal.ts';
import { SyncError } from '../errors.ts';
import { asNumber } from '../ids.ts';
import type { ModelWire, WireRequest } from '../ports/transport.ts';
import { addressOf, namesIn } from './address.ts';
import { methods } from './checkRequests.ts';
import { versionIn } from './heard.ts';
import { wrapped } from './listAddress.ts';
import type { Settings } from './settings.ts';
import type { LookUp } from './template.ts';
import { type Way, wayOf } from './ways.ts';

type Sealing = Pick<Settings, 'requests' | 'versioning'>;

const usual: Sealing = { requests: {}, versioning: 'etag' };
const json = 'application/json';

/** Weak validators never match (RFC 9110, 13.1.1): they are not sent. */
function strong(version: string | null): string | null {
  return version !== null && !version.startsWith('W/') ? version : null;
}

/**
 * The request that an intent becomes: POST the record, PATCH the changed fields as a merge patch
 * (RFC 7396), or PUT the whole where nulls mean something; DELETE. What `requests` and the call say
 * comes over that. Pure: the same intent is always the same request.
 *
 * @throws SyncError `badData` where the url needs a value that the record does not have
 */
export function sealRequest(
  intent: Intent,
  model: ModelWire,
  sealing: Sealing = usual,
): WireRequest {
  const way = wayOf(sealing.requests, model, intent.kind, intent.request);
  const method = way.method ?? usualMethod(intent, model);
  const serverId = intent.alias ?? intent.recordId;
  const { headers, contentType } = headersOf(way);
  const content = contentOf(intent, model, way, method, serverId, sealing);
  const isMade = intent.kind === 'create' && model.ids === 'server';
  const notes = notesOf(intent, way, isMade ? null : serverId, content);
  return {
    method,
    ...locationOf(intent, model, way, serverId),
    contentType: content ? (contentType ?? content.type) : null,
    body:
      content && JSON.stringify(wrapped(shaped(content.data, way, isMade ? null : serverId), way)),
    ifMatch: intent.kind === 'create' ? null : strong(intent.version),
    ...(headers && { headers }),
    ...(notes && { notes }),
  };
}

function usualMethod({ kind }: Intent, model: ModelWire): string {
  if (kind === 'update' && model.nulls === 'meaningful') return 'PUT';
  return methods[kind][0] as string;
}

function locationOf(
  intent: Intent,
  model: ModelWire,
  { url, urlParameters = {} }: Way,
  serverId: string,
): { path: string; query: string } {
  const isNew = intent.kind === 'create';
  if (url === undefined && Object.keys(urlParameters).length === 0 && !/^\.{0,2}$/.test(serverId)) {
    const { endpoint } = model;
    return { path: isNew ? endpoint : `${endpoint}/${encodeURIComponent(serverId)}`, query: '' };
  }
  const usualUrl = isNew ? '{endpoint}' : '{endpoint}/{id}';
  const lookUp: LookUp = (name) => {
    if (name === 'endpoint') return model.endpoint;
    if (name === 'model') return model.name;
    if (name === 'id') return isNew && model.ids === 'server' ? undefined : serverId;
    // Where it stands, not where a change would move it.
    const value = fieldOf(intent.base, name) ?? fieldOf(intent.changes, name);
    return typeof value === 'object' || value === undefined ? undefined : String(value);
  };
  return addressOf(url ?? usualUrl, urlParameters, lookUp);
}

function fieldOf(record: JsonObject | null, field: string): Json | undefined {
  return record && Object.hasOwn(record, field) ? record[field] : undefined;
}

interface Content {
  readonly type: string;
  readonly data: Readonly<Record<string, Json>>;
}

function contentOf(
  intent: Intent,
  model: ModelWire,
  way: Way,
  method: string,
  serverId: string,
  sealing: Sealing,
): Content | null {
  const version = versionFields(intent, model, sealing);
  const ownId = model.numericIds ? asNumber(serverId) : serverId;
  switch (intent.kind) {
    case 'create': {
      const { id: _, ...own } = intent.changes;
      const fields: Record<string, Json> = own;
      // What is made again after others deleted it still has the version of its life before.
      if (sealing.versioning === 'field' && model.versionField) delete fields[model.versionField];
      return {
        type: json,
        data: model.ids === 'server' ? fields : { ...fields, id: intent.recordId },
      };
    }
    case 'update': {
      if (method === 'PUT') {
        const data = { ...intent.base, ...intent.changes, ...version, id: ownId };
        return { type: json, data };
      }
      const isMerge = method === 'PATCH' && model.nulls === 'delete';
      const changes = model.nulls === 'delete' ? patchOf(intent) : changesOf(intent);
      const id = namesRecord(way) ? {} : { id: ownId };
      const type = isMerge ? 'application/merge-patch+json' : json;
      return { type, data: { ...changes, ...version, ...id } };
    }
    case 'delete': {
      if (method === 'DELETE') return null;
      return { type: json, data: { ...version, ...(namesRecord(way) ? {} : { id: ownId }) } };
    }
  }
}

/** Whether the address says which record is meant; else the body must. */
function namesRecord({ url, urlParameters }: Way): boolean {
  return url === undefined || namesIn(url, urlParameters).has('id');
}

/** The version that a change was made on, as the server gave it, where it goes by a field. */
function versionFields(
  { kind, base, version }: Intent,
  { versionField }: ModelWire,
  { versioning }: Sealing,
): JsonObject {
  if (kind === 'create' || versioning !== 'field' || versionField === null) return {};
  const given = fieldOf(base, versionField);
  if (given === undefined || versionIn(given) !== version) return {};
  return { [versionField]: given };
}

/** Field by field; a field is sent as given even if it equals the base. */
function patchOf(intent: Intent): Record<string, Json> {
  const patch: Record<string, Json> = {};
  for (const [field, to] of Object.entries(changesOf(intent))) {
    patch[field] = mergePatchOf(fieldOf(intent.base, field), to);
  }
  return patch;
}

function changesOf({ changes: { id: _, ...changes } }: Intent): Readonly<Record<string, Json>> {
  return changes;
}

/** Lower case, but for the content type, which stands apart. */
function headersOf({ headers = {} }: Way): {
  headers: Readonly<Record<string, string>> | null;
  contentType: string | undefined;
} {
  const named = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const { 'content-type': contentType, ...others } = Object.fromEntries(named);
  return { headers: Object.keys(others).length > 0 ? others : null, contentType };
}

/** Of a call's own way, what its sending and its answer need; and whose answer it will be. */
const notedFields = [
  ...(['timeoutMillis', 'retryCount', 'responseDataKey', 'topLevelKey'] as const),
  // Whether it named the record behind the `?`.
  ...(['url', 'urlParameters'] as const),
];

function notesOf(
  intent: Intent,
  way: Way,
  id: string | null,
  content: Content | null,
): JsonObject | null {
  const notes: Record<string, Json> = {};
  const { url, topLevelKey, supplementalTopLevelData, requestTransformer } = way;
  const isUsual = url === undefined && topLevelKey === undefined && !requestTransformer;
  if (!isUsual && id !== null) notes.id = id;
  // Where the answer says no more than the id that was made, this is the record.
  const isMixed = supplementalTopLevelData !== undefined && topLevelKey === undefined;
  if ((requestTransformer || isMixed) && id === null && content) notes.record = content.data;
  for (const field of notedFields) {
    const value = fieldOf(intent.request, field);
    if (value !== undefined) notes[field] = value;
  }
  return Object.keys(notes).length > 0 ? notes : null;
}

/** The body as `requestTransformer` makes it: plain data, or the change can't be sent. */
function shaped(
  data: Content['data'],
  { requestTransformer }: Way,
  id: string | null,
): Content['data'] {
  if (!requestTransformer) return data;
  let made: unknown;
  try {
    made = requestTransformer({ ...data }, id);
  } catch {
    throw new SyncError('badData', 'requestTransformer threw an error');
  }
  const copied = copyJson(made);
  if (copied.ok && isJsonObject(copied.value)) return copied.value;
  throw new SyncError('badData', 'requestTransformer made no object of plain data');
}
