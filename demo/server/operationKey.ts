import { problem, send } from './answer.ts';
import type { Middleware } from './httpEnv.ts';

const SHAPE = /^[\x21\x23-\x7e]{1,255}$/;

/** Takes `"<id>"` as the draft has it, and the bare id; undefined when it is neither. */
export function parseKey(header: string): string | undefined {
  const text = header.trim();
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  return SHAPE.test(key) ? key : undefined;
}

/**
 * One request of a key at a time. A resend that overtakes its first sending (a client
 * that gave up waiting too early) is told to come back instead of racing it.
 */
export function oneAtATime(): Middleware {
  const underWay = new Set<string>();
  return async (c, next) => {
    const header = c.req.header('Idempotency-Key');
    if (header === undefined) return next();
    const key = parseKey(header);
    if (key === undefined) {
      return send(
        c,
        problem(400, 'bad-idempotency-key', 'An Idempotency-Key has 1 to 255 visible characters.'),
      );
    }
    if (underWay.has(key)) {
      return send(
        c,
        problem(
          409,
          'idempotency-in-progress',
          'A request with this Idempotency-Key is under way.',
          {},
          { 'Retry-After': '1' },
        ),
      );
    }
    underWay.add(key);
    try {
      return await next();
    } finally {
      underWay.delete(key);
    }
  };
}
