import { problem, send } from './answer.ts';
import type { HttpContext, Middleware } from './httpEnv.ts';
import { inProgress, parseKey } from './operationKey.ts';

/**
 * One request of a key at a time. A resend that overtakes its first sending (a client that gave up
 * waiting too early) is told to come back instead of racing it; of a batch (`keysOf`) those
 * operations are whose keys are under way.
 */
export function oneAtATime(keysOf: (c: HttpContext) => readonly string[]): Middleware {
  const underWay = new Set<string>();
  return async (c, next) => {
    const header = c.req.header('Idempotency-Key');
    const key = header === undefined ? undefined : parseKey(header);
    if (header !== undefined && key === undefined) {
      return send(
        c,
        problem(400, 'bad-idempotency-key', 'An Idempotency-Key has 1 to 255 visible characters.'),
      );
    }
    // An echo: whoever gets an answer can see whose it is.
    if (key !== undefined) c.header('Idempotency-Key', `"${key}"`);
    if (key !== undefined && underWay.has(key)) return send(c, inProgress());
    const keys = keysOf(c).concat(key ?? []);
    const busy = new Set(keys.filter((each) => underWay.has(each)));
    c.set('busy', busy);
    const own = keys.filter((each) => !busy.has(each));
    for (const each of own) underWay.add(each);
    try {
      return await next();
    } finally {
      for (const each of own) underWay.delete(each);
    }
  };
}
