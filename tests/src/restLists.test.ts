import { describe, expect, test } from 'vitest';
import type { ListRequest } from '../../src/ports/requests.ts';
import type { PullRequest } from '../../src/ports/transport.ts';
import { against, base, json, pullRequest, record, signal, text, todo } from '../support/rest.ts';

async function pulled(body: unknown, list: ListRequest = {}, more: Partial<PullRequest> = {}) {
  const model = { ...todo, requests: { list } };
  const response = body instanceof Response ? body : json(body);
  const { transport, requests } = against(() => response);
  const answer = await transport.pull(pullRequest({ model, ...more }), signal);
  return { answer, url: requests[0]?.request.url.slice(base.length) };
}

const place = async (list: ListRequest, more: Partial<PullRequest>, count: number) => {
  const items = Array.from({ length: count }, (_, i) => ({ id: `r${i}` }));
  const { answer, url } = await pulled(items, list, more);
  return [url, answer.kind === 'page' && answer.hasMore];
};

describe('P19: a pull by cursor', () => {
  test('asks from the cursor and reads items, versions, tombstones, epoch', async () => {
    const page = {
      items: [record],
      versions: { a: { version: 3, lastOperationId: 'op-9' } },
      deleted: [{ id: 'b', version: 2 }, 'c', 4],
      ...{ cursor: 'x', hasMore: true, epoch: 'e1' },
    };
    const { answer, url } = await pulled(page, {}, { cursor: 'c 1' });
    expect(url).toBe('todos?since=c+1&limit=10');
    expect(answer).toEqual({
      ...{ kind: 'page', cursor: 'x', hasMore: true, epoch: 'e1' },
      deleted: [
        { id: 'b', version: '"2"' },
        { id: 'c', version: null },
        { id: '4', version: null },
      ],
      items: [{ id: 'a', record, version: '"3"', lastOperationId: 'op-9' }],
    });
  });

  test.each<[unknown, string | null]>([
    [0, '0'],
    [17, '17'],
    ['0', '0'],
    ['', null],
    [null, null],
    [false, null],
  ])('P19: the cursor %j is taken as %j', async (cursor, taken) => {
    const { answer } = await pulled({ items: [record], cursor });
    expect(answer).toMatchObject({ kind: 'page', cursor: taken });
  });

  test.each([[{ id: 7 }], [['a', 1]], [true]])(
    'P19: a cursor that could not be sent back (%j) is told, not taken for the end of the list',
    async (mark) => {
      for (const name of ['cursor', 'epoch']) {
        const { answer } = await pulled({ items: [record], [name]: mark });
        const message = `the ${name} is neither text nor a number`;
        expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'unreadable', message } });
      }
    },
  );

  test('P19: what makes a page of the answer hears which cursor it was asked from', async () => {
    const list: ListRequest = {
      responseTransformer: (items, cursor) => ({ items, cursor: cursor ?? 'none' }),
    };
    expect((await pulled([record], list, { cursor: 'c1' })).answer).toMatchObject({ cursor: 'c1' });
    expect((await pulled([record], list)).answer).toMatchObject({ cursor: 'none' });
  });

  test('SV27: an expired cursor is said; without one 410 is a wrong address', async () => {
    expect((await pulled(json({}, 410), {}, { cursor: 'old' })).answer).toEqual({
      kind: 'expired',
    });
    expect((await pulled(json({}, 410))).answer).toMatchObject({ kind: 'held', by: 'deployment' });
  });

  test('S18 P26: a filter goes as parameters, lists as several, plain data as JSON', async () => {
    const filter = { list: 'l 1', tag: ['x', 'y'], done: false, range: { gte: 3 } };
    const { url } = await pulled([], {}, { filter });
    const parameters = new URLSearchParams(url?.split('?')[1]);
    expect([...parameters]).toEqual([
      ...[
        ['limit', '10'],
        ['list', 'l 1'],
        ['tag', 'x'],
        ['tag', 'y'],
      ],
      ...[
        ['done', 'false'],
        ['range', '{"gte":3}'],
      ],
    ]);
  });

  test('S20: a filter’s field may stand in the address instead', async () => {
    const list = { url: 'lists/{list}/todos' };
    const { url } = await pulled([], list, { filter: { list: 'l/1', done: true } });
    expect(url).toBe('lists/l%2F1/todos?limit=10&done=true');
  });

  test('S18: what is to be passed over is sent, and a server that goes on without cursors is asked for more', async () => {
    expect((await pulled([], {}, { offset: 40 })).url).toBe('todos?limit=10&offset=40');
    expect((await pulled([], {}, { cursor: 'c', offset: 40 })).url).toBe(
      'todos?since=c&limit=10&offset=40',
    );
    expect((await pulled([], {}, { offset: 0 })).url).toBe('todos?limit=10');
    const own = { urlParameters: { skip: '{offset}' } };
    expect((await pulled([], own, { offset: 40 })).url).toBe('todos?skip=40&limit=10');
    const fixed = { urlParameters: { offset: 3 } };
    expect((await pulled([], fixed, { offset: 40 })).url).toBe('todos?offset=3&limit=10');
  });

  test('S20 P11: a place that neither the filter nor the page can fill is told as such, and nothing is sent', async () => {
    const { answer, url } = await pulled([], { url: 'lists/{lst}/todos' }, { filter: { list: 1 } });
    expect(url).toBeUndefined();
    expect(answer).toMatchObject({
      ...{ kind: 'failed', failure: { code: 'misdeployed' } },
    });
    expect(answer).toMatchObject({ failure: { message: expect.stringContaining('"lst"') } });
  });

  test('S20: parameters of other names take the place of the usual ones', async () => {
    const list = { urlParameters: { updated_after: '{cursor}', per_page: '{limit}' } };
    expect((await pulled([], list, { cursor: 'c1' })).url).toBe(
      'todos?updated_after=c1&per_page=10',
    );
    expect((await pulled([], list)).url).toBe('todos?per_page=10');
  });

  test('S20: parts of a page may have other names, dots lead deeper', async () => {
    const parts = {
      ...{ items: 'result.docs', cursor: 'meta.next', hasMore: 'meta.next' },
      ...{ deleted: 'meta.removed', versions: 'meta.revisions', epoch: 'meta.life' },
    };
    const meta = { next: 17, removed: ['b'], revisions: { a: 4 }, life: 2 };
    const { answer } = await pulled({ result: { docs: [record] }, meta }, { parts });
    expect(answer).toMatchObject({
      items: [{ id: 'a', version: '"4"' }],
      deleted: [{ id: 'b' }],
      ...{ cursor: '17', hasMore: true, epoch: '2' },
    });
    const last = await pulled({ result: { docs: [] }, meta: { next: null } }, { parts });
    expect(last.answer).toMatchObject({ items: [], cursor: null, hasMore: false });
  });

  test('S20: the list stands under responseDataKey, what is said of the page around it', async () => {
    const list: ListRequest = {
      responseDataKey: 'documents',
      responseTransformer: (data) => (data as { active: boolean }[]).filter((it) => it.active),
    };
    const documents = [
      { id: 'a', active: true },
      { id: 'b', active: false },
    ];
    const { answer } = await pulled({ documents, cursor: 'c', hasMore: true }, list);
    expect(answer).toMatchObject({ items: [{ id: 'a' }], cursor: 'c', hasMore: true });
  });

  test('S20: a transformer may make the page', async () => {
    const list: ListRequest = {
      responseTransformer: () => ({ items: [{ id: 1 }], deleted: ['b'], cursor: 'made' }),
    };
    const { answer } = await pulled({ odd: true }, list);
    expect(answer).toMatchObject({ items: [{ id: '1' }], deleted: [{ id: 'b' }], cursor: 'made' });
  });
});

describe('S19: pages by place', () => {
  test('by offset: a full page has more behind it, one that is not full is the last', async () => {
    const list = { urlParameters: { skip: '{offset}', take: '{limit}' } };
    expect(await place(list, { offset: 0, limit: 2 }, 2)).toEqual(['todos?skip=0&take=2', true]);
    expect(await place(list, { offset: 2, limit: 2 }, 1)).toEqual(['todos?skip=2&take=2', false]);
    expect(await place(list, { offset: 4, limit: 2 }, 0)).toEqual(['todos?skip=4&take=2', false]);
  });

  test('by number of the page, in the address as well; the server’s own limit counts', async () => {
    const list = { url: 'todos/page/{page}', limit: 3 };
    expect(await place(list, { offset: 0 }, 3)).toEqual(['todos/page/1?limit=3', true]);
    expect(await place(list, { offset: 6 }, 2)).toEqual(['todos/page/3?limit=3', false]);
    const fixed = { urlParameters: { page: '{page}', limit: 2 } };
    expect(await place(fixed, { offset: 4 }, 2)).toEqual(['todos?page=3&limit=2', true]);
  });

  test('no cursor is sent, and the server’s own word on what is left counts', async () => {
    const list = { urlParameters: { skip: '{offset}' } };
    const { answer, url } = await pulled({ items: [record], hasMore: true }, list, { cursor: 'c' });
    expect(url).toBe('todos?skip=0&limit=10');
    expect(answer).toMatchObject({ hasMore: true });
  });
});

describe('S19 P19: a cursor in the answer to a page by place', () => {
  const page = { items: [{ id: 'a' }, { id: 'b' }], cursor: 'x' };

  test('says nothing: the next page is the next place, and no pull begins behind it', async () => {
    const list = { urlParameters: { page: '{page}' }, limit: 2 };
    expect((await pulled(page, list)).answer).toMatchObject({ cursor: null, hasMore: true });
  });

  test('counts where the address names it', async () => {
    const list = { urlParameters: { after: '{cursor}', skip: '{offset}' }, limit: 2 };
    const { answer, url } = await pulled(page, list, { cursor: 'c' });
    expect(answer).toMatchObject({ cursor: 'x', hasMore: true });
    expect(url).toBe('todos?after=c&skip=0&limit=2');
  });
});

describe('S36: what servers call a list', () => {
  test('bare lists and the usual names are understood, numbers may be ids', async () => {
    for (const body of [
      [record],
      { items: [record] },
      { data: [record] },
      { results: [record] },
      { records: [record] },
      { todo: [record] },
    ]) {
      const { answer } = await pulled(body);
      expect(answer).toMatchObject({ kind: 'page', items: [{ id: 'a' }], cursor: null });
    }
    expect((await pulled([{ id: 7 }])).answer).toMatchObject({ items: [{ id: '7' }] });
    const nothingGone = await pulled({ items: [], deleted: null });
    expect(nothingGone.answer).toMatchObject({ kind: 'page' });
  });

  test('SV20: what is no list is a failure, never an empty list', async () => {
    for (const body of [
      ...[{}, 3, null, { items: [{ title: 'no id' }] }, { items: [1] }, { items: 'x' }],
      ...[
        { items: [], deleted: 'x' },
        { items: [], deleted: [{}] },
      ],
    ]) {
      const { answer } = await pulled(body);
      expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'unreadable' } });
    }
    for (const half of ['{"items":[', '']) {
      const { answer } = await pulled(text(half, 'application/json'));
      expect(answer).toMatchObject({ kind: 'failed', failure: { code: 'unreadable' } });
    }
    const configured = await pulled({ items: [record] }, { parts: { items: 'docs' } });
    expect(configured.answer).toMatchObject({ kind: 'failed' });
  });
});

describe('what the answer to a pull means for the line', () => {
  test.each([
    [401, { kind: 'held', by: 'auth' }],
    [404, { kind: 'held', by: 'deployment' }],
    [405, { kind: 'held', by: 'deployment' }],
    [302, { kind: 'held', by: 'deployment' }],
    [511, { kind: 'held', by: 'deployment' }],
    [429, { kind: 'held', by: 'pause', retryIn: null }],
    [503, { kind: 'failed', failure: { code: 'server' } }],
    [500, { kind: 'failed', failure: { code: 'server' } }],
    [403, { kind: 'failed', failure: { code: 'forbidden' } }],
    [400, { kind: 'failed', failure: { code: 'rejected' } }],
    [206, { kind: 'failed', failure: { code: 'unreadable' } }],
    [202, { kind: 'failed', failure: { code: 'underWay' } }],
  ])('P11 SV2 SV6 SV7 SV14: %i', async (status, expected) => {
    expect((await pulled(json({}, status))).answer).toMatchObject(expected);
  });

  test('NW16: "not modified" is no list: it is asked for again, and never with a condition', async () => {
    const { transport, requests } = against(() => new Response(null, { status: 304 }));
    for (let i = 0; i < 2; i++) {
      const answer = await transport.pull(pullRequest({ cursor: 'c' }), signal);
      expect(answer).toMatchObject({
        kind: 'failed',
        failure: { code: 'unreadable', status: 304 },
      });
    }
    expect(await transport.read(todo, 'a', signal)).toBeNull();
    for (const { request } of requests) {
      expect([...request.headers.keys()].filter((name) => name.startsWith('if-'))).toEqual([]);
      expect(request.cache).toBe('no-store');
    }
  });

  test('P11 SV14: 503 with Retry-After pauses all of the line', async () => {
    const { answer } = await pulled(json({}, 503, { 'retry-after': '4' }));
    expect(answer).toMatchObject({ kind: 'held', by: 'pause', retryIn: 4_000 });
  });

  test('NW12: a page in the place of a list means that there is no way to the server', async () => {
    const page = text('<html>Welcome</html>', 'text/html');
    await expect(pulled(page)).rejects.toMatchObject({ code: 'remote' });
  });
});

describe('versions in lists', () => {
  const page = { items: [{ ...record, revision: 5 }], versions: { a: 3 } };
  const version = async (options: Parameters<typeof against>[1]) => {
    const { transport } = against(() => json(page), options);
    const model = { ...todo, versionField: 'revision' };
    const answer = await transport.pull(pullRequest({ model }), signal);
    return answer.kind === 'page' ? answer.items[0]?.version : undefined;
  };

  test('are the field’s, the list’s, or none, as versioning says', async () => {
    expect(await version({ versioning: 'field' })).toBe('"5"');
    expect(await version({ versioning: 'etag' })).toBe('"3"');
    expect(await version({ versioning: 'none' })).toBeNull();
  });
});

describe('one record by its id', () => {
  const read = (...responses: Response[]) =>
    against(() => responses.shift() ?? json([])).transport.read(todo, 'a', signal);

  test('P11 SV14: a pause and credentials that are not accepted are for all', async () => {
    const busy = () => json({}, 503, { 'retry-after': '4' });
    expect(await read(busy())).toMatchObject({ kind: 'held', by: 'pause', retryIn: 4_000 });
    expect(await read(json({}, 429))).toMatchObject({ kind: 'held', by: 'pause' });
    expect(await read(json({}, 401))).toMatchObject({ kind: 'held', by: 'auth' });
    expect(await read(json({}, 404), busy())).toMatchObject({ kind: 'held', by: 'pause' });
  });

  test('as it stands, none, or nothing that can be used', async () => {
    const remote = { record, version: '"4"', lastOperationId: 'op-3' };
    const headers = { etag: '"4"', 'last-operation-id': 'op-3' };
    expect(await read(json(record, 200, headers))).toEqual(remote);
    expect(await read(json({ data: record }))).toMatchObject({ record });
    expect(await read(json({}, 410))).toMatchObject({ record: null });
    for (const response of [
      json(record, 500),
      json({ id: 'other' }),
      json([]),
      json({ ok: true }),
    ]) {
      expect(await read(response)).toBeNull();
    }
  });

  test('SV4 SV6: a bare 404 is believed only if it is said again where the collection itself is found', async () => {
    expect(await read(json({}, 404), json([]), json({}, 404))).toMatchObject({ record: null });
    expect(await read(json({}, 404), json([]), json(record))).toMatchObject({ record });
    expect(await read(json({}, 404), json({}, 404))).toBeNull();
    expect(await read(json({}, 404), json({}, 500))).toBeNull();
    await expect(read(json({}, 404), text('<html>', 'text/html'))).rejects.toThrow();
  });
});

describe('SV6: whether a collection answers as one', () => {
  test('2xx it does, anything else it does not; its body is left unread', async () => {
    const check = (response: Response) => against(() => response).transport.check?.(todo, signal);
    const whole = json([record]);
    expect(await check(whole)).toBe(true);
    expect(whole.bodyUsed).toBe(true);
    for (const status of [404, 405, 301, 500]) {
      expect(await check(json({}, status))).toBe(false);
    }
    expect(await check(json({}, 401))).toMatchObject({ kind: 'held', by: 'auth' });
    expect(await check(json({}, 429))).toMatchObject({ kind: 'held', by: 'pause' });
  });
});
