import { SyncError } from '../errors.ts';
import type { UrlParameters } from '../ports/requests.ts';
import { filled, type LookUp, placeholdersIn } from './template.ts';

/** Where a request goes: a path under the base URL, or an absolute one; its query with the `?`. */
export interface Address {
  readonly path: string;
  readonly query: string;
}

const absolute = /^[a-z][a-z\d+.-]*:\/\//i;

export function isAbsolute(url: string): boolean {
  return absolute.test(url);
}

function isLocal({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** The URL, if it is one that requests may go to: https, or http on a local host; no user in it. */
export function secureUrl(url: unknown): URL | null {
  if (typeof url !== 'string' || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  const isSecure = parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLocal(parsed));
  return isSecure && parsed.username === '' && parsed.password === '' ? parsed : null;
}

/** The part of an absolute URL before its path; '' of a relative one. */
function originPart(url: string): string {
  return isAbsolute(url) ? (/^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? '') : '';
}

/** The path and the query of a template, apart. */
export function partsOf(url: string): { origin: string; path: string; query: string } {
  const [before = '', query = ''] = url.split('?');
  const origin = originPart(before);
  return { origin, path: before.slice(origin.length).replace(/^\//, ''), query };
}

/**
 * Whether every segment leads on: none is empty, `.` or `..`. One empty one may stand at the end of
 * what a person wrote: some servers want their paths to end in a slash.
 */
export function isPath(path: string): boolean {
  const segments = path.split('/');
  if (segments.length > 1 && segments.at(-1) === '') segments.pop();
  return segments.every((segment) => !/^(?:(?:\.|%2e){1,2})?$/i.test(segment));
}

/** Names that an address takes its parts from. */
export function namesIn(url: string, parameters: UrlParameters = {}): Set<string> {
  const names = new Set(placeholdersIn(url));
  for (const value of Object.values(parameters)) {
    if (typeof value === 'string') for (const name of placeholdersIn(value)) names.add(name);
  }
  return names;
}

/** Names that must have a value: those in the path, and those of the parameters that stand there. */
export function pathNamesIn(url: string, parameters: UrlParameters = {}): string[] {
  return placeholdersIn(partsOf(url).path).flatMap((name) => [
    ...[name, ...placeholdersIn(String(parameters[name] ?? ''))],
  ]);
}

/** Whether a url names the record behind the `?`: the answer is then a list of those that match. */
export function namesByQuery(url: string, parameters: UrlParameters = {}): boolean {
  return !pathNamesIn(url, parameters).includes('id') && namesIn(url, parameters).has('id');
}

/**
 * Fills a url's placeholders, each within one segment. What of the parameters the url does not name
 * goes behind the `?`, then `more`; what has no value there is left out.
 *
 * @throws SyncError `badData` where the path lacks a value, or one would lead elsewhere
 */
export function addressOf(
  url: string,
  parameters: UrlParameters,
  lookUp: LookUp,
  more: Iterable<readonly [string, string]> = [],
): Address {
  const { origin, path, query } = partsOf(url);
  const named = new Set(placeholdersIn(url));
  const ownValue: LookUp = (name) => {
    const own = Object.hasOwn(parameters, name) ? String(parameters[name]) : undefined;
    if (own === undefined) return lookUp(name);
    const text = filled(own, lookUp);
    return typeof text === 'string' ? text : undefined;
  };
  const text = filled(path, ownValue, segmentOf);
  if (typeof text !== 'string') {
    throw new SyncError('badData', `the url ${url} needs "${text.missing}", and there is none`);
  }
  // An empty value at the end would make the collection of a record's address.
  const isCut = text.endsWith('/') && !path.endsWith('/');
  if (isCut || !isPath(text)) {
    throw new SyncError('badData', `a value would change where the url ${url} leads`);
  }
  const pairs: [string, string][] = [];
  const add = (name: string, template: string, value: LookUp) => {
    const given = filled(template, value);
    if (typeof given === 'string') pairs.push([name, given]);
  };
  if (query !== '') {
    for (const [name, template] of new URLSearchParams(query)) add(name, template, ownValue);
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (!named.has(name)) add(name, String(value), lookUp);
  }
  for (const [name, value] of more) pairs.push([name, value]);
  return { path: origin === '' ? text : `${origin}/${text}`, query: queryOf(pairs) };
}

/** `{endpoint}` is a path of its own, checked where the model was defined. */
function segmentOf(value: string, name: string): string {
  if (name === 'endpoint') return value;
  if (!value.isWellFormed()) {
    throw new SyncError('badData', `"${name}" holds half a character: it can't stand in a url`);
  }
  return encodeURIComponent(value);
}

/** What `make` gives; or why there is no such address (`badData`): that is nobody's answer. */
export function ifAddressed<T>(make: () => T): T | SyncError {
  try {
    return make();
  } catch (error) {
    if (error instanceof SyncError && error.code === 'badData') return error;
    throw error;
  }
}

function queryOf(pairs: readonly (readonly [string, string])[]): string {
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map((pair) => [...pair]))}`;
}
