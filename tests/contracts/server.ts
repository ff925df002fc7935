import type { ServerPort, WireAnswer, WireRequest } from '../../src/testing/server/serverPort.ts';
import { keyed, keyedBelow, keyedPick } from '../../src/testing/world/keyed.ts';

/** Headers that a client acts on; the rest is the platform's. */
const telling = [
  ...['content-type', 'etag', 'last-operation-id', 'idempotency-replayed', 'location'],
  ...['retry-after'],
];

/** An answer without what the protocol leaves open: words for people, and what a cursor looks like. */
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export function toldBy({ status, headers, body }: WireAnswer): Told {
  const kept = telling.flatMap((name) => (headers[name] === undefined ? [] : [name]));
  return {
    status,
    headers: Object.fromEntries(kept.map((name) => [name, mediaType(headers[name] as string)])),
    body: body === '' ? null : withoutWords(JSON.parse(body)),
  };
}

function mediaType(value: string): string {
  return value.startsWith('application/') ? (value.split(';')[0] as string) : value;
}

function withoutWords(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { cursor, ...rest } = body as Record<string, unknown>;
  // Problem details: `type` and `status` are for programs, the rest of the usual members for people.
  const { title, detail, errors, ...problem } = rest;
  const isProblem = typeof rest.status === 'number' && typeof rest.type === 'string';
  const kept = isProblem ? problem : rest;
  const results = Array.isArray(rest.results) && rest.results.map(resultWithoutWords);
  return {
    ...kept,
    ...(results && { results }),
    ...(cursor !== undefined && { cursor: 'some' }),
  };
}

function resultWithoutWords(result: Readonly<Record<string, unknown>>): unknown {
  return result.error === undefined ? result : { ...result, error: withoutWords(result.error) };
}

const bodies: readonly ((n: number) => string)[] = [
  (n) => JSON.stringify({ title: `t${n}`, n }),
  (n) => JSON.stringify({ title: `t${n}`, deep: { a: n, b: { c: null } } }),
  (n) => JSON.stringify({ n: null, deep: { b: null, d: [n, null] } }),
  (n) => JSON.stringify({ deep: n % 2 === 0 ? null : 'flat' }),
  () => JSON.stringify({ title: '' }),
  (n) => JSON.stringify({ id: `r${n % 5}`, title: 'named' }),
  () => JSON.stringify({ id: 'somebody else', title: 'named' }),
];
const hostileBodies = [
  ...['', '{', '[]', 'null', '7', '"text"', '{"title":"\\ud800"}', '{"n":1e400}'],
  ...['{"__proto__":{"x":1}}', '{"a":{"constructor":1}}', '{"id":"","title":"x"}'],
  ...['{"id":7,"title":"x"}', '{"id":"..","title":"x"}', `${'['.repeat(70)}${']'.repeat(70)}`],
  ...['{"id":"a/b ü","title":"odd"}', JSON.stringify({ title: 'x'.repeat(1_100_000) })],
];
const hostileTags = ['*', 'W/"1"', '"1", "2"', 'W/"1", "3"', '1', '""', '"', '', '"1" "2"'];
const hostileKeys = ['', '""', '"', 'a b', '"a"b"', 'ä', 'x'.repeat(256), 'bare', '"bare"'];
const hostilePaths = [
  ...['', 'nothing', 'todos/', 'todos/a/b', 'todos/%', 'todos/%2e%2e', 'todos/a%2Fb%20%C3%BC'],
  ...['todos/%00', `todos/${'x'.repeat(201)}`, '%74odos', 'todos?limit=0', 'todos?limit=x'],
  ...['todos?limit=99999', 'todos?since=', 'todos?since=abc', 'todos?since=1.2.3', 'notes/srv'],
];

/** What the requests so far have taught: versions to be right or wrong about, keys, cursors. */
export interface Learned {
  readonly keys: { readonly key: string; readonly request: WireRequest }[];
  /** By server, in the order they were given. */
  readonly cursors: (readonly string[])[];
  /** Ids that were given or taken. */
  readonly ids: string[];
}

/** The n-th request of a seed; the same for every server but for cursors, which are their own. */
export function requestAt(
  seed: number,
  n: number,
  learned: Learned,
): (server: number) => WireRequest {
  const draw = (what: string) => keyed(seed, `${what}/${n}`);
  const pick = <T>(what: string, from: readonly T[]) => keyedPick(seed, `${what}/${n}`, from);
  const collection = pick('collection', ['todos', 'todos', 'todos', 'notes']);
  const known = learned.ids.length > 0 && draw('known') < 0.4;
  const id = known ? pick('id', learned.ids) : `r${keyedBelow(seed, `id/${n}`, 5)}`;
  const record = `${collection}/${encodeURIComponent(id)}`;
  if (draw('read') < 0.25) return reading(seed, n, collection, record, learned);
  if (learned.keys.length > 0 && draw('again') < 0.12) {
    const { key, request } = pick('again', learned.keys);
    const headers = { ...request.headers, 'idempotency-key': `"${key}"` };
    const body = draw('other') < 0.3 ? '{"title":"another"}' : request.body;
    return () => ({ ...request, headers, body });
  }
  const method = pick('method', ['POST', 'POST', 'PATCH', 'PATCH', 'PATCH', 'PUT', 'DELETE']);
  const isHostile = draw('hostile') < 0.25;
  const strange = isHostile
    ? pick('strange', ['body', 'tags', 'key', 'path', 'type', 'method'])
    : '';
  const merge = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const type = strange === 'type' ? pick('type', ['text/plain', '', 'application/jsonp']) : merge;
  const tags =
    strange === 'tags' ? pick('tags', hostileTags) : `"${keyedBelow(seed, `v/${n}`, 6)}"`;
  const key = strange === 'key' ? pick('key', hostileKeys) : `"${seed}-${n}"`;
  const made = JSON.parse(pick('body', bodies)(n)) as object;
  const whole = method === 'POST' ? { id, ...made } : made;
  const body = strange === 'body' ? pick('bad body', hostileBodies) : JSON.stringify(whole);
  const usual = method === 'POST' ? collection : record;
  const request: WireRequest = {
    method: strange === 'method' ? pick('odd method', ['PATCH', 'POST', 'DELETE', 'PUT']) : method,
    path: strange === 'path' ? pick('path', hostilePaths) : usual,
    headers: {
      ...(type !== '' && { 'content-type': type }),
      ...((strange === 'tags' || draw('match') < 0.4) && { 'if-match': tags }),
      ...((strange === 'key' || draw('keyed') < 0.8) && { 'idempotency-key': key }),
    },
    body: method === 'DELETE' ? '' : body,
  };
  return () => request;
}

/** Writes that can be said in the words of a batch. */
const sayable = /^(todos|notes)(\/[^/?]*)?$/;

/** Some writes of a seed in one batch; the same for every server. */
export function batchAt(seed: number, n: number, learned: Learned): WireRequest {
  const parts = Array.from({ length: 6 }, (_, i) => requestAt(seed, n * 6 + i, learned)(0)).filter(
    ({ method, path, body }) => method !== 'GET' && sayable.test(path) && isObject(body),
  );
  const operations = parts.map(({ method, path, headers, body }, i) => ({
    // Now and then a key that was used before, in this batch or in one before it.
    operationId:
      keyed(seed, `old key/${n}/${i}`) < 0.2 ? `${seed}-${n - 1}-${i}` : `${seed}-${n}-${i}`,
    ...{ method, path: i % 2 === 0 ? path : `/${path}` },
    ...(isTag(headers['if-match']) && { ifMatch: headers['if-match'] }),
    ...(headers['content-type'] !== undefined && { contentType: headers['content-type'] }),
    body: body === '' ? null : (JSON.parse(body) as unknown),
  }));
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ operations });
  return { method: 'POST', path: 'sync/batch', headers, body };
}

function isTag(tag: string | undefined): boolean {
  return tag !== undefined && /^"\d+"$/.test(tag);
}

function isObject(body: string): boolean {
  try {
    const value: unknown = body === '' ? {} : JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function reading(
  seed: number,
  n: number,
  collection: string,
  record: string,
  { cursors }: Learned,
): (server: number) => WireRequest {
  const get = (path: string): WireRequest => ({ method: 'GET', path, headers: {}, body: '' });
  const draw = keyed(seed, `reading/${n}`);
  if (draw < 0.3) return () => get(record);
  if (draw < 0.4) return () => get(keyedPick(seed, `path/${n}`, hostilePaths));
  const limit = `limit=${1 + keyedBelow(seed, `limit/${n}`, 4)}`;
  const since = cursors[0]?.length ?? 0;
  if (draw < 0.55 || since === 0) return () => get(`${collection}?${limit}`);
  const at = keyedBelow(seed, `cursor/${n}`, since);
  return (server) => {
    const cursor = encodeURIComponent(cursors[server]?.[at] ?? '');
    return get(`${collection}?since=${cursor}&${limit}`);
  };
}

/** Takes from an answer what later requests use. */
export function learn(
  learned: Learned,
  request: WireRequest,
  answers: readonly WireAnswer[],
): void {
  const key = request.headers['idempotency-key'];
  if (key?.startsWith('"') && answers[0]?.status !== 400) {
    learned.keys.push({ key: key.slice(1, -1), request });
  }
  const read = answers.map(({ body }) => (body === '' ? {} : (JSON.parse(body) as object)));
  const cursors = read.map((body) => (body as { cursor?: string }).cursor);
  if (cursors.every((cursor) => cursor !== undefined)) {
    cursors.forEach((cursor, server) => {
      learned.cursors[server] = [...(learned.cursors[server] ?? []), cursor];
    });
  }
  const id = (read[0] as { id?: unknown } | undefined)?.id;
  if (request.method === 'POST' && typeof id === 'string') learned.ids.push(id);
}

/** What both servers must agree on besides their answers. */
export function stateOf(server: ServerPort) {
  const rows = ['todos', 'notes'].map((name) => [name, Object.fromEntries(server.rows(name))]);
  const ledger = server.ledger.map(({ n: _, key, method, collection, recordId, body, version }) => {
    return { key, method, collection, recordId, body, version };
  });
  return { rows: Object.fromEntries(rows), ledger };
}
