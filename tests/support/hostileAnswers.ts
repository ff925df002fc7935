import { keyed, keyedPick } from '../../src/testing/world/keyed.ts';
import { hostile, hostilePieces } from './hostile.ts';

/** An answer as it stands on the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HostileAnswer extends WireAnswer {
  readonly number: number;
  readonly how: string;
}

const statuses = [
  ...[200, 201, 202, 203, 204, 205, 206, 207, 226, 300, 301, 304, 307, 400, 401, 402, 403, 404],
  ...[405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 418, 421, 422, 423, 424, 425, 426, 428],
  ...[429, 431, 451, 500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 530, 599],
] as const;

const long = 'x'.repeat(10_000);

/** What stands in headers that nobody means well. */
const headerValues: Readonly<Record<string, readonly string[]>> = {
  'content-type': [
    ...['', 'text/html', 'application/json', 'application/json; charset=utf-16', 'text/json'],
    ...['application/problem+json', 'application/xml+json', 'APPLICATION/JSON', long],
  ],
  etag: ['', '"', 'W/"1"', 'W/', '"a"b"', '1', '"\u00ff"', '*', long],
  'retry-after': [
    ...['', '0', '-5', '1e9', 'NaN', 'Infinity', '99999999999999999999', 'soon', '1, 2', '0x10'],
    ...['Wed, 21 Oct 2015 07:28:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT', 'Mon, 99 Foo 2020'],
  ],
  location: [
    ...['', '/', '/todos/%E0%A4%A', '../..', '/todos/..', '/todos/%2E%2E', '/todos/%00', long],
    ...['//evil.example/todos/x', 'javascript:alert(1)', '/todos/a?b#c', '/todos/%ED%A0%80'],
  ],
  'last-operation-id': ['', '"', '__proto__', long],
  date: ['', 'now', 'Fri, 31 Dec 9999 23:59:59 GMT', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  vary: ['*'],
};

/** What can be no id: it would be another path, another key, or no text. */
const badIds = ['""', '".."', '"a\\u0000b"', '"\\ud800"', '{}', '[]', `"${'x'.repeat(300)}"`];

/** One to four changes to a good answer; a function of its number. */
export function hostileAnswer(number: number, good: WireAnswer): HostileAnswer {
  const pick = <T>(label: string, from: readonly T[]) => keyedPick(number, label, from);
  const told: string[] = [];
  let { status, headers, body } = good;
  if (keyed(number, 'status?') < 0.4) {
    status = pick('status', statuses);
    told.push(`status ${status}`);
  }
  if (keyed(number, 'header?') < 0.4) {
    const name = pick('name', Object.keys(headerValues));
    const value = pick('value', headerValues[name] ?? []);
    headers = { ...headers, [name]: value };
    told.push(`${name}: ${value.slice(0, 40)}`);
  }
  if (keyed(number, 'body?') < 0.7) {
    const kind = keyed(number, 'body');
    if (kind < 0.7 && body !== '') {
      const changed = hostile(number, body);
      body = changed.text;
      told.push(changed.how);
    } else {
      body = pick('piece', ['', '<html>Welcome</html>', '\ufeff{}', 'null', ...hostilePieces]);
      told.push(`the body is ${body.slice(0, 40)}`);
    }
    if (keyed(number, 'type?') < 0.8) headers = { 'content-type': 'application/json', ...headers };
  }
  if (keyed(number, 'id?') < 0.15 && body.includes('"id":"')) {
    const id = pick('id', badIds);
    body = body.replace(/"id":"[^"]*"/, () => `"id":${id}`);
    told.push(`the id is ${id.slice(0, 40)}`);
  }
  return { number, how: told.join('; ') || 'nothing', status, headers, body };
}

/** As much of a Response as is read; the platform's own refuses some of these. */
export function responseOf({ status, headers, body }: WireAnswer): Response {
  const known = new Map(Object.entries(headers));
  let left: Uint8Array | null = body === '' ? null : new TextEncoder().encode(body);
  const reader = {
    read: async () => {
      const value = left;
      left = null;
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    cancel: async () => {},
  };
  return {
    status,
    headers: { get: (name: string) => known.get(name.toLowerCase()) ?? null },
    body: body === '' ? null : { getReader: () => reader, cancel: async () => {} },
    text: async () => body,
  } as unknown as Response;
}
