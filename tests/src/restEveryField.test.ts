import { describe, expect, test } from 'vitest';
import type { ListRequest, RestRequest, RestVerb } from '../../src/ports/requests.ts';
import type { ModelWire } from '../../src/ports/transport.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { fetching } from '../support/fetching.ts';
import { against, base, json, pullRequest, record, sealed, signal, todo } from '../support/rest.ts';
import { deviceEnv, makeDevice } from '../support/world.ts';

type Way = Omit<ListRequest, 'method'> & Pick<RestRequest, 'method'>;
const verbs: readonly RestVerb[] = ['create', 'update', 'delete', 'read', 'list'];
const levels = ['all models', 'one model', 'one call'] as const;
type Level = (typeof levels)[number];

/** What left, what was waited for, what came of it. */
interface Seen {
  readonly sent: readonly {
    readonly method: string;
    /** Below the base URL. */
    readonly url: string;
    readonly headers: Headers;
    readonly body: unknown;
  }[];
  /** ms until each request is given up. */
  readonly deadlines: readonly number[];
  readonly answer: unknown;
}

interface Cell {
  readonly way: Way;
  /** What the server says, in this order; then what is usual for the verb. */
  readonly said?: readonly (() => Response)[];
  readonly holds: (seen: Seen) => void;
}

const fields = { listId: 'l 1', title: 'Tea' };
const inList = { base: { id: 'a', ...fields }, changes: { title: 'Tea' } };
/** What each kind of request is about. */
const intents = {
  create: { changes: fields, version: null },
  update: inList,
  delete: { ...inList, changes: {} },
} as const;

async function seenOf(verb: RestVerb, level: Level, { way, said = [] }: Cell): Promise<Seen> {
  const options: Partial<RestOptions> = level === 'all models' ? { requests: { [verb]: way } } : {};
  const model: ModelWire =
    level === 'one model' ? { ...todo, requests: { [verb]: way } } : { ...todo };
  const factory = rest({ baseUrl: base, ...options });
  factory.checkModel?.(model);
  const call =
    level === 'one call' ? (factory.checkCall?.(model, verb, way) as Way | undefined) : undefined;
  const deadlines: number[] = [];
  const left = [...said];
  const usual = () => json(verb === 'list' ? [record] : record);
  const { transport, requests } = against(() => (left.shift() ?? usual)(), options, {
    setTimer: (delay, callback, label) => {
      if (label === 'request') deadlines.push(delay);
      return label === 'resend' ? Number(setTimeout(callback, 0)) : 0;
    },
    clearTimer: () => {},
  });
  const made = async () => {
    if (verb === 'list') {
      const filter = { listId: 'l 1' };
      const request = call as ListRequest | undefined;
      return transport.pull(pullRequest({ model, filter, ...(request && { request }) }), signal);
    }
    if (verb === 'read') return transport.read(model, 'a', signal, call as RestRequest);
    const intent = { ...intents[verb], request: (call ?? null) as never };
    const kept = JSON.stringify(sealed(verb, intent, model, options));
    return transport.push(JSON.parse(kept) as SealedRequest, model, signal);
  };
  const answer = await made();
  const sent = requests.map(({ request, body }) => ({
    ...{ method: request.method, url: request.url.slice(base.length) },
    ...{ headers: request.headers, body },
  }));
  return { sent, deadlines, answer };
}

const first = ({ sent: [request] }: Seen) => {
  if (!request) throw new Error('nothing left');
  return request;
};
/** By POST, so that there is a body, whatever is usual. */
const posted = { method: 'POST' } as const;
const busy = () => json({}, 500);
const forAll = <V>(cell: V): Record<RestVerb, V> => ({
  ...{ create: cell, update: cell, delete: cell, read: cell, list: cell },
});

const byMethod = (method: Way['method']): Cell => ({
  way: { method } as Way,
  holds: (seen) => expect(first(seen).method).toBe(method),
});
const byUrl = (url: string, sentTo: string): Cell => ({
  way: { url },
  holds: (seen) => expect(first(seen).url).toBe(sentTo),
});
const byParameters = (sentTo: string): Cell => ({
  way: { urlParameters: { v: 2, of: '{model}', deep: true } },
  holds: (seen) => expect(first(seen).url).toBe(sentTo),
});
const byHeaders: Cell = {
  way: { headers: { 'X-Reason': 'import' } },
  holds: (seen) => expect(first(seen).headers.get('x-reason')).toBe('import'),
};
const byKey: Cell = {
  way: { ...posted, topLevelKey: 'inner' },
  holds: (seen) => expect(Object.keys(first(seen).body as object)).toEqual(['inner']),
};
const byData: Cell = {
  way: { ...posted, topLevelKey: 'inner', supplementalTopLevelData: { beside: { n: 1 } } },
  holds: (seen) => expect(first(seen).body).toMatchObject({ inner: {}, beside: { n: 1 } }),
};
const byMaking: Cell = {
  way: { ...posted, requestTransformer: (data, id) => ({ made: Object.keys(data), id }) },
  holds: (seen) => expect(first(seen).body).toMatchObject({ made: expect.any(Array), id: 'a' }),
};
/** The record that came, wherever an answer of this kind holds it. */
const cameWith = (more: object): Cell['holds'] => {
  return ({ answer }) =>
    expect(JSON.stringify(answer)).toContain(JSON.stringify(more).slice(1, -1));
};
/** A delete's record stands in a conflict alone. */
const conflicting = (body: unknown) => [() => json(body, 409)];
const under = (body: unknown) => ({ deep: { under: body } });
const isNew = { ...record, isNew: true };
const byDataKey = (body: unknown): Cell => ({
  ...{ way: { responseDataKey: 'deep.under' }, said: [() => json(under(body))] },
  holds: cameWith({ isNew: true }),
});
const byTransformer: Cell = {
  way: { responseTransformer: (data) => ({ ...(data as object), wasMade: 1 }) },
  holds: cameWith({ wasMade: 1 }),
};
const byTimeout: Cell = {
  way: { timeoutMillis: 1_234 },
  holds: ({ deadlines }) => expect(deadlines).toEqual([1_234]),
};
const byResends: Cell = {
  ...{ way: { retryCount: 2 }, said: [busy, busy] },
  holds: ({ sent, answer }) => {
    expect(sent).toHaveLength(3);
    expect(answer).not.toMatchObject({ kind: 'retryLater' });
    cameWith(sent[0]?.method === 'DELETE' ? { kind: 'committed' } : { title: 'Tea' })({
      ...{ sent, answer, deadlines: [] },
    });
  },
};

/** Every field of a request on every verb: what it does to the request or its answer, or its refusal. */
const table: { readonly [F in keyof Required<ListRequest>]: Record<RestVerb, Cell | 'refused'> } = {
  method: {
    ...{ create: byMethod('PUT'), update: byMethod('PUT'), delete: byMethod('POST') },
    ...{ read: byMethod('POST'), list: byMethod('POST') },
  },
  url: {
    create: byUrl('{model}/{endpoint}/{listId}', 'todo/todos/l%201'),
    update: byUrl('{model}/{endpoint}/{listId}/{id}?x={title}', 'todo/todos/l%201/a?x=Tea'),
    delete: byUrl('{model}/{endpoint}/{listId}/{id}', 'todo/todos/l%201/a'),
    read: byUrl('{model}/{endpoint}/one/{id}', 'todo/todos/one/a'),
    list: byUrl('{model}/{endpoint}/{listId}', 'todo/todos/l%201?limit=10'),
  },
  urlParameters: {
    create: byParameters('todos?v=2&of=todo&deep=true'),
    update: byParameters('todos/a?v=2&of=todo&deep=true'),
    delete: byParameters('todos/a?v=2&of=todo&deep=true'),
    read: byParameters('todos/a?v=2&of=todo&deep=true'),
    list: byParameters('todos?v=2&of=todo&deep=true&limit=10&listId=l+1'),
  },
  headers: forAll(byHeaders),
  topLevelKey: forAll(byKey),
  supplementalTopLevelData: forAll(byData),
  requestTransformer: {
    ...{ create: byMaking, update: byMaking, delete: byMaking },
    ...{ read: 'refused', list: 'refused' },
  },
  responseDataKey: {
    ...{ create: byDataKey(isNew), update: byDataKey(isNew), read: byDataKey(isNew) },
    delete: { ...byDataKey(isNew), said: conflicting(under(isNew)) },
    list: byDataKey([isNew]),
  },
  responseTransformer: {
    ...{ create: byTransformer, update: byTransformer, read: byTransformer },
    delete: { ...byTransformer, said: conflicting(record) },
    list: {
      way: {
        responseTransformer: (data) => (data as object[]).map((it) => ({ ...it, wasMade: 1 })),
      },
      holds: cameWith({ wasMade: 1 }),
    },
  },
  timeoutMillis: forAll(byTimeout),
  retryCount: forAll(byResends),
  parts: {
    ...forAll('refused' as const),
    list: {
      way: { parts: { items: 'found' } },
      said: [() => json({ found: [isNew] })],
      holds: cameWith({ isNew: true }),
    },
  },
  limit: {
    ...forAll('refused' as const),
    list: {
      way: { limit: 4 },
      holds: (seen) => expect(first(seen).url).toBe('todos?limit=4&listId=l+1'),
    },
  },
};

const needsFunction = new Set(['requestTransformer', 'responseTransformer']);
const refusedWay: Way = { requestTransformer: () => ({}), parts: { items: 'x' }, limit: 3 };

const cases = verbs.flatMap((verb) =>
  levels.flatMap((level) =>
    (Object.keys(table) as (keyof typeof table)[]).map((field) => {
      const cell = table[field][verb];
      const isRefused = cell === 'refused' || (level === 'one call' && needsFunction.has(field));
      return { verb, level, field, cell, isRefused };
    }),
  ),
);

describe('S20: every field of a request, on every verb, for all models, one model and one call', () => {
  test.each(cases.filter(({ isRefused }) => !isRefused))(
    '$field of $verb ($level) does what it says',
    async ({ verb, level, cell }) => {
      const accepted = cell as Cell;
      accepted.holds(await seenOf(verb, level, accepted));
    },
  );

  test.each(cases.filter(({ isRefused }) => isRefused))(
    '$field of $verb ($level) is refused, not dropped',
    async ({ verb, level, field, cell }) => {
      const way = cell === 'refused' ? { [field]: refusedWay[field] } : (cell as Cell).way;
      const made = seenOf(verb, level, { way, holds: () => {} });
      await expect(made).rejects.toMatchObject({
        code: level === 'one call' ? 'badData' : 'badConfig',
        message: expect.stringContaining(`.${field} must`),
      });
    },
  );

  test.each(verbs)('the content type of %s is the one that is said', async (verb) => {
    const way = { ...posted, headers: { 'Content-Type': 'application/x+json' } };
    for (const level of levels) {
      const seen = await seenOf(verb, level, { way, holds: () => {} });
      expect(first(seen).headers.get('content-type')).toBe('application/x+json');
    }
  });

  test('S20: without any of them every request is the usual one', async () => {
    const usual = await Promise.all(
      verbs.map((verb) => seenOf(verb, 'one model', { way: {}, holds: () => {} })),
    );
    expect(usual.map((seen) => `${first(seen).method} ${first(seen).url}`)).toEqual([
      ...['POST todos', 'PATCH todos/a', 'DELETE todos/a', 'GET todos/a'],
      'GET todos?limit=10&listId=l+1',
    ]);
    expect(usual.map(({ deadlines }) => deadlines)).toEqual(Array(5).fill([30_000]));
    const refusedOnce = await seenOf('list', 'one model', {
      ...{ way: {}, said: [busy], holds: () => {} },
    });
    expect(refusedOnce.sent).toHaveLength(1);
  });
});

describe('S20: the question whether the collection is there', () => {
  const model = (list: ListRequest, more: Partial<ModelWire> = {}): ModelWire => ({
    ...{ ...todo, ...more, requests: { list } },
  });
  const quick = {
    setTimer: (_: number, callback: () => void, label: string) =>
      label === 'resend' ? Number(setTimeout(callback, 0)) : 0,
    clearTimer: () => {},
  };

  test('SV6: travels as its lists do', async () => {
    const list: ListRequest = {
      ...{
        method: 'POST',
        url: 'search/{endpoint}',
        headers: { 'x-a': '1' },
        topLevelKey: 'query',
      },
      ...{ timeoutMillis: 77, retryCount: 1 },
    };
    const said = [json({}, 500), json([])];
    const deadlines: number[] = [];
    const setTimer: typeof quick.setTimer = (delay, callback, label) => {
      if (label === 'request') deadlines.push(delay);
      return quick.setTimer(delay, callback, label);
    };
    const { transport, requests } = against(
      () => said.shift() as Response,
      {},
      {
        ...{ ...quick, setTimer },
      },
    );
    expect(await transport.check?.(model(list), signal)).toBe(true);
    expect(requests.map(({ request, body }) => [request.method, request.url, body])).toEqual(
      Array(2).fill(['POST', `${base}search/todos`, { query: { limit: 1 } }]),
    );
    expect(requests[0]?.request.headers.get('x-a')).toBe('1');
    expect(deadlines).toEqual([77, 77]);
  });

  test('SV6 S20: names the part of the collection that its lists are of', async () => {
    const { transport, requests } = against(() => json([]));
    const filter = { list: 'l 1', done: false };
    const there = transport.check?.(model({ url: 'lists/{list}/todos' }, { filter }), signal);
    expect(await there).toBe(true);
    expect(requests[0]?.request.url).toBe(`${base}lists/l%201/todos?limit=1&done=false`);
  });

  test('SV6 S20: where no list can be asked for, a record that is twice not found is gone', async () => {
    const said = [json({}, 404), json({}, 404)];
    const { transport, requests } = against(() => said.shift() as Response);
    const read = transport.read(model({ url: 'lists/{list}/todos' }), 'a', signal);
    expect(await read).toMatchObject({ record: null });
    expect(requests.map(({ request }) => request.url)).toEqual(Array(2).fill(`${base}todos/a`));
  });
});

describe('S20 P18: in a batch', () => {
  const batch = { batch: {} };
  const quick = (deadlines: number[]) => ({
    setTimer: (delay: number, callback: () => void, label: string) => {
      if (label === 'request') deadlines.push(delay);
      return label === 'resend' ? Number(setTimeout(callback, 0)) : 0;
    },
    clearTimer: () => {},
  });

  /** What a batch of these updates sent, to a server that answers with these first. */
  async function batched(ways: readonly Way[], said: (() => Response)[] = []) {
    const deadlines: number[] = [];
    const done = { results: ways.map((_, i) => ({ operationId: `op-${i}`, status: 204 })) };
    const { transport, requests } = against(
      () => (said.shift() ?? (() => json(done)))(),
      batch,
      quick(deadlines),
    );
    const all = ways.map((way, i) => {
      const model: ModelWire = { ...todo, requests: { update: way } } as ModelWire;
      const intent = { ...inList, key: `op-${i}`, operationIds: [`op-${i}`] };
      return { request: sealed('update', intent, model), model };
    });
    const answer = await transport.pushMany?.(all, signal);
    return { deadlines, answer, bodies: requests.map(({ body }) => body) };
  }

  test('an operation keeps its method, address, headers and body', async () => {
    const { bodies } = await batched([
      {
        ...{ method: 'POST', url: 'l/{listId}/{id}', urlParameters: { v: 2 } },
        ...{ headers: { 'X-Reason': 'x' }, topLevelKey: 'in', supplementalTopLevelData: { by: 1 } },
      },
      { requestTransformer: () => ({ made: true }) },
    ]);
    expect(bodies[0]).toMatchObject({
      operations: [
        {
          ...{ method: 'POST', path: 'l/l%201/a?v=2', headers: { 'x-reason': 'x' } },
          body: { in: { title: 'Tea' }, by: 1 },
        },
        { method: 'PATCH', path: 'todos/a', body: { made: true } },
      ],
    });
  });

  test('SEC15: a credential that stands on the disk among its headers is left out, as by itself', async () => {
    const { transport, requests } = against(() => json({ results: [] }), batch);
    const old = { ...sealed('update', inList), headers: { 'x-a': '1', authorization: 'Bearer x' } };
    const all = [old, { ...old, key: 'op-2' }].map((request) => ({ request, model: todo }));
    await transport.pushMany?.(all, signal);
    expect(requests[0]?.body).toMatchObject({ operations: [{ headers: { 'x-a': '1' } }, {}] });
    expect(JSON.stringify(requests[0]?.body)).not.toContain('Bearer');
  });

  test('it waits as long as the most patient of its operations', async () => {
    expect((await batched([{ timeoutMillis: 50 }, { timeoutMillis: 90 }])).deadlines).toEqual([90]);
    expect((await batched([{ timeoutMillis: 50 }, {}])).deadlines).toEqual([30_000]);
  });

  test('it is sent again at once as often as all of its operations may be', async () => {
    const wayAgain = [{ retryCount: 3 }, { retryCount: 2 }];
    const again = await batched(wayAgain, [busy, busy]);
    expect(again.bodies).toHaveLength(3);
    expect(again.answer).toMatchObject({ kind: 'answers' });
    const not = await batched([{ retryCount: 3 }, {}], [busy]);
    expect(not.bodies).toHaveLength(1);
    expect(not.answer).toMatchObject({ kind: 'failed', answer: { kind: 'retryLater' } });
  });
});

describe('S18 S20: one call of the app', () => {
  test('reaches the wire with all that it says, whatever it is for', async () => {
    const sent: { readonly url: string; readonly request: Request; readonly body: unknown }[] = [];
    const deadlines: number[] = [];
    const env = deviceEnv({
      fetch: fetching(async (request) => {
        const body: unknown = request.method === 'GET' ? null : await request.clone().json();
        const url = request.url.slice(base.length);
        if (url.startsWith('own')) sent.push({ url, request, body });
        // The kit's own questions: the record stands there until its delete has come.
        const isGone = sent.some((it) => it.url.includes('delete'));
        if (url === 'todos/a') return isGone ? json({}, 404) : json(record);
        return json(url.startsWith('own') && !url.includes('list') ? { at: record } : { at: [] });
      }),
    });
    const setTimer: typeof env.setTimer = (delay, callback, label) => {
      if (label === 'request') deadlines.push(delay);
      return env.setTimer(delay, callback, label);
    };
    const list = { responseDataKey: 'at' };
    const { sync } = makeDevice({
      transport: rest({ baseUrl: base, requests: { list } }),
      env: { ...env, setTimer },
    });
    sync.start();
    await sync.ready;
    const way = (what: string) => ({
      ...({
        method: 'POST',
        url: `own/${what}`,
        urlParameters: { v: 1 },
        topLevelKey: 'in',
      } as const),
      ...{ headers: { 'X-Why': what }, supplementalTopLevelData: { by: 'app' } },
      ...{ responseDataKey: 'at', timeoutMillis: 4_321, retryCount: 1 },
    });
    const { todo } = sync.models;
    const created = { id: 'a', title: 'Tea', done: false };
    await todo.create(created, { request: way('create') }).settled;
    await todo.update('a', { done: true }, { request: way('update/{id}') }).settled;
    expect(await todo.pullById('a', { request: way('read/{id}') })).toMatchObject({
      ...{ status: 'done', record: { title: 'Tea' } },
    });
    await todo.remove('a', { request: way('delete/{id}') }).settled;
    for (const call of [todo.pull, todo.fetch]) {
      expect(await call({ request: way('list') })).toMatchObject({ status: 'done' });
    }
    const urls = ['own/create?v=1', 'own/update/a?v=1', 'own/read/a?v=1', 'own/delete/a?v=1'];
    const place = 'own/list?v=1';
    expect(sent.map(({ url }) => url)).toEqual([...urls, place, place]);
    for (const { request, body } of sent) {
      expect(request.method).toBe('POST');
      expect(request.headers.get('x-why')).toMatch(/^(?:create|update|read|delete|list)/);
      expect(body).toMatchObject({ in: {}, by: 'app' });
    }
    expect(deadlines.filter((delay) => delay === 4_321)).toHaveLength(6);
    await sync.stop();
  });
});
