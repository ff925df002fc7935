import type { Middleware } from './httpEnv.ts';

const EXPOSED = [
  'ETag',
  'Date',
  'Location',
  'Retry-After',
  'Last-Operation-Id',
  'Idempotency-Key',
  'Idempotency-Replayed',
].join(', ');

const ALLOWED = [
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Content-Type',
  'Authorization',
].join(', ');

/**
 * Any origin may call, and may read what sync needs: a header that is not exposed does
 * not exist for a browser. Errors carry these headers too, else a 503 would look like
 * a dead network.
 */
export const cors: Middleware = async (c, next) => {
  c.header('Access-Control-Allow-Origin', '*');
  c.header('Access-Control-Expose-Headers', EXPOSED);
  c.header('Cache-Control', 'no-store');
  if (c.req.method !== 'OPTIONS') return next();
  c.header('Access-Control-Allow-Methods', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS');
  c.header('Access-Control-Allow-Headers', ALLOWED);
  c.header('Access-Control-Max-Age', '600');
  return c.body(null, 204);
};
