import { expect, test } from 'vitest';
import { addTodo, call, callRawPath, type Sending, serve } from './support.ts';

const asJson = { 'Content-Type': 'application/json' };
const post = (raw: BodyInit): Sending => ({ method: 'POST', raw, headers: asJson });
const deep = (levels: number) => `{"id":"deep","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const table: [what: string, path: string, sending: Sending, status: number, type: string][] = [
  ['broken JSON', '/todos', post('{"id":'), 400, 'malformed-body'],
  ['no body', '/todos', post(''), 400, 'malformed-body'],
  ['bytes that are no text', '/todos', post(new Uint8Array([0xff, 0xfe])), 400, 'malformed-body'],
  ['nesting without end', '/items', post(deep(64)), 400, 'malformed-body'],
  ['nesting to overflow a stack', '/items', post(deep(200_000)), 400, 'malformed-body'],
  ['a __proto__', '/items', post('{"id":"a","x":{"__proto__":{}}}'), 400, 'malformed-body'],
  ['a constructor', '/items', post('{"id":"a","constructor":1}'), 400, 'malformed-body'],
  ['a prototype', '/items', post('{"id":"a","y":[{"prototype":1}]}'), 400, 'malformed-body'],
  ['a number out of range', '/items', post('{"id":"a","n":1e400}'), 400, 'malformed-body'],
  ['more than 1 MB', '/items', post(`{"id":"${'x'.repeat(1024 * 1024)}"}`), 413, 'body-too-large'],
  ['an array', '/todos', post('[]'), 422, 'invalid'],
  ['null', '/todos', post('null'), 422, 'invalid'],
  ['no id', '/todos', post('{"title":"x"}'), 422, 'invalid'],
  ['an id that is a number', '/todos', post('{"id":1,"title":"x"}'), 422, 'invalid'],
  ['an empty id', '/todos', post('{"id":"","title":"x"}'), 422, 'invalid'],
  ['an id of two dots', '/todos', post('{"id":"..","title":"x"}'), 422, 'invalid'],
  ['half a surrogate as id', '/items', post('{"id":"\\ud800"}'), 422, 'invalid'],
  ['a NUL in the id', '/items', post('{"id":"a\\u0000b"}'), 422, 'invalid'],
  ['an id too long', '/items', post(`{"id":"${'x'.repeat(201)}"}`), 422, 'invalid'],
  ['no title', '/todos', post('{"id":"a"}'), 422, 'invalid'],
  ['a blank title', '/todos', post('{"id":"a","title":" "}'), 422, 'invalid'],
  ['a title too long', '/todos', post(`{"id":"a","title":"${'x'.repeat(501)}"}`), 422, 'invalid'],
  ['done that is no boolean', '/todos', post('{"id":"a","title":"x","done":1}'), 422, 'invalid'],
  ['plain text', '/todos', { method: 'POST', raw: '{}' }, 415, 'unsupported-content-type'],
  ['an unknown collection', '/nowhere', {}, 404, 'unknown-path'],
  ['an inherited name', '/__proto__', {}, 404, 'unknown-path'],
  ['the root', '/', {}, 404, 'unknown-path'],
  ['a path too long', '/todos/a/b', {}, 404, 'unknown-path'],
  ['a path without its id', '/todos/', {}, 404, 'unknown-path'],
  ['an id of broken percents', '/todos/%zz', {}, 400, 'bad-id'],
  ['an id too long in the path', `/todos/${'x'.repeat(201)}`, {}, 400, 'bad-id'],
  ['a limit of zero', '/todos?limit=0', {}, 400, 'bad-limit'],
  ['a limit below zero', '/todos?limit=-1', {}, 400, 'bad-limit'],
  ['half a limit', '/todos?limit=1.5', {}, 400, 'bad-limit'],
  ['a limit in words', '/todos?limit=ten', {}, 400, 'bad-limit'],
  ['an empty limit', '/todos?limit=', {}, 400, 'bad-limit'],
  ['DELETE of all', '/todos', { method: 'DELETE' }, 405, 'method-not-allowed'],
  ['POST to a record', '/todos/a', post('{}'), 405, 'method-not-allowed'],
  ['an empty key', '/todos', { ...post('{}'), key: '' }, 400, 'bad-idempotency-key'],
  ['a key too long', '/todos', { ...post('{}'), key: 'k'.repeat(256) }, 400, 'bad-idempotency-key'],
  [
    'a version without quotes',
    '/todos/a',
    { method: 'DELETE', headers: { 'If-Match': '3' } },
    400,
    'bad-precondition',
  ],
];

test.each(table)(
  '%s is refused with a clear problem',
  async (_what, path, sending, status, type) => {
    const { apiUrl, database } = await serve();
    const answer = await call(apiUrl + path, sending);
    expect([answer.status, answer.body.type]).toEqual([status, type]);
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, title: expect.any(String) });
    expect(database.ledger.after(0)).toEqual([]);
  },
);

test('a dot segment is refused as an id and never taken for the collection', async () => {
  const { apiUrl } = await serve();
  for (const path of ['/todos/..', '/todos/.', '/todos/%2e%2e', '/todos/%2E']) {
    expect([path, await callRawPath(apiUrl, path)]).toEqual([path, 400]);
  }
});

test('a refused record names the field and the reason', async () => {
  const { apiUrl } = await serve();
  const answer = await call(`${apiUrl}/todos`, { method: 'POST', body: { id: 'a', title: '' } });
  expect(answer.body.errors).toEqual([{ path: 'title', message: 'A todo needs a title.' }]);
});

test('a patch cannot change an id, become something else than an object or break the rules', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'Steady')}`;
  for (const body of [{ id: 'other' }, { id: null }, { title: null }, { done: 'yes' }, [], 'x']) {
    expect((await call(url, { method: 'PATCH', body })).status).toBe(422);
  }
  const headers = { 'Content-Type': 'application/json-patch+json' };
  const foreign = await call(url, { method: 'PATCH', body: [], headers });
  expect(foreign.status).toBe(415);
  expect(foreign.headers.get('Accept-Patch')).toContain('application/merge-patch+json');
  expect((await call(url)).headers.get('ETag')).toBe('"1"');
});

test('a method that is not allowed is told which ones are', async () => {
  const { apiUrl } = await serve();
  const onCollection = await call(`${apiUrl}/todos`, { method: 'PUT', body: {} });
  expect([onCollection.status, onCollection.headers.get('Allow')]).toEqual([
    405,
    'GET, HEAD, POST, OPTIONS',
  ]);
  const onRecord = await call(`${apiUrl}/todos/a`, { method: 'POST', body: {} });
  expect(onRecord.headers.get('Allow')).toBe('GET, HEAD, PUT, PATCH, DELETE, OPTIONS');
});

test('what is just within the bounds is taken', async () => {
  const { apiUrl } = await serve();
  expect((await call(`${apiUrl}/items`, post(deep(63)))).status).toBe(201);
  const body = { id: 'x'.repeat(200), title: 'y'.repeat(500), done: false };
  expect((await call(`${apiUrl}/todos`, { method: 'POST', body })).status).toBe(201);
});
