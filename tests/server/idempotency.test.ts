import { expect, onTestFinished, test, vi } from 'vitest';
import { addTodo, call, serve } from './support.ts';

test('a request that is sent twice is applied once and answered twice the same', async () => {
  const { apiUrl, database } = await serve();
  const send = () =>
    call(`${apiUrl}/notes`, { method: 'POST', body: { text: 'Only once' }, key: 'op-1' });
  const first = await send();
  const second = await send();
  expect(second.status).toBe(first.status);
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('ETag')).toBe(first.headers.get('ETag'));
  expect(second.headers.get('Last-Operation-Id')).toBe('op-1');
  expect(first.headers.get('Idempotency-Replayed')).toBeNull();
  expect(second.headers.get('Idempotency-Replayed')).toBe('true');
  expect(database.ledger.after(0)).toMatchObject([
    { key: 'op-1', method: 'POST', collection: 'notes', body: '{"text":"Only once"}', version: 1 },
  ]);
});

test('the key counts the same with and without quotes', async () => {
  const { apiUrl } = await serve();
  const send = (header: string) =>
    call(`${apiUrl}/notes`, { method: 'POST', body: {}, headers: { 'Idempotency-Key': header } });
  await send('"op-1"');
  expect((await send('op-1')).headers.get('Idempotency-Replayed')).toBe('true');
});

test('a resend after a lost answer gets its answer, though the version has moved on since', async () => {
  const { apiUrl, trouble } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'First')}`;
  const send = () =>
    call(url, {
      method: 'PATCH',
      body: { title: 'Mine' },
      key: 'op',
      headers: { 'If-Match': '"1"' },
    });
  trouble.set({ dropAnswers: 1 });
  await expect(send()).rejects.toThrow();
  await call(url, { method: 'PATCH', body: { title: 'Theirs' }, headers: { 'If-Match': '"2"' } });
  const again = await send();
  expect([again.status, again.headers.get('ETag')]).toEqual([200, '"2"']);
  expect(again.body).toMatchObject({ title: 'Mine' });
  expect((await call(url)).body).toMatchObject({ title: 'Theirs' });
});

test('a deletion that is sent again is confirmed again', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'Gone')}`;
  const send = () => call(url, { method: 'DELETE', key: 'del', headers: { 'If-Match': '"1"' } });
  expect([(await send()).status, (await send()).status]).toEqual([204, 204]);
});

test('a key that was used for another request is refused and changes nothing', async () => {
  const { apiUrl, database } = await serve();
  const id = await addTodo(apiUrl, 'First');
  const url = `${apiUrl}/todos/${id}`;
  const others = [
    { url: `${apiUrl}/todos`, method: 'POST', body: { id, title: 'Other' }, headers: {} },
    { url, method: 'PATCH', body: { id, title: 'First' }, headers: {} },
    {
      url: `${apiUrl}/todos`,
      method: 'POST',
      body: { id, title: 'First' },
      headers: { 'If-Match': '"1"' },
    },
  ];
  for (const { url: to, ...sending } of others) {
    const answer = await call(to, { ...sending, key: `add-${id}` });
    expect([answer.status, answer.body.type]).toEqual([422, 'idempotency-key-reused']);
  }
  expect(database.ledger.after(0)).toHaveLength(1);
});

test('a refusal for good is remembered with its key, one that may pass is not', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'First')}`;
  const send = (method: string, body: unknown, tag: string, key: string) =>
    call(url, { method, body, key, headers: { 'If-Match': tag } });
  await send('PATCH', { title: '' }, '"1"', 'invalid');
  const invalid = await send('PATCH', { title: '' }, '"1"', 'invalid');
  expect([invalid.status, invalid.headers.get('Idempotency-Replayed')]).toEqual([422, 'true']);

  expect((await send('PATCH', { title: 'B' }, '"2"', 'early')).status).toBe(412);
  await send('PATCH', { title: 'A' }, '"1"', 'between');
  expect((await send('PATCH', { title: 'B' }, '"2"', 'early')).status).toBe(200);
});

test('a resend that overtakes its first sending is asked to come back', async () => {
  const { apiUrl, trouble, database } = await serve();
  trouble.set({ delayMs: 300 });
  const send = () => call(`${apiUrl}/notes`, { method: 'POST', body: {}, key: 'op' });
  const answers = await Promise.all([send(), send()]);
  const [early, late] = answers.toSorted((a, b) => b.status - a.status);
  expect([early?.status, early?.body.type]).toEqual([409, 'idempotency-in-progress']);
  expect(early?.headers.get('Retry-After')).toBe('1');
  expect(late?.status).toBe(201);
  expect(database.ledger.after(0)).toHaveLength(1);
  trouble.set({ delayMs: 0 });
  expect((await send()).headers.get('Idempotency-Replayed')).toBe('true');
});

test('a server that fails forgets the key, so the same key can succeed later', async () => {
  const reported = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => reported.mockRestore());
  const { apiUrl, database } = await serve({
    collections: [
      {
        name: 'fragile',
        ids: 'client',
        validate: () => {
          if (broken) throw new Error('on purpose');
          return undefined;
        },
      },
    ],
  });
  let broken = true;
  const send = () => call(`${apiUrl}/fragile`, { method: 'POST', body: { id: 'a' }, key: 'op' });
  expect((await send()).status).toBe(500);
  expect(reported).toHaveBeenCalledOnce();
  expect(database.ledger.after(0)).toHaveLength(0);
  broken = false;
  const answer = await send();
  expect([answer.status, answer.headers.get('Idempotency-Replayed')]).toEqual([201, null]);
});
