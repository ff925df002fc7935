import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import type { ParsedBatch } from './batchRequest.ts';

/**
 * What every handler of the server can rely on: Node's own request, the body as text, and which of
 * its keys are under way already; of a batch its operations, or why it is refused.
 */
export type HttpEnv = {
  Bindings: HttpBindings;
  Variables: {
    body: string;
    busy: ReadonlySet<string>;
    batch: ParsedBatch;
  };
};
export type HttpContext = Context<HttpEnv>;
export type Middleware = MiddlewareHandler<HttpEnv>;

const WRITES: ReadonlySet<string> = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);

export function isWrite(method: string): boolean {
  return WRITES.has(method);
}

/**
 * The path as sent. A parsed URL has already resolved `..` and `%2e%2e`, and would let
 * such an id address the collection instead of being refused.
 */
export function rawPath(request: Request, env: HttpEnv['Bindings'] | undefined): string {
  const sent = env?.incoming.url;
  if (sent === undefined || !sent.startsWith('/')) return new URL(request.url).pathname;
  return sent.split('?', 1)[0] ?? '/';
}

/** Ends the connection without an answer, as a dead network would. */
export function hangUp(c: HttpContext): Response {
  c.env.incoming.socket.destroy();
  return c.body(null);
}
