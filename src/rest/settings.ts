import { SyncError } from '../errors.ts';
import type { RestRequests } from '../ports/requests.ts';
import { isPath, partsOf, secureUrl } from './address.ts';
import { checkRequests } from './checkRequests.ts';
import type { Auth, HeaderSource, RestOptions } from './options.ts';

/** The options, checked and filled in. */
export interface Settings {
  /** Ends in a slash. */
  readonly base: string;
  /** Of the base URL. */
  readonly origin: string;
  /** All origins that requests may go to. */
  readonly origins: ReadonlySet<string>;
  readonly auth: Auth | undefined;
  readonly headers: HeaderSource | undefined;
  readonly credentials: RequestCredentials;
  /** ms */
  readonly timeout: number;
  /** ms */
  readonly idleTimeout: number;
  readonly batch: { readonly url: string; readonly limit: number } | null;
  /** Null: no key is sent. */
  readonly keyHeader: string | null;
  readonly versioning: 'etag' | 'field' | 'none';
  /** Whether the version goes in `If-Match`. */
  readonly ifMatch: boolean;
  readonly probe: string | null;
  readonly requests: RestRequests;
  /** Characters of an answer that are read. */
  readonly answerLimit: number;
}

const known: ReadonlySet<string> = new Set<keyof RestOptions>([
  ...(['baseUrl', 'origins', 'auth', 'headers', 'credentials', 'timeout', 'idleTimeout'] as const),
  ...(['batch', 'idempotencyHeader', 'versioning', 'ifMatch', 'probe', 'requests'] as const),
  'limits',
]);

function refuse(option: string, must: string): never {
  throw new SyncError('badConfig', `rest: ${option} must ${must}`);
}

const headerName = /^[!#$%&'*+.^`|~\w-]+$/;

/**
 * The options, checked and filled in.
 * @throws SyncError `badConfig`, with the path of the option
 */
export function settingsOf(options: RestOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) refuse(name, 'not be there: no such option is known');
  }
  const base = baseOf(options.baseUrl);
  const origins = originsOf(base.origin, options.origins);
  const keyHeader = keyHeaderOf(options.idempotencyHeader);
  const versioning = options.versioning ?? 'etag';
  if (!['etag', 'field', 'none'].includes(versioning)) {
    refuse('versioning', 'be etag, field or none');
  }
  const { ifMatch = versioning === 'etag', requests = {}, credentials = 'same-origin' } = options;
  if (typeof ifMatch !== 'boolean') refuse('ifMatch', 'be true or false');
  if (options.ifMatch !== undefined && versioning !== 'field') {
    refuse('ifMatch', "be left out, but for versioning: 'field'");
  }
  if (!['omit', 'same-origin', 'include'].includes(credentials)) {
    refuse('credentials', 'be omit, same-origin or include');
  }
  checkRequests('requests', requests, { refuse, origins, keyHeader });
  return {
    ...{ base: base.href, origin: base.origin, origins, keyHeader, versioning, ifMatch },
    ...{ requests, credentials },
    auth: authOf(options.auth),
    headers: headersOf(options.headers),
    timeout: above('timeout', options.timeout, 30_000),
    idleTimeout: above('idleTimeout', options.idleTimeout, 15_000),
    batch: batchOf(options.batch, origins),
    probe: options.probe === undefined ? null : pathOf('probe', options.probe, origins),
    answerLimit: answerLimitOf(options.limits),
  };
}

function baseOf(baseUrl: unknown): URL {
  const url = secureUrl(baseUrl);
  if (!url) {
    return refuse('baseUrl', 'be an absolute https URL (http on localhost alone), with no user');
  }
  if (url.search !== '' || url.hash !== '') refuse('baseUrl', 'have no query and no fragment');
  if (!url.href.endsWith('/')) url.pathname += '/';
  return url;
}

function originsOf(own: string, given: unknown): ReadonlySet<string> {
  const origins = new Set([own]);
  if (given === undefined) return origins;
  if (!Array.isArray(given)) return refuse('origins', 'be a list');
  for (const [i, text] of given.entries()) {
    const url = secureUrl(text);
    if (url?.pathname !== '/' || url.search !== '') {
      return refuse(`origins[${i}]`, 'be an https origin like "https://api.example.com"');
    }
    origins.add(url.origin);
  }
  return origins;
}

function authOf(auth: Auth | undefined): Auth | undefined {
  if (auth === undefined) return undefined;
  if (typeof auth !== 'object' || auth === null) return refuse('auth', 'be an object');
  for (const name of Object.keys(auth)) {
    if (!['token', 'refresh', 'header'].includes(name)) {
      refuse(`auth.${name}`, 'not be there: no such option is known');
    }
  }
  const { token, refresh, header } = auth;
  if (typeof token !== 'function') {
    refuse('auth.token', 'be a function, so that the token is kept nowhere');
  }
  if (refresh !== undefined && typeof refresh !== 'function') {
    refuse('auth.refresh', 'be a function');
  }
  if (header !== undefined && !(typeof header === 'string' && headerName.test(header))) {
    refuse('auth.header', 'be the name of a header');
  }
  return auth;
}

function headersOf(headers: HeaderSource | undefined): HeaderSource | undefined {
  if (headers === undefined || typeof headers === 'function') return headers;
  if (typeof headers !== 'object' || headers === null)
    refuse('headers', 'be an object or a function');
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) refuse(`headers.${name}`, 'have a name that HTTP knows');
    if (typeof value !== 'string') refuse(`headers.${name}`, 'be a text');
  }
  return headers;
}

function keyHeaderOf(name: unknown): string | null {
  if (name === false) return null;
  if (name === undefined) return 'idempotency-key';
  if (typeof name === 'string' && headerName.test(name)) return name.toLowerCase();
  return refuse('idempotencyHeader', 'be the name of a header, or false');
}

function above(option: string, value: unknown, usual: number): number {
  if (value === undefined) return usual;
  return typeof value === 'number' && value > 0 ? value : refuse(option, 'be a number above 0');
}

/** A path below the base URL, or an absolute URL of an origin that is allowed. */
function pathOf(option: string, value: unknown, origins: ReadonlySet<string>): string {
  const must = 'be a path under the base URL, or a URL of an origin in rest({ origins })';
  if (typeof value !== 'string' || /[\\#\s{}]|^\/\//.test(value)) return refuse(option, must);
  const { origin, path } = partsOf(value);
  const isKnown = origin === '' || origins.has(secureUrl(origin)?.origin ?? '');
  if (!isKnown || /^[a-z][a-z\d+.-]*:/i.test(path) || (path !== '' && !isPath(path))) {
    return refuse(option, must);
  }
  return value.replace(/^\//, '');
}

function batchOf(batch: RestOptions['batch'], origins: ReadonlySet<string>): Settings['batch'] {
  if (batch === undefined || batch === false) return null;
  if (typeof batch !== 'object' || batch === null) return refuse('batch', 'be an object or false');
  for (const name of Object.keys(batch)) {
    if (!['url', 'limit'].includes(name)) {
      refuse(`batch.${name}`, 'not be there: no such option is known');
    }
  }
  const { url = 'sync/batch', limit = 100 } = batch;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    refuse('batch.limit', 'be a whole number from 1 to 1000');
  }
  return { url: pathOf('batch.url', url, origins), limit };
}

function answerLimitOf(limits: RestOptions['limits'] = {}): number {
  if (typeof limits !== 'object' || limits === null) return refuse('limits', 'be an object');
  for (const name of Object.keys(limits)) {
    if (name !== 'answer') refuse(`limits.${name}`, 'not be there: no such limit is known');
  }
  const { answer = 16_000_000 } = limits;
  if (!Number.isInteger(answer) || answer < 1) {
    refuse('limits.answer', 'be a whole number above 0');
  }
  return answer;
}
