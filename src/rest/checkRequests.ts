import { copyJson, isJsonObject, type JsonObject } from '../../store/json.ts';
import type { RestMethod, RestRequests, RestVerb } from '../ports/requests.ts';
import { isAbsolute, isPath, namesIn, partsOf, pathNamesIn, secureUrl } from './address.ts';
import { isOwnHeader, isSecretHeader, isSecretParameter } from './secrets.ts';
import { isTemplate } from './template.ts';
import type { Way } from './ways.ts';

/** What a check needs to know besides the request. */
export interface Checking {
  /** Throws, with the option's path. */
  readonly refuse: (option: string, must: string) => never;
  readonly origins: ReadonlySet<string>;
  /** The header that carries the idempotency key. */
  readonly keyHeader: string | null;
  /** Whether the server makes the ids: a create has none then. Undefined: it differs by model. */
  readonly ids?: 'client' | 'server';
  /** A call's own: plain data. */
  readonly isCall?: boolean;
}

/** The first is the usual one. */
export const methods: Readonly<Record<RestVerb, readonly RestMethod[]>> = {
  create: ['POST', 'PUT', 'PATCH'],
  update: ['PATCH', 'PUT', 'POST'],
  delete: ['DELETE', 'POST', 'PUT', 'PATCH'],
  read: ['GET', 'POST'],
  list: ['GET', 'POST'],
};

const verbs = Object.keys(methods) as RestVerb[];
const fields = new Set<string>([
  ...['method', 'url', 'urlParameters', 'headers', 'topLevelKey', 'supplementalTopLevelData'],
  ...[
    'responseDataKey',
    'responseTransformer',
    'requestTransformer',
    'timeoutMillis',
    'retryCount',
  ],
]);
const listFields: ReadonlySet<string> = new Set([...fields, 'parts', 'limit']);
const partNames = new Set(['items', 'cursor', 'hasMore', 'deleted', 'versions', 'epoch']);
const token = /^[!#$%&'*+.^`|~\w-]+$/;

/** Refuses what can't be sent, with the path of the option below `path`. */
export function checkRequests(path: string, requests: unknown, checking: Checking): void {
  if (!isJsonObject(requests)) checking.refuse(path, 'be an object');
  for (const [verb, request] of Object.entries(requests as RestRequests)) {
    if (!verbs.includes(verb as RestVerb)) {
      checking.refuse(`${path}.${verb}`, `not be there: the kinds are ${verbs.join(', ')}`);
    }
    if (request !== undefined) {
      checkRequest(`${path}.${verb}`, verb as RestVerb, request, checking);
    }
  }
}

/** Refuses one request; `beneath` are the levels that it is laid over. */
export function checkRequest(
  path: string,
  verb: RestVerb,
  request: unknown,
  checking: Checking,
  beneath: Way = {},
): void {
  const { refuse } = checking;
  const at = (option: string, must: string) => refuse(`${path}.${option}`, must);
  if (!isJsonObject(request)) refuse(path, 'be an object');
  const known = verb === 'list' ? listFields : fields;
  for (const field of Object.keys(request as object)) {
    if (!known.has(field)) at(field, 'not be there: no such option is known');
  }
  const own = request as Way;
  const { method, topLevelKey, responseDataKey, timeoutMillis } = own;
  if (method !== undefined && !methods[verb].includes(method)) {
    at('method', `be ${methods[verb].join(' or ')}`);
  }
  checkAddress(verb, { ...beneath, ...own }, own, checking, at);
  checkHeaders(own.headers, checking, at);
  const sends = own.method ?? beneath.method ?? methods[verb][0];
  const bodiless = sends === 'GET' || sends === 'DELETE';
  if (topLevelKey !== undefined) {
    if (!isName(topLevelKey)) at('topLevelKey', 'be the name of a field');
    if (bodiless) at('topLevelKey', `not be there: ${sends} has no body`);
  }
  checkBeside(own.supplementalTopLevelData, bodiless ? sends : null, at);
  if (responseDataKey !== undefined && !isDataPath(responseDataKey)) {
    at('responseDataKey', 'be names with dots between them');
  }
  if (own.requestTransformer !== undefined && (bodiless || verb === 'read' || verb === 'list')) {
    at('requestTransformer', `not be there: a ${verb} by ${sends} sends no record`);
  }
  for (const name of ['requestTransformer', 'responseTransformer'] as const) {
    if (own[name] === undefined) continue;
    if (checking.isCall) at(name, 'not be there: a call is plain data');
    if (typeof own[name] !== 'function') at(name, 'be a function');
  }
  if (timeoutMillis !== undefined && !isAbove(timeoutMillis)) {
    at('timeoutMillis', 'be a number above 0');
  }
  checkCount('retryCount', own.retryCount, 0, 10, at);
  checkCount('limit', own.limit, 1, 1_000_000, at);
  checkParts(own.parts, at);
}

type Refuse = (option: string, must: string) => never;

function checkAddress(
  verb: RestVerb,
  way: Way,
  { url, urlParameters }: Way,
  checking: Checking,
  at: Refuse,
): void {
  checkParameters(urlParameters, at);
  if (url === undefined) return;
  if (typeof url !== 'string' || url === '') at('url', 'be a text that is not empty');
  if (/[\\#\s]/.test(url) || (/^[a-z][a-z\d+.-]*:/i.test(url) && !isAbsolute(url))) {
    at('url', 'be a path under the base URL, or an absolute https URL');
  }
  if (!isTemplate(url)) at('url', 'hold names in pairs of braces');
  const { origin, path, query } = partsOf(url);
  if (origin !== '' && !checking.origins.has(secureUrl(origin)?.origin ?? '')) {
    at('url', "be of the base URL's origin, or of one in rest({ origins })");
  }
  if (!isPath(path)) at('url', 'have no empty segments, "." or ".."');
  for (const [name] of new URLSearchParams(query)) {
    if (isSecretParameter(name)) at('url', `not hold "${name}": credentials go in rest({ auth })`);
  }
  checkNames(verb, url, way, checking, at);
}

/** Names that can have no value, and addresses that do not say which record is meant. */
function checkNames(
  verb: RestVerb,
  url: string,
  { method, urlParameters = {} }: Way,
  { ids, isCall }: Checking,
  at: Refuse,
): void {
  const names = namesIn(url, urlParameters);
  const isKnown = (name: string) =>
    ['endpoint', 'model', 'id'].includes(name) || Object.hasOwn(urlParameters, name);
  if (verb === 'read') {
    for (const name of names) {
      if (!isKnown(name)) at('url', `not name {${name}}: only the id is known when it is read`);
    }
  }
  // A call may know that there is one.
  if (verb === 'list' && !isCall && pathNamesIn(url, urlParameters).includes('cursor')) {
    at('url', 'not name {cursor} before the ?: the first page has none');
  }
  if (verb === 'create' && ids === 'server' && names.has('id')) {
    at('url', 'not name {id}: the server makes the ids of this model');
  }
  const sends = method ?? methods[verb][0];
  const needsId = verb === 'read' || (verb === 'delete' && sends === 'DELETE');
  if (needsId && !names.has('id')) at('url', 'name {id}: nothing else says which record is meant');
}

function checkParameters(parameters: unknown, at: Refuse): void {
  if (parameters === undefined) return;
  if (!isJsonObject(parameters)) at('urlParameters', 'be an object');
  for (const [name, value] of Object.entries(parameters as Record<string, unknown>)) {
    const option = `urlParameters.${name}`;
    if (isSecretParameter(name)) at(option, 'not be there: credentials go in rest({ auth })');
    const isValue =
      (typeof value === 'string' && isTemplate(value)) ||
      typeof value === 'boolean' ||
      (typeof value === 'number' && Number.isFinite(value));
    if (!isValue) at(option, 'be a text (with names in pairs of braces), a number or a boolean');
  }
}

function checkHeaders(headers: unknown, { keyHeader }: Checking, at: Refuse): void {
  if (headers === undefined) return;
  if (!isJsonObject(headers)) at('headers', 'be an object');
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    const option = `headers.${name}`;
    if (!token.test(name)) at(option, 'have a name that HTTP knows');
    if (isSecretHeader(name)) {
      at(option, 'not be there: credentials go in rest({ auth }) or rest({ headers })');
    }
    if (isOwnHeader(name) || name.toLowerCase() === keyHeader?.toLowerCase()) {
      at(option, 'not be there: it is set by the kit or the platform');
    }
    if (typeof value !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      at(option, 'be a text of visible characters');
    }
  }
}

function checkBeside(data: unknown, bodiless: RestMethod | null, at: Refuse): void {
  if (data === undefined) return;
  const copied = copyJson(data);
  if (!copied.ok || !isJsonObject(copied.value)) {
    at('supplementalTopLevelData', 'be an object of plain data');
  }
  if (bodiless) at('supplementalTopLevelData', `not be there: ${bodiless} has no body`);
}

function checkParts(parts: unknown, at: Refuse): void {
  if (parts === undefined) return;
  if (!isJsonObject(parts)) at('parts', 'be an object');
  for (const [name, path] of Object.entries(parts as JsonObject)) {
    if (!partNames.has(name)) at(`parts.${name}`, 'not be there: a page has no such part');
    if (!isDataPath(path)) at(`parts.${name}`, 'be names with dots between them');
  }
}

function checkCount(name: string, value: unknown, from: number, to: number, at: Refuse): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || Number(value) < from || Number(value) > to) {
    at(name, `be a whole number from ${from} to ${to}`);
  }
}

function isAbove(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}

function isName(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    !['__proto__', 'constructor', 'prototype'].includes(value)
  );
}

function isDataPath(value: unknown): boolean {
  return typeof value === 'string' && value.split('.').every(isName);
}
