import type { Json } from '../../store/json.ts';
import type { PullRequest } from '../ports/transport.ts';
import { addressOf, namesIn } from './address.ts';
import type { LookUp } from './template.ts';
import type { Way } from './ways.ts';
import type { Outgoing } from './wire.ts';

/** How many records a page is asked for. */
export function pageLimit({ limit: most, urlParameters }: Way, { limit }: PullRequest): number {
  const fixed = urlParameters?.limit;
  return Math.min(most ?? (typeof fixed === 'number' ? fixed : limit), limit);
}

/** Whether pages are asked for by place (`{offset}`, `{page}`): a full one has another behind it. */
export function pagesByPlace({ url = '', urlParameters }: Way): boolean {
  const names = namesIn(url, urlParameters);
  return names.has('offset') || names.has('page');
}

/** Whether pages are asked for by a cursor; what a page by place says of one is never sent. */
export function pagesByCursor(way: Way): boolean {
  return !pagesByPlace(way) || namesIn(way.url ?? '', way.urlParameters).has('cursor');
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * The request for a page.
 * @throws SyncError `badData` where the url needs what neither the filter nor the page has
 */
export function listRequest(way: Way, request: PullRequest): Outgoing {
  const { model, cursor, offset, filter } = request;
  const { url = '{endpoint}', urlParameters = {}, method = 'GET', headers = {} } = way;
  const names = namesIn(url, urlParameters);
  const limit = pageLimit(way, request);
  const own: Readonly<Record<string, string | undefined>> = {
    endpoint: model.endpoint,
    model: model.name,
    cursor: cursor ?? undefined,
    limit: String(limit),
    offset: String(offset),
    page: String(Math.floor(offset / limit) + 1),
  };
  const lookUp: LookUp = (name) => {
    if (Object.hasOwn(own, name)) return own[name];
    const value = Object.hasOwn(filter, name) ? filter[name] : undefined;
    return value === undefined || value === null ? undefined : textOf(value);
  };
  const usual: [string, Json][] = [];
  const isTaken = (name: string) => names.has(name) || Object.hasOwn(urlParameters, name);
  if (cursor !== null && !names.has('cursor') && !pagesByPlace(way)) usual.push(['since', cursor]);
  if (!isTaken('limit')) usual.push(['limit', limit]);
  // A list that goes on without cursors, or a page that a person asks for.
  if (offset > 0 && !isTaken('offset') && !pagesByPlace(way)) usual.push(['offset', offset]);
  const filters = Object.entries(filter).filter(([name]) => !isTaken(name));
  const sent = { method, timeout: way.timeoutMillis };
  if (method === 'POST') {
    const address = addressOf(url, urlParameters, lookUp);
    const data = Object.fromEntries([...usual, ...filters]);
    const body = JSON.stringify(wrapped(data, way));
    return {
      ...sent,
      ...address,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    };
  }
  const more = [...usual, ...filters].flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly Json[]) : [value]).map(
      (item) => [name, textOf(item)] as const,
    ),
  );
  return { ...sent, ...addressOf(url, urlParameters, lookUp, more), headers };
}

/** A body as the way wants it: under its key, with what is to stand beside it. */
export function wrapped(data: Readonly<Record<string, unknown>>, way: Way): unknown {
  const { topLevelKey, supplementalTopLevelData } = way;
  const inner = topLevelKey === undefined ? data : { [topLevelKey]: data };
  return { ...inner, ...supplementalTopLevelData };
}
