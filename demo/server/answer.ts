import type { Context } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';

/**
 * An HTTP answer as plain data: it can be stored with its idempotency key and given
 * again word for word, which a live Response cannot.
 */
export interface Answer {
  readonly status: StatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface ProblemDetails {
  readonly detail?: string;
  readonly [member: string]: unknown;
}

export function json(
  status: StatusCode,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** Every error speaks RFC 9457, so a client reads one shape and never guesses from a status. */
export function problem(
  status: StatusCode,
  type: string,
  title: string,
  details: ProblemDetails = {},
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type, title, status, ...details }),
  };
}

export function internalError(): Answer {
  return problem(500, 'internal', 'The server made a mistake.');
}

export function send(c: Context, answer: Answer): Response {
  return c.newResponse(answer.body, answer.status, { ...answer.headers });
}
