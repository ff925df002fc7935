import { isJsonObject, type Json, type JsonObject } from '../../store/json.ts';
import { idProblem } from '../ids.ts';
import type { RemoteRecord } from '../ports/transport.ts';
import { type Body, objectIn } from './answerBody.ts';
import { withoutSecrets } from './secrets.ts';
import { valueAt } from './ways.ts';

/** An answer as far as it was heard: of a request of its own, or a part of a batch's. */
export interface Heard {
  /** 0: a redirect of which the browser tells no more. */
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: Body;
  /** Credentials that went with the request: they must not come back in anybody's words. */
  readonly secrets: readonly string[];
}

/** Characters of a server's words that are kept. */
const longestReason = 500;

export function textIn(object: JsonObject, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** The server's own words on a refusal: problem details (RFC 9457) or what is usual; null if none. */
export function wordsIn({ body, secrets }: Heard): string | null {
  const problem = objectIn(body);
  const inner = problem && isJsonObject(problem.error) ? problem.error : null;
  const said =
    (problem && textIn(problem, 'detail', 'title', 'message', 'error')) ??
    (inner && textIn(inner, 'detail', 'title', 'message'));
  return said && withoutSecrets(said, secrets).slice(0, longestReason);
}

/** The server's own words, or that there were none. */
export function reasonIn(heard: Heard): string {
  const { status } = heard;
  const silent =
    status === 0 ? 'the server answered with a redirect' : `the server answered ${status}`;
  return wordsIn(heard) ?? silent;
}

/** Names of what is wrong, for machines: the problem's type, or a code. Never its words. */
export function problemTypes({ body }: Heard): string[] {
  const problem = objectIn(body);
  const places = ['type', 'code', 'error.type', 'error.code'];
  const found = places.map((place) => valueAt(problem, place));
  return found.filter((type) => typeof type === 'string');
}

/** The record's id; null if it has none, or one that can be no id here. */
export function idOf(record: JsonObject): string | null {
  const id = Object.hasOwn(record, 'id') ? record.id : undefined;
  if (typeof id === 'string' && idProblem(id) === null) return id;
  return typeof id === 'number' ? String(id) : null;
}

/** Whether a record says an id that can be none. */
export function hasBadId(record: JsonObject): boolean {
  const isSaid = Object.hasOwn(record, 'id') && record.id !== null;
  return isSaid && idOf(record) === null;
}

/** A version as it goes into If-Match: an ETag as it stands, a bare number or word in quotes. */
export function versionIn(value: Json | undefined): string | null {
  if (typeof value === 'number') return `"${value}"`;
  if (typeof value !== 'string' || value === '') return null;
  return /^(W\/)?".*"$/.test(value) ? plainTag(value) : `"${value}"`;
}

/** Servers that compress mark the tag of the same record: `"3-gzip"` is version `"3"`. */
function plainTag(tag: string): string {
  return tag.replace(/-{1,2}(?:gzip|br|deflate|zstd)"$/, '"');
}

/** Header that names the operation that wrote a record last. */
const lastOperationHeader = 'last-operation-id';

export function entityTag(heard: Heard): string | null {
  const tag = heard.header('etag');
  return tag && plainTag(tag);
}

/** How versions are told, of one model. */
export interface Versions {
  readonly versioning: 'etag' | 'field' | 'none';
  readonly versionField: string | null;
}

/** The version that stands in a record, where versions are told by a field. */
export function fieldVersion(
  record: JsonObject | null,
  { versioning, versionField }: Versions,
): string | null {
  if (versioning !== 'field' || versionField === null || record === null) return null;
  return versionIn(Object.hasOwn(record, versionField) ? record[versionField] : undefined);
}

/** A record with what the headers say of it. */
export function remoteFrom(record: JsonObject, heard: Heard, versions: Versions): RemoteRecord {
  const tag = versions.versioning === 'none' ? null : entityTag(heard);
  return {
    record,
    version: fieldVersion(record, versions) ?? tag,
    lastOperationId: heard.header(lastOperationHeader),
  };
}

export const nothing: RemoteRecord = { record: null, version: null, lastOperationId: null };
