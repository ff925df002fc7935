import { expect, test } from 'vitest';
import { addTodo, call, serve } from './support.ts';

const note = (apiUrl: string, key: string) =>
  call(`${apiUrl}/notes`, { method: 'POST', body: { text: key }, key });

test('an answer says whose it is', async () => {
  const { apiUrl } = await serve();
  const { headers } = await note(apiUrl, 'op-1');
  expect(headers.get('Idempotency-Key')).toBe('"op-1"');
  expect(headers.get('Access-Control-Expose-Headers')).toContain('Idempotency-Key');
  expect((await call(`${apiUrl}/notes`)).headers.get('Idempotency-Key')).toBeNull();
});

test('a deferred answer says that it is done later; asked again it is told, and done once', async () => {
  const { apiUrl, trouble, database } = await serve();
  trouble.set({ deferAnswers: 1 });
  const first = await note(apiUrl, 'op');
  expect([first.status, first.body, first.headers.get('Retry-After')]).toEqual([202, {}, '1']);
  expect(first.headers.get('ETag')).toBeNull();
  expect(first.headers.get('Access-Control-Allow-Origin')).toBe('*');
  const second = await note(apiUrl, 'op');
  expect([second.status, second.headers.get('Idempotency-Replayed')]).toEqual([201, 'true']);
  expect(database.ledger.after(0)).toHaveLength(1);
});

test('a refusal is not deferred', async () => {
  const { apiUrl, trouble } = await serve();
  trouble.set({ deferAnswers: 1 });
  const refused = await call(`${apiUrl}/todos`, { method: 'POST', body: {}, key: 'op' });
  expect(refused.status).toBe(422);
  expect((await note(apiUrl, 'op-2')).status).toBe(202);
});

test('where a version is required, a change that names none is refused, and changes nothing', async () => {
  const { apiUrl, trouble, database } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'First')}`;
  trouble.set({ requireIfMatch: true });
  for (const method of ['PATCH', 'PUT', 'DELETE']) {
    const body = method === 'DELETE' ? undefined : { title: 'x' };
    const answer = await call(url, { method, body });
    expect([answer.status, answer.body.type]).toEqual([428, 'precondition-required']);
  }
  expect(database.ledger.after(0)).toHaveLength(1);
  const seeing = { method: 'PATCH', body: { title: 'x' }, headers: { 'If-Match': '"1"' } };
  expect((await call(url, seeing)).status).toBe(200);
  expect((await note(apiUrl, 'op')).status).toBe(201);
});

test.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-5', 'NaN', '315360000'])(
  'a failing server can ask for patience in any words: %s',
  async (retryAfter) => {
    const { apiUrl, pageUrl } = await serve();
    const body = { failWith: { status: 429, count: 1, retryAfter } };
    expect((await call(`${pageUrl}/_control/trouble`, { method: 'POST', body })).status).toBe(200);
    expect((await call(`${apiUrl}/todos`)).headers.get('Retry-After')).toBe(retryAfter);
  },
);

test('cursors can expire while the data lives on', async () => {
  const { apiUrl, pageUrl } = await serve();
  await addTodo(apiUrl, 'kept');
  const before = (await call(`${apiUrl}/todos`)).body;
  await call(`${pageUrl}/_control/expireCursors`, { method: 'POST' });
  const stale = await call(`${apiUrl}/todos?since=${before.cursor}`);
  expect([stale.status, stale.body.type]).toEqual([410, 'cursor-expired']);
  const { items, cursor, epoch } = (await call(`${apiUrl}/todos`)).body;
  expect([items, epoch]).toEqual([before.items, before.epoch]);
  expect((await call(`${apiUrl}/todos?since=${cursor}`)).status).toBe(200);
});

test('knobs that can’t be turned so far are refused with their names', async () => {
  const { pageUrl, trouble } = await serve();
  const before = trouble.knobs;
  for (const [body, word] of [
    [{ deferAnswers: -2 }, 'deferAnswers'],
    [{ batchAttempts: 'all' }, 'batchAttempts'],
    [{ auth: 1 }, 'auth'],
    [{ requireIfMatch: 'yes' }, 'requireIfMatch'],
    [{ failWith: { status: 503, count: 1, retryAfter: 'a\nb' } }, 'failWith.retryAfter'],
  ] as const) {
    const answer = await call(`${pageUrl}/_control/trouble`, { method: 'POST', body });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(word)]);
  }
  expect(trouble.knobs).toBe(before);
});
