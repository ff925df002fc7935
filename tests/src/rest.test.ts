import { HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Transport } from '../../src/index.ts';
import { sealRequest } from '../../src/rest/seal.ts';
import { rest } from '../../src/rest.ts';
import type { Intent } from '../../store/seal.ts';
import {
  base,
  intent as intentOf,
  record,
  sealed as sealedOf,
  signal,
  todo,
} from '../support/rest.ts';

const server = setupServer();

beforeAll(() => server.listen());
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

function transport(options: Partial<Parameters<typeof rest>[0]> = {}): Transport {
  return rest({ baseUrl: base, ...options })(browserEnv);
}

const intent = (kind: Intent['kind'], more: Partial<Intent> = {}) =>
  intentOf(kind, { recordId: 'a/b', ...more });
const sealed = (kind: Intent['kind'], more: Partial<Intent> = {}) =>
  sealedOf(kind, { recordId: 'a/b', ...more });

function answer(response: () => Response) {
  server.use(http.all(`${base}*`, response));
  return transport().push(sealed('update', { recordId: 'a' }), todo, signal);
}

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

describe('over the platform’s fetch', () => {
  test('what the server says comes back as an answer', async () => {
    const headers = { etag: '"2"', 'last-operation-id': 'op-1' };
    expect(await answer(() => json(record, 200, headers))).toEqual({
      ...{ kind: 'committed', version: '"2"' },
      remote: { record, version: '"2"', lastOperationId: 'op-1' },
    });
  });

  test('NW13 NW15: a redirect is told and not followed', async () => {
    let followed = 0;
    server.use(
      http.all('https://portal.example/*', () => {
        followed++;
        return new HttpResponse('<html>Log in</html>');
      }),
    );
    const redirect = () =>
      new HttpResponse(null, {
        status: 302,
        headers: { location: 'https://portal.example/login' },
      });
    expect(await answer(redirect)).toMatchObject({ kind: 'held', by: 'deployment' });
    expect(followed).toBe(0);
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
