import { setTimeout as wait } from 'node:timers/promises';
import type { StatusCode } from 'hono/utils/http-status';
import { type Answer, problem, send } from './answer.ts';
import { hangUp, isWrite, type Middleware } from './httpEnv.ts';
import type { FailWith, Refuse, Trouble } from './trouble.ts';

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

/**
 * Stands between the line and the API, so that the API itself never knows of trouble:
 * what it does under trouble is what it always does.
 */
export function withTrouble(trouble: Trouble, closing: AbortSignal): Middleware {
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
    const { refuse } = trouble.knobs;
    if (write && refuse !== null && c.get('body').includes(refuse.match)) {
      return send(c, refusal(refuse));
    }
    await next();
    return write && trouble.takeDrop() ? hangUp(c) : undefined;
  };
}
