import { expect, test } from 'vitest';
import { addTodo, call, serve } from './support.ts';

const note = (apiUrl: string, key: string) =>
  call(`${apiUrl}/notes`, { method: 'POST', body: { text: key }, key });

test('a lost answer leaves a change that was made, and its resend makes no second one', async () => {
  const { apiUrl, trouble, database } = await serve();
  trouble.set({ dropAnswers: 1 });
  await expect(note(apiUrl, 'op-1')).rejects.toThrow();
  expect(database.ledger.after(0)).toHaveLength(1);
  expect((await note(apiUrl, 'op-1')).headers.get('Idempotency-Replayed')).toBe('true');
  expect(database.ledger.after(0)).toHaveLength(1);
});

test('answers can be lost until told otherwise, while reads go through', async () => {
  const { apiUrl, trouble, database } = await serve();
  trouble.set({ dropAnswers: -1 });
  for (const key of ['a', 'b', 'c']) await expect(note(apiUrl, key)).rejects.toThrow();
  expect((await call(`${apiUrl}/notes`)).body.items).toHaveLength(3);
  trouble.set({ dropAnswers: 0 });
  expect((await note(apiUrl, 'd')).status).toBe(201);
  expect(database.ledger.after(0)).toHaveLength(4);
});

test('a cut line answers nobody and applies nothing, and comes back when it is mended', async () => {
  const { apiUrl, pageUrl, trouble, database } = await serve();
  await addTodo(apiUrl, 'before');
  trouble.set({ delayMs: 200 });
  const onItsWay = note(apiUrl, 'on-its-way');
  const ended = expect(onItsWay).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  trouble.set({ cut: true });
  await ended;
  await expect(call(`${apiUrl}/todos`)).rejects.toThrow();
  expect((await call(`${pageUrl}/_control/state`)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 250));
  trouble.set({ cut: false, delayMs: 0 });
  expect(database.ledger.after(0)).toHaveLength(1);
  expect((await call(`${apiUrl}/todos`)).body.items).toHaveLength(1);
});

test('a failing server fails as often as told and changes nothing meanwhile', async () => {
  const { apiUrl, trouble, database } = await serve();
  trouble.set({ failWith: { status: 503, count: 2, retryAfter: 7 } });
  for (const _ of [1, 2]) {
    const answer = await note(apiUrl, 'op');
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '7']);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
  }
  expect(database.ledger.after(0)).toHaveLength(0);
  expect((await note(apiUrl, 'op')).status).toBe(201);
});

test('a preflight passes a failing server, so that a browser sees the failure itself', async () => {
  const { apiUrl, trouble } = await serve();
  trouble.set({ failWith: { status: 500, count: -1 } });
  expect((await call(`${apiUrl}/notes`, { method: 'OPTIONS' })).status).toBe(204);
  expect((await call(`${apiUrl}/notes`)).status).toBe(500);
  expect((await call(`${apiUrl}/notes`)).headers.get('Retry-After')).toBeNull();
});

test('a write with a certain text is refused with the reason given, others are not', async () => {
  const { apiUrl, trouble } = await serve();
  trouble.set({ refuse: { match: 'forbidden', status: 422, reason: 'Not this word.' } });
  const refused = await note(apiUrl, 'forbidden');
  expect([refused.status, refused.body.detail]).toEqual([422, 'Not this word.']);
  expect((await note(apiUrl, 'fine')).status).toBe(201);
  trouble.set({ refuse: null });
  expect((await note(apiUrl, 'forbidden')).status).toBe(201);
});

test('a delay holds every request back', async () => {
  const { apiUrl, trouble } = await serve();
  trouble.set({ delayMs: 120 });
  const started = performance.now();
  await call(`${apiUrl}/todos`);
  expect(performance.now() - started).toBeGreaterThan(100);
});

test('a server that is closed does not wait for requests it holds back', async () => {
  const { apiUrl, trouble, close } = await serve();
  trouble.set({ delayMs: 60_000 });
  const held = expect(call(`${apiUrl}/todos`)).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await close();
  await held;
});
