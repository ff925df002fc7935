import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { ModelWire, Transport } from '../../src/index.ts';
import { sealRequest } from '../../src/rest/seal.ts';
import { rest } from '../../src/rest.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';

const base = 'https://api.example.com/v1/';
const server = setupServer();
const todo: ModelWire = {
  name: 'todo',
  endpoint: 'todos',
  ids: 'client',
  nulls: 'delete',
  versionField: null,
};
const { signal } = new AbortController();

beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function transport(options: Partial<Parameters<typeof rest>[0]> = {}): Transport {
  return rest({ baseUrl: base, ...options })(browserEnv);
}

function intent(kind: Intent['kind'], more: Partial<Intent> = {}): Intent {
  return {
    ...{ kind, model: 'todo', recordId: 'a/b', key: 'op-1', operationIds: ['op-1'] },
    ...{ changes: { title: 'Tea' }, base: null, version: '"1"', alias: null, request: null },
    ...more,
  };
}

function sealed(kind: Intent['kind'], more: Partial<Intent> = {}): SealedRequest {
  const made = intent(kind, more);
  const { key, operationIds } = made;
  return { ...sealRequest(made, todo), kind, key, operationIds };
}

function answer(response: () => Response, kind: Intent['kind'] = 'update') {
  server.use(http.all(`${base}*`, response));
  return transport().push(sealed(kind, { recordId: 'a' }), todo, signal);
}

const record = { id: 'a', title: 'Tea' };
const json = (body: object, status = 200, headers: Record<string, string> = {}) =>
  HttpResponse.json(body, { status, headers });

describe('a request', () => {
  test('P8: carries its key, its version and its changes, on one encoded segment', async () => {
    let seen: Request | undefined;
    server.use(
      http.patch(`${base}*`, ({ request }) => {
        seen = request.clone();
        return json({ ...record, id: 'a/b' });
      }),
    );
    await transport({ headers: async () => ({ authorization: 'Bearer t' }) }).push(
      sealed('update'),
      todo,
      signal,
    );
    expect(seen?.url).toBe(`${base}todos/a%2Fb`);
    expect(Object.fromEntries(seen?.headers ?? [])).toMatchObject({
      ...{ 'idempotency-key': '"op-1"', 'if-match': '"1"', authorization: 'Bearer t' },
      'content-type': 'application/merge-patch+json',
    });
    expect(await seen?.json()).toEqual({ title: 'Tea' });
  });

  test('NW13 NW15 NW22: follows no redirect, takes nothing from a cache, tells no referrer', async () => {
    const seen: Request[] = [];
    const fetch = async (request: Request) => {
      seen.push(request);
      return json(record);
    };
    const transport = rest({ baseUrl: base })({ ...browserEnv, fetch });
    await transport.push(sealed('update'), todo, signal);
    await transport.read(todo, 'a', signal);
    const common = { redirect: 'error', referrerPolicy: 'no-referrer' };
    // A write is never answered from a cache, and `no-store` would cost it a preflight each time.
    expect(seen[0]).toMatchObject({ ...common, method: 'PATCH', cache: 'default' });
    expect(seen[1]).toMatchObject({ ...common, method: 'GET', cache: 'no-store' });
  });

  test('S11: sends what changed; nested keys that went are null', () => {
    const from = { id: 'a', tags: { a: 1, b: 2 }, title: 'Tea' };
    const changes = { tags: { a: 1 }, title: 'Tea', note: null };
    const wire = sealRequest(intent('update', { base: from, changes }), todo);
    expect(JSON.parse(wire.body ?? '')).toEqual({ tags: { b: null }, title: 'Tea', note: null });
  });

  test('goes as a whole record where null means something', () => {
    const wire = sealRequest(intent('update', { base: { id: 'x', n: 1 }, alias: 'srv' }), {
      ...todo,
      nulls: 'meaningful',
    });
    expect(wire).toMatchObject({
      method: 'PUT',
      path: 'todos/srv',
      contentType: 'application/json',
    });
    expect(JSON.parse(wire.body ?? '')).toEqual({ id: 'srv', n: 1, title: 'Tea' });
  });

  test('a create carries the id made here, unless the server makes its own', () => {
    const own = sealRequest(intent('create', { version: null }), todo);
    expect(own).toMatchObject({ method: 'POST', path: 'todos', ifMatch: null });
    expect(JSON.parse(own.body ?? '')).toEqual({ id: 'a/b', title: 'Tea' });
    const theirs = sealRequest(intent('create', { changes: { id: 'x', n: 1 } }), {
      ...todo,
      ids: 'server',
    });
    expect(JSON.parse(theirs.body ?? '')).toEqual({ n: 1 });
  });

  test('SV25: a weak validator is not sent, it would never match', () => {
    expect(sealRequest(intent('delete', { version: 'W/"3"' }), todo)).toMatchObject({
      method: 'DELETE',
      ifMatch: null,
      body: null,
    });
  });
});

describe('what an answer means', () => {
  test('200 or 201 with a record: committed, with version and last operation', async () => {
    const headers = { etag: '"2"', 'last-operation-id': 'op-1' };
    expect(await answer(() => json(record, 200, headers))).toEqual({
      ...{ kind: 'committed', version: '"2"' },
      remote: { record, version: '"2"', lastOperationId: 'op-1' },
    });
    expect(await answer(() => json(record, 201), 'create')).toMatchObject({ kind: 'committed' });
  });

  test('204 without one: committed, the record is what was sent', async () => {
    const nothing = () => new HttpResponse(null, { status: 204, headers: { etag: '"5"' } });
    expect(await answer(nothing)).toEqual({ kind: 'committed', remote: null, version: '"5"' });
    expect(await answer(nothing, 'delete')).toMatchObject({
      kind: 'committed',
      remote: { record: null },
    });
  });

  test.each([400, 422])('%i: refused for good, with the server’s reason', async (status) => {
    const problem = { title: 'invalid', detail: 'title must not be empty' };
    expect(await answer(() => json(problem, status))).toMatchObject({
      kind: 'rejected',
      failure: { code: 'rejected', status, message: 'title must not be empty' },
    });
  });

  test('412 and 409 with the record: a conflict', async () => {
    const body = { record, version: 7, lastOperationId: 'x' };
    for (const status of [412, 409]) {
      expect(await answer(() => json(body, status))).toEqual({
        kind: 'conflict',
        remote: { record, version: '"7"', lastOperationId: 'x' },
      });
    }
    expect(await answer(() => json({ record: null, version: null }, 412))).toMatchObject({
      remote: { record: null },
    });
    expect(await answer(() => json({ record: 3 }, 412))).toEqual({
      kind: 'conflict',
      remote: null,
    });
    expect(await answer(() => json({}, 412))).toEqual({ kind: 'conflict', remote: null });
    expect(await answer(() => json({}, 409))).toMatchObject({ kind: 'retryLater' });
  });

  test('410: a delete is done, an update meets a deleted record', async () => {
    expect(await answer(() => json({}, 410), 'delete')).toMatchObject({ kind: 'committed' });
    expect(await answer(() => json({}, 410))).toMatchObject({
      kind: 'conflict',
      remote: { record: null },
    });
    expect(await answer(() => json({}, 410), 'create')).toMatchObject({ kind: 'retryLater' });
  });

  test.each([202, 206, 401, 403, 404, 408, 418, 429, 500, 503, 511])(
    '%i is not named here: tried again with the same key',
    async (status) => {
      expect(await answer(() => json({}, status))).toMatchObject({
        kind: 'retryLater',
        failure: { status },
      });
    },
  );

  test('NW10 NW12 NW14: half an answer, a portal’s page or a foreign type is no success', async () => {
    const half = () =>
      new HttpResponse('{"id":"a","ti', { headers: { 'content-type': 'application/json' } });
    const page = () => new HttpResponse('<html>', { headers: { 'content-type': 'text/html' } });
    const foreign = () =>
      new HttpResponse('{"id":"a"}', { headers: { 'content-type': 'text/plain' } });
    for (const response of [half, page, foreign]) {
      const unreadable = { kind: 'retryLater', failure: { code: 'unreadable' } };
      expect(await answer(response)).toMatchObject(unreadable);
      expect(await answer(response, 'delete')).toMatchObject(unreadable);
    }
    expect(await answer(() => HttpResponse.json([1]))).toMatchObject({ kind: 'retryLater' });
  });

  test('SV21: an answer about another record is refused', async () => {
    expect(await answer(() => json({ id: 'other' }))).toMatchObject({ kind: 'retryLater' });
    expect(await answer(() => json({ id: 'other' }), 'create')).toMatchObject({
      kind: 'retryLater',
    });
    expect(await answer(() => json({ title: 'Tea' }))).toMatchObject({ kind: 'committed' });
  });

  test('DA1 DA10: an answer that would reach a prototype or is too deep is not kept', async () => {
    const text = (body: string) => () =>
      new HttpResponse(body, { headers: { 'content-type': 'application/json' } });
    const deep = `{"id":"a","x":${'['.repeat(100)}${']'.repeat(100)}}`;
    for (const body of ['{"id":"a","__proto__":{"x":1}}', deep]) {
      expect(await answer(text(body))).toMatchObject({
        kind: 'retryLater',
        failure: { code: 'unreadable' },
      });
    }
  });

  test('NW17: an answer without end is cut off', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(1_000_000));
    const endless = () =>
      new HttpResponse(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }), {
        headers: { 'content-type': 'application/json' },
      });
    expect(await answer(endless)).toMatchObject({
      kind: 'retryLater',
      failure: { code: 'unreadable' },
    });
  });

  test('NW1 NW9: no answer at all is a throw', async () => {
    await expect(answer(() => HttpResponse.error())).rejects.toThrow();
  });

  test('NW11: an answer that does not come within the time-out is given up', async () => {
    server.use(http.all(`${base}*`, () => new Promise<never>(() => {})));
    const push = transport({ timeout: 30 }).push(sealed('update'), todo, signal);
    await expect(push).rejects.toMatchObject({ name: 'AbortError' });
    const stopped = AbortSignal.abort();
    await expect(transport().push(sealed('update'), todo, stopped)).rejects.toThrow();
  });
});

describe('P19: a pull', () => {
  const pull = (response: () => Response, cursor: string | null = null) => {
    server.use(http.get(`${base}todos`, response));
    return transport().pull({ model: todo, cursor, limit: 10, offset: 0, filter: {} }, signal);
  };

  test('asks from the cursor and reads items, versions, tombstones', async () => {
    let url = '';
    server.use(
      http.get(`${base}todos`, ({ request }) => {
        url = request.url;
        const versions = { a: { version: 3 } };
        return json({
          items: [record],
          versions,
          deleted: [{ id: 'b', version: 2 }, 'c'],
          cursor: 'x',
          hasMore: true,
        });
      }),
    );
    const page = await transport().pull(
      { model: todo, cursor: 'c 1', limit: 10, offset: 0, filter: {} },
      signal,
    );
    expect(url).toBe(`${base}todos?since=c+1&limit=10`);
    expect(page).toEqual({
      ...{ kind: 'page', cursor: 'x', hasMore: true, epoch: null },
      deleted: [
        { id: 'b', version: '"2"' },
        { id: 'c', version: null },
      ],
      items: [{ id: 'a', record, version: '"3"', lastOperationId: null }],
    });
  });

  test('S36: understands bare lists and the usual names', async () => {
    for (const body of [
      [record],
      { data: [record] },
      { results: [record] },
      { records: [record] },
      { todo: [record] },
    ]) {
      expect(await pull(() => HttpResponse.json(body))).toMatchObject({
        kind: 'page',
        items: [{ id: 'a' }],
        cursor: null,
      });
    }
    const numbered = await pull(() => HttpResponse.json([{ id: 7 }]));
    expect(numbered).toMatchObject({ items: [{ id: '7' }] });
  });

  test('S36 SV20: what is no list is a failure, never an empty list', async () => {
    for (const body of [
      {},
      3,
      { items: [{ title: 'no id' }] },
      { items: [1] },
      { items: [], deleted: 'x' },
      { items: [], deleted: [{}] },
    ]) {
      expect(await pull(() => HttpResponse.json(body as object))).toMatchObject({
        kind: 'failed',
        failure: { code: 'unreadable' },
      });
    }
    expect(
      await pull(() => new HttpResponse('<html>', { headers: { 'content-type': 'text/html' } })),
    ).toMatchObject({ kind: 'failed' });
    expect(await pull(() => json({}, 500))).toMatchObject({
      kind: 'failed',
      failure: { code: 'server', status: 500 },
    });
  });

  test('SV27: an expired cursor is said', async () => {
    expect(await pull(() => json({}, 410), 'old')).toEqual({ kind: 'expired' });
  });
});

describe('a read and a probe', () => {
  test('give the record as it stands, none, or nothing that can be used', async () => {
    const read = (response: () => Response) => {
      server.use(http.get(`${base}todos/a`, response));
      return transport().read(todo, 'a', signal);
    };
    expect(await read(() => json(record, 200, { etag: '"4"' }))).toMatchObject({
      record,
      version: '"4"',
    });
    expect(await read(() => json({}, 404))).toMatchObject({ record: null });
    expect(await read(() => json({}, 500))).toBeNull();
  });

  test('any answer to the probe will do', async () => {
    server.use(http.get(`${base}todos`, () => json({}, 500)));
    await expect(transport().probe([todo], signal)).resolves.toBeUndefined();
    server.use(http.get(`${base}todos`, () => HttpResponse.error()));
    await expect(transport().probe([todo], signal)).rejects.toThrow();
  });
});

describe('bad configuration is refused', () => {
  test.each([
    [{ baseUrl: 'nowhere' }],
    [{ baseUrl: 'ftp://x' }],
    [{ baseUrl: 'http://example.com' }],
    [{ baseUrl: base, timeout: 0 }],
    [{ baseUrl: base, timeout: Number.NaN }],
  ])('SEC25: %j', (options) => {
    expect(() => rest(options)).toThrow(expect.objectContaining({ code: 'badConfig' }));
  });
});
