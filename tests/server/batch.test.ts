import { expect, test, vi } from 'vitest';
import type { ReferenceServer } from '../../demo/server/start.ts';
import { addTodo, call, serve } from './support.ts';

interface Result {
  readonly operationId: string;
  readonly status: number | 'notAttempted';
  readonly record?: Record<string, unknown> | null;
  readonly version?: number;
  readonly lastOperationId?: string;
  readonly replayed?: boolean;
  readonly error?: { readonly type: string; readonly retryAfter?: string };
}

const json = 'application/json';
const merge = 'application/merge-patch+json';
const create = (id: string, title: string) => ({
  ...{ operationId: `add-${id}`, method: 'POST', path: 'todos', contentType: json },
  body: { id, title },
});
const patch = (operationId: string, id: string, body: object, ifMatch?: string) => ({
  ...{ operationId, method: 'PATCH', path: `todos/${id}`, contentType: merge, body },
  ...(ifMatch && { ifMatch }),
});

async function batch({ apiUrl }: ReferenceServer, ...operations: unknown[]): Promise<Result[]> {
  const answer = await call(`${apiUrl}/sync/batch`, { method: 'POST', body: { operations } });
  expect(answer.status).toBe(200);
  return answer.body.results as Result[];
}

test('each operation of a batch takes effect for itself and is answered with its record', async () => {
  const server = await serve();
  await addTodo(server.apiUrl, 'other');
  const results = await batch(
    server,
    create('a', 'Tea'),
    create('b', ''),
    patch('p', 'never', { title: 'x' }),
    { operationId: 'n', method: 'POST', path: '/notes', contentType: json, body: { text: 'hi' } },
  );
  expect(results).toMatchObject([
    { operationId: 'add-a', status: 201, record: { id: 'a', title: 'Tea' }, version: 1 },
    { operationId: 'add-b', status: 422, error: { type: 'invalid' } },
    { operationId: 'p', status: 404, error: { type: 'not-found' } },
    { operationId: 'n', status: 201, lastOperationId: 'n' },
  ]);
  const keys = server.database.ledger.after(1).map(({ key }) => key);
  expect(keys).toEqual(['add-a', 'n']);
});

test('what was done in one grouping is not done again in another, nor by itself', async () => {
  const server = await serve();
  server.trouble.set({ dropAnswers: 1 });
  const sending = { method: 'POST', body: { operations: [create('a', 'A'), create('b', 'B')] } };
  await expect(call(`${server.apiUrl}/sync/batch`, sending)).rejects.toThrow();
  const again = await batch(server, create('b', 'B'), create('c', 'C'));
  expect(again).toMatchObject([
    { operationId: 'add-b', status: 201, replayed: true },
    { operationId: 'add-c', status: 201 },
  ]);
  const alone = await call(`${server.apiUrl}/todos`, {
    ...{ method: 'POST', key: 'add-a', body: { id: 'a', title: 'A' } },
  });
  expect([alone.status, alone.headers.get('Idempotency-Replayed')]).toEqual([201, 'true']);
  expect(server.database.ledger.after(0)).toHaveLength(3);
});

test('a key that was used for something else is refused in a batch as alone', async () => {
  const server = await serve();
  await batch(server, create('a', 'A'));
  const [reused] = await batch(server, { ...create('a', 'Other') });
  expect(reused).toMatchObject({ status: 422, error: { type: 'idempotency-key-reused' } });
});

test('a conflict in a batch brings the record as it is now', async () => {
  const server = await serve();
  const id = await addTodo(server.apiUrl, 'First');
  const remove = { operationId: 'r', method: 'DELETE', path: `todos/${id}`, body: null };
  const results = await batch(
    server,
    patch('p1', id, { title: 'Mine' }, '"1"'),
    patch('p2', id, { title: 'Late' }, '"1"'),
    { ...remove, ifMatch: '"2"' },
    patch('p3', id, { title: 'Too late' }),
  );
  expect(results).toMatchObject([
    { status: 200, version: 2, lastOperationId: 'p1' },
    { status: 412, version: 2, lastOperationId: 'p1', record: { title: 'Mine' } },
    { status: 204 },
    { status: 410, error: { type: 'gone' } },
  ]);
  expect(results[1]?.error).not.toHaveProperty('record');
});

test('an operation whose first sending is still under way is asked to come back', async () => {
  const server = await serve();
  server.trouble.set({ delayMs: 300 });
  const [first, second] = await Promise.all([
    batch(server, create('a', 'A')),
    batch(server, create('a', 'A'), create('b', 'B')),
  ]);
  const results = [...(first ?? []), ...(second ?? [])];
  const busy = results.filter(({ status }) => status === 409);
  expect(busy).toMatchObject([
    { operationId: 'add-a', error: { type: 'idempotency-in-progress', retryAfter: '1' } },
  ]);
  expect(server.database.ledger.after(0)).toHaveLength(2);
});

test('a server that stops early says what it did not come to', async () => {
  const server = await serve();
  server.trouble.set({ batchAttempts: 1 });
  const results = await batch(server, create('a', 'A'), create('b', 'B'), create('c', 'C'));
  expect(results.map(({ status }) => status)).toEqual([201, 'notAttempted', 'notAttempted']);
  expect(server.database.ledger.after(0)).toHaveLength(1);
});

test('trouble with certain writes hits the operations it is about, not the batch', async () => {
  const server = await serve();
  const id = await addTodo(server.apiUrl, 'First');
  server.trouble.set({
    refuse: { match: 'forbidden', status: 422, reason: 'Not this word.' },
    requireIfMatch: true,
  });
  const results = await batch(
    server,
    create('a', 'forbidden'),
    create('b', 'fine'),
    patch('p1', id, { title: 'blind' }),
    patch('p2', id, { title: 'seeing' }, '"1"'),
  );
  expect(results.map(({ status }) => status)).toEqual([422, 201, 428, 200]);
});

test('a path in a batch leads where it would lead alone, or nowhere', async () => {
  const server = await serve();
  const id = 'a/b';
  const results = await batch(
    server,
    { ...create(id, 'Slash'), path: 'todos?x=1' },
    patch('p1', encodeURIComponent(id), { title: 'Found' }),
    patch('p2', '%2e%2e', { title: 'x' }),
    patch('p3', 'a/b', { title: 'x' }),
    { ...create('c', 'C'), operationId: 'q', path: 'nowhere' },
    { ...create('d', 'D'), operationId: 's', path: 'sync/batch' },
    { ...create('e', 'E'), operationId: 't', path: 'todos/e' },
    { ...create('f', 'F'), operationId: 'u', contentType: 'text/plain' },
  );
  const statuses = results.map(({ status }) => status);
  expect(statuses).toEqual([201, 200, 400, 404, 404, 404, 405, 415]);
});

const wrong: [string, unknown, number, string][] = [
  ['no JSON', undefined, 400, 'bad-batch'],
  ['a list', [], 400, 'bad-batch'],
  ['no operations', {}, 400, 'bad-batch'],
  ['something that is no operation', { operations: [3] }, 400, 'bad-batch'],
  [
    'an operation without a key',
    { operations: [{ method: 'POST', path: 'todos' }] },
    400,
    'bad-batch',
  ],
  ['a read', { operations: [{ ...create('a', 'A'), method: 'GET' }] }, 400, 'bad-batch'],
  ['a bad version', { operations: [{ ...create('a', 'A'), ifMatch: '3' }] }, 400, 'bad-batch'],
  ['one key twice', { operations: [create('a', 'A'), create('a', 'A')] }, 400, 'bad-batch'],
  ['all or nothing', { operations: [create('a', 'A')], atomic: true }, 422, 'atomic-unsupported'],
  [
    'more than a hundred',
    { operations: Array.from({ length: 101 }, (_, i) => create(`t${i}`, 'T')) },
    413,
    'batch-too-large',
  ],
];

test.each(wrong)(
  'a batch with %s is refused as a whole, and nothing is done',
  async (_, body, status, type) => {
    const server = await serve();
    const answer = await call(`${server.apiUrl}/sync/batch`, {
      method: 'POST',
      ...(body === undefined ? { raw: '{' } : { body }),
    });
    expect([answer.status, answer.body.type]).toEqual([status, type]);
    expect(server.database.ledger.after(0)).toEqual([]);
  },
);

test('a batch is only ever posted', async () => {
  const { apiUrl } = await serve();
  expect((await call(`${apiUrl}/sync/batch`)).status).toBe(405);
});

test('a batch may bear a key of its own: its operations still have theirs', async () => {
  const server = await serve();
  const sending = { method: 'POST', key: 'whole', body: { operations: [create('a', 'A')] } };
  const answer = await call(`${server.apiUrl}/sync/batch`, sending);
  expect(answer).toMatchObject({ status: 200, body: { results: [{ status: 201 }] } });
  expect(server.database.ledger.after(0).map(({ key }) => key)).toEqual(['add-a']);
});

test('an operation in which the server fails is undone alone, and the others of its batch are done', async () => {
  let hasFailed = false;
  const validate = ({ title }: Record<string, unknown>) => {
    if (title !== 'B' || hasFailed) return undefined;
    hasFailed = true;
    throw new Error('a mistake of the server');
  };
  const server = await serve({ collections: [{ name: 'todos', ids: 'client', validate }] });
  vi.spyOn(console, 'error').mockImplementationOnce(() => {});
  const operations = [create('a', 'A'), create('b', 'B'), create('c', 'C')];
  const statuses = (results: readonly Result[]) =>
    results.map(({ status, replayed }) => [status, replayed]);
  expect(statuses(await batch(server, ...operations))).toEqual([
    [201, undefined],
    [500, undefined],
    [201, undefined],
  ]);
  expect(server.database.ledger.after(0).map(({ key }) => key)).toEqual(['add-a', 'add-c']);
  expect(statuses(await batch(server, ...operations))).toEqual([
    [201, true],
    [201, undefined],
    [201, true],
  ]);
});
