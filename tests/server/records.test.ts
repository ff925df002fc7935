import { expect, test } from 'vitest';
import { addTodo, call, serve } from './support.ts';

test('a todo can be created, read, changed, replaced and deleted, and each step has its version', async () => {
  const { apiUrl } = await serve();
  const todo = `${apiUrl}/todos/t1`;
  const created = await call(`${apiUrl}/todos`, {
    method: 'POST',
    body: { id: 't1', title: 'Buy milk', note: 'two' },
    key: 'op-1',
  });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({ id: 't1', title: 'Buy milk', note: 'two' });
  expect(created.headers.get('ETag')).toBe('"1"');
  expect(created.headers.get('Last-Operation-Id')).toBe('op-1');
  expect(created.headers.get('Location')).toBe('/todos/t1');

  const patched = await call(todo, {
    method: 'PATCH',
    body: { done: true, note: null },
    key: 'op-2',
    headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': '"1"' },
  });
  expect([patched.status, patched.headers.get('ETag')]).toEqual([200, '"2"']);
  expect(patched.body).toEqual({ id: 't1', title: 'Buy milk', done: true });

  const replaced = await call(todo, { method: 'PUT', body: { title: 'Buy oats' }, key: 'op-3' });
  expect([replaced.status, replaced.headers.get('ETag')]).toEqual([200, '"3"']);
  expect(replaced.body).toEqual({ id: 't1', title: 'Buy oats' });

  const read = await call(todo);
  expect(read.body).toEqual(replaced.body);
  expect(read.headers.get('Last-Operation-Id')).toBe('op-3');

  expect((await call(todo, { method: 'DELETE', headers: { 'If-Match': '"3"' } })).status).toBe(204);
  expect((await call(todo)).status).toBe(410);
  expect((await call(todo, { method: 'DELETE' })).status).toBe(410);
  expect((await call(todo, { method: 'PATCH', body: { title: 'x' } })).status).toBe(410);
  expect((await call(`${apiUrl}/todos/never`, { method: 'DELETE' })).status).toBe(404);
});

test('a reader who holds the current version is told so without the record', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'Read me')}`;
  for (const tag of ['"1"', 'W/"1"', '"9", "1"', '*']) {
    const answer = await call(url, { headers: { 'If-None-Match': tag } });
    expect([tag, answer.status, answer.headers.get('ETag')]).toEqual([tag, 304, '"1"']);
  }
  expect((await call(url, { headers: { 'If-None-Match': '"2"' } })).status).toBe(200);
});

test('a write made from an older version is refused and told the record as it is now', async () => {
  const { apiUrl } = await serve();
  const id = await addTodo(apiUrl, 'First');
  const url = `${apiUrl}/todos/${id}`;
  await call(url, { method: 'PATCH', body: { title: 'Second' }, key: 'theirs' });
  for (const method of ['PATCH', 'PUT', 'DELETE']) {
    const body = method === 'DELETE' ? undefined : { title: 'Mine' };
    const answer = await call(url, { method, body, headers: { 'If-Match': '"1"' } });
    expect(answer.status).toBe(412);
    expect(answer.headers.get('ETag')).toBe('"2"');
    expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: 'precondition-failed',
      status: 412,
      record: { id, title: 'Second' },
      version: 2,
      lastOperationId: 'theirs',
    });
  }
  expect((await call(url)).body).toEqual({ id, title: 'Second' });
});

test('If-Match: * takes any version, and a weak tag none', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/todos/${await addTodo(apiUrl, 'First')}`;
  const patch = (tag: string) =>
    call(url, { method: 'PATCH', body: { title: 'Next' }, headers: { 'If-Match': tag } });
  expect((await patch('*')).status).toBe(200);
  expect((await patch('W/"2"')).status).toBe(412);
  expect((await patch('"1", "2"')).status).toBe(200);
});

test('PUT creates what is not there, unless it was meant to change something', async () => {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/items/free`;
  const refused = await call(url, { method: 'PUT', body: {}, headers: { 'If-Match': '*' } });
  expect(refused.status).toBe(412);
  expect(refused.body).toMatchObject({ record: null, version: null, lastOperationId: null });
  expect((await call(url, { method: 'PUT', body: { any: ['thing'] } })).status).toBe(201);
  expect((await call(url)).body).toEqual({ any: ['thing'], id: 'free' });
});

test('creating a record that exists is a conflict, and the answer shows the record', async () => {
  const { apiUrl } = await serve();
  const id = await addTodo(apiUrl, 'Mine');
  const again = await call(`${apiUrl}/todos`, {
    method: 'POST',
    body: { id, title: 'Other' },
    key: 'new',
  });
  expect([again.status, again.headers.get('ETag')]).toEqual([409, '"1"']);
  expect(again.body).toMatchObject({
    type: 'already-exists',
    record: { id, title: 'Mine' },
    version: 1,
    lastOperationId: `add-${id}`,
  });
});

test('a deleted record can be created again, and its version goes on from the deletion', async () => {
  const { apiUrl } = await serve();
  const id = await addTodo(apiUrl, 'Once');
  await call(`${apiUrl}/todos/${id}`, { method: 'DELETE' });
  const again = await call(`${apiUrl}/todos`, { method: 'POST', body: { id, title: 'Twice' } });
  expect([again.status, again.headers.get('ETag')]).toEqual([201, '"3"']);
});

test('where the server names the records, the id a client sends is ignored', async () => {
  const { apiUrl } = await serve();
  const created = await call(`${apiUrl}/notes`, {
    method: 'POST',
    body: { id: 'mine', text: 'x' },
  });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), text: 'x' });
  expect((await call(`${apiUrl}/notes/mine`)).status).toBe(404);
  expect((await call(`${apiUrl}/notes/mine`, { method: 'PUT', body: {} })).status).toBe(404);
});

test('an id may hold slashes, spaces and letters of any script', async () => {
  const { apiUrl } = await serve();
  for (const id of ['a/b', 'ein Tag', 'день', '%41', '__proto__', '...']) {
    await call(`${apiUrl}/items`, { method: 'POST', body: { id } });
    const read = await call(`${apiUrl}/items/${encodeURIComponent(id)}`);
    expect([read.status, read.body]).toEqual([200, { id }]);
  }
  const { versions } = (await call(`${apiUrl}/items`)).body;
  expect(Object.keys(versions as object)).toContain('__proto__');
});

test('a browser of any origin may call and may read every header that sync needs', async () => {
  const { apiUrl } = await serve();
  const preflight = await call(`${apiUrl}/todos/x`, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  const { headers } = preflight;
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(headers.get('Access-Control-Max-Age')).toBe('600');
  for (const name of [
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Content-Type',
    'Authorization',
  ]) {
    expect(headers.get('Access-Control-Allow-Headers')).toContain(name);
  }
  for (const path of ['/todos', '/nowhere']) {
    const answer = await call(apiUrl + path);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*');
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Date')).not.toBeNull();
    const exposed = answer.headers.get('Access-Control-Expose-Headers');
    for (const name of [
      'ETag',
      'Date',
      'Retry-After',
      'Last-Operation-Id',
      'Idempotency-Replayed',
    ]) {
      expect(exposed).toContain(name);
    }
  }
});
