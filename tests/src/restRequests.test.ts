import { describe, expect, test } from 'vitest';
import type { RestRequest, RestRequests } from '../../src/ports/requests.ts';
import type { ModelWire } from '../../src/ports/transport.ts';
import type { RestOptions } from '../../src/rest.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';
import { against, base, json, pullRequest, record, sealed, signal, todo } from '../support/rest.ts';

function shaped(requests: RestRequests, more: Partial<ModelWire> = {}): ModelWire {
  return { ...todo, ...more, requests };
}

const body = (request: SealedRequest): unknown => JSON.parse(request.body ?? 'null');
const list = { listId: 'l 1', priority: 3, open: true };

describe('S20: a model shapes each kind of request', () => {
  test('create: method, url with fields, parameters, headers, wrapping, data beside it', () => {
    const model = shaped({
      create: {
        method: 'PUT',
        url: 'lists/{listId}/todos/{id}?v=2',
        urlParameters: { notify: true, level: '{priority}' },
        headers: { 'X-Client': 'kit', 'Content-Type': 'application/vnd.api+json' },
        topLevelKey: 'document',
        supplementalTopLevelData: { collectionId: 'todos' },
      },
    });
    const request = sealed('create', { changes: { ...list, title: 'Tea' }, version: null }, model);
    expect(request).toMatchObject({
      method: 'PUT',
      path: 'lists/l%201/todos/a',
      query: '?v=2&notify=true&level=3',
      contentType: 'application/vnd.api+json',
      headers: { 'x-client': 'kit' },
    });
    expect(body(request)).toEqual({
      document: { ...list, title: 'Tea', id: 'a' },
      collectionId: 'todos',
    });
  });

  test('update: the url names where the record stands, not where a change would move it', () => {
    const model = shaped({ update: { url: 'lists/{listId}/todos/{id}' } });
    const intent = { base: { id: 'a', listId: 'old' }, changes: { listId: 'new' } };
    const request = sealed('update', intent, model);
    expect(request).toMatchObject({ method: 'PATCH', path: 'lists/old/todos/a' });
    expect(body(request)).toEqual({ listId: 'new' });
  });

  test('update: PUT sends the whole record, POST the changes as plain JSON', () => {
    const intent = { base: { id: 'a', n: 1 }, changes: { title: 'Tea' } };
    const put = sealed('update', intent, shaped({ update: { method: 'PUT' } }));
    expect(put).toMatchObject({ method: 'PUT', contentType: 'application/json' });
    expect(body(put)).toEqual({ id: 'a', n: 1, title: 'Tea' });
    const post = sealed('update', intent, shaped({ update: { method: 'POST' } }));
    expect(post).toMatchObject({ method: 'POST', contentType: 'application/json' });
    expect(body(post)).toEqual({ title: 'Tea' });
  });

  test('update: PATCH where nulls mean something sends the changed fields as they are', () => {
    const intent = { base: { id: 'a', tags: { x: 1, y: 2 } }, changes: { tags: { x: null } } };
    const model = shaped({ update: { method: 'PATCH' } }, { nulls: 'meaningful' });
    const request = sealed('update', intent, model);
    expect(request).toMatchObject({ method: 'PATCH', contentType: 'application/json' });
    expect(body(request)).toEqual({ tags: { x: null } });
  });

  test('an address that does not name the record leaves it to the body', () => {
    const model = shaped({
      update: { method: 'POST', url: 'todos/update', topLevelKey: 'todo' },
      delete: { method: 'POST', url: 'todos/delete' },
    });
    expect(body(sealed('update', { alias: 'srv' }, model))).toEqual({
      todo: { title: 'Tea', id: 'srv' },
    });
    const remove = sealed('delete', { alias: 'srv', changes: {} }, model);
    expect(remove).toMatchObject({ method: 'POST', path: 'todos/delete' });
    expect(body(remove)).toEqual({ id: 'srv' });
  });

  test('a parameter that the url names stands there, and not behind the ?', () => {
    const update = { url: 'users/{userId}/{id}', urlParameters: { userId: 'u 1', v: 2 } };
    expect(sealed('update', {}, shaped({ update }))).toMatchObject({
      ...{ path: 'users/u%201/a', query: '?v=2' },
    });
  });

  test('delete: url and parameters; no body', () => {
    const model = shaped({ delete: { url: '{endpoint}/{id}/trash', urlParameters: { hard: 1 } } });
    expect(sealed('delete', { changes: {} }, model)).toMatchObject({
      ...{ method: 'DELETE', path: 'todos/a/trash', query: '?hard=1', body: null },
    });
  });

  test('read: url, headers, where the record stands, and how it is made of that', async () => {
    const model = shaped({
      read: {
        url: 'one/{id}',
        headers: { 'x-view': 'full' },
        responseDataKey: 'result.document',
        responseTransformer: (data) => ({ ...(data as object), seen: true }),
      },
    });
    const { transport, requests } = against(() => json({ result: { document: record } }));
    expect(await transport.read(model, 'a', signal)).toMatchObject({
      record: { ...record, seen: true },
    });
    expect(requests[0]?.request.url).toBe(`${base}one/a`);
    expect(requests[0]?.request.headers.get('x-view')).toBe('full');
  });

  test('list: method POST sends what would be parameters in its body', async () => {
    const model = shaped({
      list: {
        method: 'POST',
        url: 'todos/search',
        topLevelKey: 'query',
        supplementalTopLevelData: { databaseId: 'main' },
        responseDataKey: 'found',
      },
    });
    const { transport, requests } = against(() => json({ found: [record], cursor: 'c2' }));
    const pulled = transport.pull(
      pullRequest({ model, cursor: 'c1', filter: { list: 'x' } }),
      signal,
    );
    expect(await pulled).toMatchObject({ items: [{ id: 'a' }], cursor: 'c2' });
    expect(requests[0]?.request.url).toBe(`${base}todos/search`);
    expect(requests[0]?.body).toEqual({
      query: { since: 'c1', limit: 10, list: 'x' },
      databaseId: 'main',
    });
  });
});

describe('S20: the answer to a shaped request', () => {
  const push = (requests: RestRequests, response: Response, kind: Intent['kind'] = 'update') => {
    const model = shaped(requests);
    return against(() => response).transport.push(sealed(kind, {}, model), model, signal);
  };

  test('the record is taken from under its key, and made of what came', async () => {
    const update: RestRequest<'PATCH'> = {
      responseDataKey: 'data.todo',
      responseTransformer: (data) => ({ ...(data as object), title: 'Green tea' }),
    };
    expect(await push({ update }, json({ data: { todo: { title: 'Tea' } } }))).toMatchObject({
      kind: 'committed',
      remote: { record: { title: 'Green tea' } },
    });
  });

  test('SV21: whose answer it is, is known whatever the address', async () => {
    const update = { url: 'any/{id}/where', topLevelKey: 'todo' };
    expect(await push({ update }, json(record))).toMatchObject({ kind: 'committed' });
    expect(await push({ update }, json({ id: 'other' }))).toMatchObject({ kind: 'retryLater' });
    const create = { topLevelKey: 'todo' };
    expect(await push({ create }, json(record), 'create')).toMatchObject({ kind: 'committed' });
    expect(await push({ create }, json({ id: 'other' }), 'create')).toMatchObject({
      kind: 'unclear',
    });
  });

  test('SV20: a transformer that throws, or makes what can’t be kept, spoils nothing', async () => {
    const made = [
      () => {
        throw new Error('a secret of the app');
      },
      () => new Map(),
      () => 'a text',
    ];
    for (const responseTransformer of made) {
      const answer = await push({ update: { responseTransformer } }, json(record));
      expect(answer).toMatchObject({ kind: 'retryLater', failure: { code: 'unreadable' } });
      expect(JSON.stringify(answer)).not.toContain('secret');
    }
    const missing = await push({ update: { responseDataKey: 'x.y' } }, json(record));
    expect(missing).toMatchObject({ kind: 'retryLater' });
    const none = await push({ update: { responseTransformer: () => undefined } }, json(record));
    expect(none).toMatchObject({ kind: 'committed', remote: null });
  });

  test('SV10: the record of a conflict is made in the same way', async () => {
    const update: RestRequest<'PATCH'> = {
      responseTransformer: (data) => ({ ...(data as object), mine: 1 }),
    };
    expect(await push({ update }, json({ record, version: 2 }, 412))).toMatchObject({
      kind: 'conflict',
      remote: { record: { ...record, mine: 1 }, version: '"2"' },
    });
    const bare = await push({ update: { responseDataKey: 'data' } }, json({ data: record }, 409));
    expect(bare).toMatchObject({ kind: 'conflict', remote: { record } });
  });

  test('SV22: a create without an answer’s body is what was sent, out of its wrapping', async () => {
    const model = shaped({ create: { topLevelKey: 'todo' } }, { ids: 'server' });
    const response = new Response(null, { status: 201, headers: { location: '/todos/7' } });
    const { transport } = against(() => response);
    const answer = await transport.push(sealed('create', {}, model), model, signal);
    expect(answer).toMatchObject({ remote: { record: { id: '7', title: 'Tea' } } });
  });
});

describe('S20: levels', () => {
  const options: Partial<RestOptions> = {
    requests: {
      update: {
        method: 'PUT',
        url: 'v2/{endpoint}/{id}',
        headers: { 'x-all': '1', 'x-which': 'all' },
      },
    },
  };

  test('what all models say, then the model, then the call; headers are laid over each other', () => {
    const all = sealed('update', {}, todo, options);
    expect(all).toMatchObject({ method: 'PUT', path: 'v2/todos/a', headers: { 'x-which': 'all' } });
    const model = shaped({ update: { headers: { 'X-Which': 'model' }, method: 'PATCH' } });
    const request = { method: 'POST', headers: { 'x-call': '1' } };
    expect(sealed('update', { request }, model, options)).toMatchObject({
      method: 'POST',
      path: 'v2/todos/a',
      headers: { 'x-all': '1', 'x-which': 'model', 'x-call': '1' },
    });
  });

  test('a call’s way is kept with its request, as far as its answer needs it', async () => {
    const request = { url: 'x/{id}', responseDataKey: 'inner', timeoutMillis: 50, retryCount: 1 };
    const made = sealed('update', { request });
    expect(made.notes).toEqual({
      id: 'a',
      url: 'x/{id}',
      responseDataKey: 'inner',
      timeoutMillis: 50,
      retryCount: 1,
    });
    const { transport } = against(() => json({ inner: record }));
    expect(await transport.push(made, todo, signal)).toMatchObject({ remote: { record } });
  });

  test('S20 P17: a call that names the record behind the ? is a conflict where nothing matches', async () => {
    for (const request of [
      { url: 'todos?id=eq.{id}' },
      { url: 'todos', urlParameters: { id: 'eq.{id}' } },
    ]) {
      const made = sealed('update', { request });
      const { transport } = against(() => json([]));
      expect(await transport.push(made, todo, signal)).toEqual({ kind: 'conflict', remote: null });
    }
  });

  test('S20 SV22: data beside a record that was made is no part of it', async () => {
    const model = shaped(
      { create: { supplementalTopLevelData: { by: 'kit' } } },
      { ids: 'server' },
    );
    const response = new Response(null, { status: 201, headers: { location: '/todos/7' } });
    const { transport } = against(() => response);
    const answer = await transport.push(sealed('create', {}, model), model, signal);
    expect(answer).toMatchObject({ remote: { record: { id: '7', title: 'Tea' } } });
    expect(JSON.stringify(answer)).not.toContain('kit');
  });

  test('a request without a way of its own carries no notes', () => {
    expect(sealed('update')).not.toHaveProperty('notes');
    expect(sealed('update')).not.toHaveProperty('headers');
  });

  test('S18: a single pull or read can be shaped, too', async () => {
    const { transport, requests } = against(() => json([record]));
    await transport.pull(
      pullRequest({ request: { url: 'fresh', headers: { 'x-a': '1' } } }),
      signal,
    );
    await transport.read(todo, 'a', signal, { url: 'one/{id}' });
    expect(requests.map(({ request }) => request.url)).toEqual([
      `${base}fresh?limit=10`,
      `${base}one/a`,
    ]);
  });

  test('sealing is pure: the same intent is the same request', () => {
    const model = shaped({ update: { url: 'lists/{listId}/{id}', urlParameters: { a: '{b}' } } });
    const intent = { base: { id: 'a', listId: 'l', b: 2 } };
    expect(sealed('update', intent, model)).toEqual(sealed('update', intent, model));
  });
});

describe('SEC25: where a url leads', () => {
  const update = (url: string, more: Partial<Intent> = {}) =>
    sealed('update', more, shaped({ update: { url } }));

  test('every value is one segment', () => {
    const base = { id: 'a', listId: '../../admin?x=1#y' };
    const { path, query } = update('lists/{listId}/{id}', { base });
    expect(path).toBe('lists/..%2F..%2Fadmin%3Fx%3D1%23y/a');
    expect(query).toBe('');
  });

  test.each(['', '.', '..'])('a value of %j is refused: it would lead elsewhere', (listId) => {
    expect(() => update('lists/{listId}/{id}', { base: { id: 'a', listId } })).toThrow(
      expect.objectContaining({ code: 'badData' }),
    );
  });

  test.each(['.', '..'])(
    'an id of the server’s that would lead elsewhere (%s) is refused',
    (alias) => {
      expect(() => sealed('update', { alias })).toThrow(
        expect.objectContaining({ code: 'badData' }),
      );
    },
  );

  test('what the record does not have can’t be sent, and half a character neither', () => {
    for (const listId of [undefined, null, {}, '\ud800']) {
      const base = { id: 'a', ...(listId !== undefined && { listId }) };
      expect(() => update('lists/{listId}/{id}', { base })).toThrow(
        expect.objectContaining({ code: 'badData' }),
      );
    }
  });

  test('behind the ? what has no value is left out', () => {
    const { query } = update('todos/{id}?list={listId}&x=1');
    expect(query).toBe('?x=1');
  });

  test('a path may end in a slash', () => {
    expect(update('todos/{id}/').path).toBe('todos/a/');
  });

  test.each(['todos/{slug}', 'todos/{slug}/', '{endpoint}/{slug}', '{slug}'])(
    'an empty value at the end of %s is refused: it would lead to the collection',
    (url) => {
      expect(() => update(url, { base: { id: 'a', slug: '' } })).toThrow(
        expect.objectContaining({ code: 'badData' }),
      );
    },
  );

  test('an absolute url keeps its origin, and names its line', async () => {
    const options = { origins: ['https://files.example.com'] };
    const model = shaped({ update: { url: 'https://files.example.com/t/{id}?x=1' } });
    const request = sealed('update', {}, model, options);
    expect(request).toMatchObject({ path: 'https://files.example.com/t/a', query: '?x=1' });
    const { transport, requests } = against(() => json(record), options);
    expect(await transport.push(request, model, signal)).toMatchObject({ kind: 'committed' });
    expect(requests[0]?.request.url).toBe('https://files.example.com/t/a?x=1');
    expect(transport.originOf?.(request.path)).toBe('https://files.example.com');
    expect(transport.originOf?.('todos/a')).toBe('https://api.example.com');
  });

  test('SEC15 SEC21: a url from the disk that no option allows (any more) is not sent', async () => {
    const { transport, requests } = against(() => json(record));
    const request = { ...sealed('update'), path: 'https://evil.example.com/t/a' };
    expect(await transport.push(request, todo, signal)).toMatchObject({
      ...{ kind: 'rejected', failure: { code: 'rejected' } },
    });
    expect(requests).toEqual([]);
  });
});

describe('S20: timeoutMillis and retryCount', () => {
  test('NW11: a request of its own time-out is given up by it', async () => {
    const model = shaped({ update: { timeoutMillis: 20 } });
    const { transport } = against(() => new Promise<never>(() => {}));
    const push = transport.push(sealed('update', {}, model), model, signal);
    await expect(push).rejects.toMatchObject({ name: 'AbortError' });
  });

  const counted = (retryCount: number, answers: (() => Response)[]) => {
    const model = shaped({ update: { retryCount } });
    const quick = {
      setTimer: (_: number, callback: () => void, label: string) =>
        label === 'resend' ? Number(setTimeout(callback, 0)) : 0,
      clearTimer: () => {},
    };
    const left = [...answers];
    const { transport, requests } = against(
      () => (left.shift() ?? (() => json(record)))(),
      {},
      quick,
    );
    const push = transport.push(sealed('update', {}, model), model, signal);
    return { push, keys: () => requests.map((it) => it.request.headers.get('idempotency-key')) };
  };
  const broken = () => {
    throw new TypeError('fetch failed');
  };

  test('quick resends carry the same key and stop at the first word that says something', async () => {
    const { push, keys } = counted(3, [() => json({}, 500), broken]);
    expect(await push).toMatchObject({ kind: 'committed' });
    expect(keys()).toEqual(['"op-1"', '"op-1"', '"op-1"']);
  });

  test('nothing else is sent again: a no, a pause, a conflict are the server’s word', async () => {
    for (const response of [json({}, 422), json({}, 429), json({}, 412), json({}, 401)]) {
      const { push, keys } = counted(3, [() => response]);
      await push;
      expect(keys()).toHaveLength(1);
    }
  });

  test('the last word counts, whether an answer or a failure of the wire', async () => {
    const busy = counted(1, [broken, () => json({}, 500)]);
    expect(await busy.push).toMatchObject({ kind: 'retryLater', failure: { status: 500 } });
    const away = counted(1, [() => json({}, 500), broken]);
    await expect(away.push).rejects.toThrow('fetch failed');
    expect(away.keys()).toHaveLength(2);
  });

  test('who is stopped sends nothing more', async () => {
    const model = shaped({ update: { retryCount: 5 } });
    const stop = new AbortController();
    const { transport, requests } = against(() => {
      stop.abort();
      throw new TypeError('fetch failed');
    });
    await expect(transport.push(sealed('update', {}, model), model, stop.signal)).rejects.toThrow();
    expect(requests).toHaveLength(1);
  });
});
