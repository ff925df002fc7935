import { setTimeout as wait } from 'node:timers/promises';
import type { StatusCode } from 'hono/utils/http-status';
import { type Answer, problem, send } from './answer.ts';
import { type HttpContext, hangUp, isWrite, type Middleware } from './httpEnv.ts';
import type { FailWith, Refuse, Trouble, TroubleKnobs } from './trouble.ts';

function failure({ status, retryAfter }: FailWith): Answer {
  return problem(
    status,
    'trouble',
    'The server was told to fail.',
    {},
    retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) },
  );
}

function refusal({ status, reason }: Refuse): Answer {
  return problem(status as StatusCode, 'refused', 'The server was told to refuse this.', {
    detail: reason,
    errors: [{ path: '', message: reason }],
  });
}

/** What a write is refused for before anybody looks at it; undefined for nothing. */
export function refusalOf(
  { refuse, requireIfMatch }: TroubleKnobs,
  { method, ifMatch, body }: { method: string; ifMatch: string | undefined; body: string },
): Answer | undefined {
  if (refuse !== null && body.includes(refuse.match)) return refusal(refuse);
  if (!requireIfMatch || method === 'POST' || ifMatch !== undefined) return undefined;
  return problem(428, 'precondition-required', 'Say with If-Match which version you change.');
}

/** Headers that would say what the answer was. */
const TELLING = ['ETag', 'Last-Operation-Id', 'Location', 'Content-Type'] as const;

/** It is done, or will be: who wants to know asks again with the same key. */
function deferred(): Answer {
  return { status: 202, headers: { 'Retry-After': '1' }, body: null };
}

/**
 * Stands between the line and the API, so that the API itself never knows of trouble:
 * what it does under trouble is what it always does.
 */
export function withTrouble(
  trouble: Trouble,
  closing: AbortSignal,
  isBatch: (c: HttpContext) => boolean,
): Middleware {
  return async (c, next) => {
    const { delayMs } = trouble.knobs;
    if (delayMs > 0) {
      const waited = await wait(delayMs, true, { signal: closing }).catch(() => false);
      if (!waited) return hangUp(c);
    }
    // The delay is the way to the server: a request that was on it when the line went never arrived.
    if (trouble.knobs.cut) return hangUp(c);
    const fail = trouble.takeFailure();
    if (fail !== undefined) return send(c, failure(fail));
    const write = isWrite(c.req.method);
    if (write && !isBatch(c)) {
      const { method } = c.req;
      const ifMatch = c.req.header('If-Match');
      const refused = refusalOf(trouble.knobs, { method, ifMatch, body: c.get('body') });
      if (refused !== undefined) return send(c, refused);
    }
    await next();
    if (write && trouble.takeDrop()) return hangUp(c);
    if (write && c.res.status < 300 && trouble.takeDefer()) {
      c.res = send(c, deferred());
      for (const name of TELLING) c.res.headers.delete(name);
    }
    return undefined;
  };
}
