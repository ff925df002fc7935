import type { Env } from '../../src/ports/env.ts';
import { fetching } from './fetching.ts';
import { deviceEnv } from './world.ts';

/** One request as it left, and what came of it. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: string | null;
  readonly body: string;
  /** Null while it is under way; `lost` if no answer came. */
  status: number | 'lost' | null;
}

/** What a test does on the way: `pass` sends the request on. */
export type OnTheWay = (
  request: Request,
  pass: () => Promise<Response>,
  exchange: Exchange,
) => Promise<Response>;

/** The real way to a server, with a look at every request and a hand on every answer. */
export function watchedWire(onTheWay: OnTheWay = (_, pass) => pass()) {
  const exchanges: Exchange[] = [];
  const watched = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const body = request.body === null ? '' : await request.text();
    const headers = Object.fromEntries(request.headers);
    const key = headers['idempotency-key']?.replaceAll('"', '') ?? null;
    const { method, signal, redirect, cache } = request;
    const again = { method, headers, signal, redirect, cache, ...(body !== '' && { body }) };
    const exchange: Exchange = {
      ...{ method, path: `${pathname}${search}`, headers, key, body, status: null },
    };
    exchanges.push(exchange);
    try {
      const response = await onTheWay(request, () => fetch(request.url, again), exchange);
      exchange.status = response.status;
      return response;
    } catch (error) {
      exchange.status = 'lost';
      throw error;
    }
  };
  return {
    exchanges,
    /** Writes, or those of one method. */
    writes: (method?: string) =>
      exchanges.filter(
        (item) => item.method !== 'GET' && (method === undefined || item.method === method),
      ),
    env: (overrides: Partial<Env> = {}) => deviceEnv({ fetch: fetching(watched), ...overrides }),
  };
}

/** The same answer with another body. */
export async function withBody(
  answer: Promise<Response>,
  change: (text: string) => string,
): Promise<Response> {
  const response = await answer;
  const text = change(await response.text());
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  return new Response(text, { status: response.status, headers });
}
