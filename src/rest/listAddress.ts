import type { Json } from '../../store/json.ts';
import type { PullRequest } from '../ports/transport.ts';
import { type Address, addressOf, namesIn } from './address.ts';
import type { LookUp } from './template.ts';
import type { Way } from './ways.ts';

/** How many records a page is asked for. */
export function pageLimit({ limit: most, urlParameters }: Way, { limit }: PullRequest): number {
  const fixed = urlParameters?.limit;
  return Math.min(most ?? (typeof fixed === 'number' ? fixed : limit), limit);
}

/** Whether pages are asked for by place (`{offset}`, `{page}`), not by a cursor. */
export function pagesByPlace({ url = '', urlParameters }: Way): boolean {
  const names = namesIn(url, urlParameters);
  return names.has('offset') || names.has('page');
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A page's address, and the body where the way is to send one. */
export function listRequest(
  way: Way,
  request: PullRequest,
): Address & { readonly body: string | null } {
  const { model, cursor, offset, filter } = request;
  const { url = '{endpoint}', urlParameters = {} } = way;
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
  const filters = Object.entries(filter).filter(([name]) => !isTaken(name));
  if (way.method === 'POST') {
    const address = addressOf(url, urlParameters, lookUp);
    const data = Object.fromEntries([...usual, ...filters]);
    return { ...address, body: JSON.stringify(wrapped(data, way)) };
  }
  const more = [...usual, ...filters].flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as readonly Json[]) : [value]).map(
      (item) => [name, textOf(item)] as const,
    ),
  );
  return { ...addressOf(url, urlParameters, lookUp, more), body: null };
}

/** A body as the way wants it: under its key, with what is to stand beside it. */
export function wrapped(data: Readonly<Record<string, unknown>>, way: Way): unknown {
  const { topLevelKey, supplementalTopLevelData } = way;
  const inner = topLevelKey === undefined ? data : { [topLevelKey]: data };
  return { ...inner, ...supplementalTopLevelData };
}
