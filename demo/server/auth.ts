import { type Answer, json, problem, send } from './answer.ts';
import type { HttpContext, Middleware } from './httpEnv.ts';
import { isObject, JsonRefused, parseJson } from './json.ts';
import { malformed } from './refusals.ts';
import type { Tokens } from './tokens.ts';

const LOG_IN_PATH = '/auth/login';
const REFRESH_PATH = '/auth/refresh';

function unauthorized(detail: string): Answer {
  const challenge = { 'WWW-Authenticate': 'Bearer realm="reference"' };
  return problem(401, 'unauthorized', 'A good token is needed.', { detail }, challenge);
}

/** Logging in asks for no password: this server guards nothing, it only behaves as if. */
function renewed(tokens: Tokens, body: string): Answer {
  try {
    const input = parseJson(body);
    const refreshToken = isObject(input) ? input.refreshToken : undefined;
    const session = typeof refreshToken === 'string' ? tokens.renew(refreshToken) : undefined;
    return session ? json(200, session) : unauthorized('This session is over: log in again.');
  } catch (error) {
    if (error instanceof JsonRefused) return malformed(error.message);
    throw error;
  }
}

function answerOf(c: HttpContext, tokens: Tokens): Answer | undefined {
  if (c.req.method !== 'POST') return undefined;
  if (c.req.path === LOG_IN_PATH) return json(200, tokens.logIn());
  return c.req.path === REFRESH_PATH ? renewed(tokens, c.get('body')) : undefined;
}

/** Lets in who has a good token, while `isNeeded`; hands them out in any case. */
export function auth(tokens: Tokens, isNeeded: () => boolean): Middleware {
  return async (c, next) => {
    const answer = answerOf(c, tokens);
    if (answer !== undefined) return send(c, answer);
    if (!isNeeded()) return next();
    const [scheme, token] = c.req.header('Authorization')?.split(' ') ?? [];
    if (scheme !== 'Bearer' || token === undefined) {
      return send(c, unauthorized('There is no token.'));
    }
    return tokens.isGood(token) ? next() : send(c, unauthorized('The token is not good any more.'));
  };
}
