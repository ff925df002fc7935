import { describe, expect, test } from 'vitest';
import type { Addressed, BatchAnswer, ModelWire } from '../../src/ports/transport.ts';
import { against, base, json, now, sealed, signal, text, todo } from '../support/rest.ts';

const options = { batch: {} };
const one = (key: string, recordId = key): Addressed => ({
  request: { ...sealed('update', { recordId, key, operationIds: [key] }), key },
  model: todo,
});
const three = ['x', 'y', 'z'].map((key) => one(key));

function pushMany(response: Response, requests = three): Promise<BatchAnswer | undefined> {
  const { transport } = against(() => response, options);
  return transport.pushMany?.(requests, signal) ?? Promise.resolve(undefined);
}

async function answers(results: unknown, requests = three) {
  const answer = await pushMany(json({ results }), requests);
  if (answer?.kind !== 'answers') throw new Error(`not answers: ${JSON.stringify(answer)}`);
  return Object.fromEntries(answer.answers);
}

const ok = (operationId: string) => ({
  ...{ operationId, status: 200, record: { id: operationId, n: 1 }, version: 4 },
});

describe('P18: a batch', () => {
  test('is one request: operations with their own keys, the batch with none', async () => {
    const { transport, requests } = against(() => json({ results: [] }), {
      batch: { url: 'bulk', limit: 7 },
    });
    const own = { headers: { 'X-Why': 'old' }, urlParameters: { hard: 1 } };
    const model: ModelWire = { ...todo, requests: { delete: own } };
    const create = sealed('create', { recordId: 'n', key: 'k2' });
    const remove = sealed('delete', { recordId: 'a/b', key: 'k3', changes: {} }, model);
    await transport.pushMany?.(
      [one('x'), { request: create, model: todo }, { request: remove, model }],
      signal,
    );
    expect(transport.batchLimit).toBe(7);
    expect(requests).toHaveLength(1);
    const [{ request, body } = {}] = requests;
    expect(request).toMatchObject({ method: 'POST', url: `${base}bulk` });
    expect(request?.headers.get('idempotency-key')).toBeNull();
    const merge = { method: 'PATCH', contentType: 'application/merge-patch+json', ifMatch: '"1"' };
    const post = { method: 'POST', contentType: 'application/json' };
    const trash = { method: 'DELETE', path: 'todos/a%2Fb?hard=1', ifMatch: '"1"' };
    expect(body).toEqual({
      operations: [
        { operationId: 'x', ...merge, path: 'todos/x', body: { title: 'Tea' } },
        { operationId: 'k2', ...post, path: 'todos', body: { id: 'n', title: 'Tea' } },
        { operationId: 'k3', ...trash, headers: { 'x-why': 'old' }, body: null },
      ],
    });
  });

  test('is not there unless the option says so; 100 operations unless it says how many', () => {
    expect(against(() => json({})).transport.pushMany).toBeUndefined();
    expect(against(() => json({}), { batch: false }).transport.pushMany).toBeUndefined();
    expect(against(() => json({}), options).transport.batchLimit).toBe(100);
  });

  test('each result means what it would mean alone', async () => {
    const current = { record: { id: 'y', n: 9 }, version: 5, lastOperationId: 'other' };
    const results = [
      { ...ok('x'), lastOperationId: 'x' },
      { operationId: 'y', status: 412, ...current, error: { type: 'precondition-failed' } },
      { operationId: 'z', status: 422, error: { detail: 'no title' } },
    ];
    expect(await answers(results)).toEqual({
      x: {
        ...{ kind: 'committed', version: '"4"' },
        remote: { record: { id: 'x', n: 1 }, version: '"4"', lastOperationId: 'x' },
      },
      y: {
        kind: 'conflict',
        remote: { record: { id: 'y', n: 9 }, version: '"5"', lastOperationId: 'other' },
      },
      z: {
        kind: 'rejected',
        failure: { code: 'rejected', status: 422, message: 'no title', at: now },
      },
    });
  });

  test('SV9 SV14 SV19: a part may be under way, paused, gone, or not come to', async () => {
    const results = [
      { operationId: 'x', status: 'notAttempted' },
      { operationId: 'y', status: 409, error: { type: 'idempotency-in-progress', retryAfter: 2 } },
      { operationId: 'z', status: 410 },
    ];
    expect(await answers(results)).toMatchObject({
      x: 'notAttempted',
      y: { kind: 'underWay', retryIn: 2_000 },
      z: { kind: 'gone', certain: true },
    });
    const paused = await answers([{ operationId: 'x', status: 429, retryAfter: 3 }]);
    expect(paused).toMatchObject({ x: { kind: 'held', by: 'pause', retryIn: 3_000 } });
  });

  test('S20: a result holds the record itself; it is made of that as the model says', async () => {
    const update = {
      responseDataKey: 'data.todo',
      responseTransformer: (data: unknown) => ({ ...(data as object), seen: true }),
    };
    const model = { ...todo, requests: { update } };
    const told = await answers([ok('x')], [{ ...one('x'), model }]);
    expect(told.x).toMatchObject({ remote: { record: { id: 'x', n: 1, seen: true } } });
  });

  test('a yes without a record is a yes', async () => {
    expect(await answers([{ operationId: 'x', status: 204, version: 8 }])).toEqual({
      x: { kind: 'committed', remote: null, version: '"8"' },
    });
  });
});

describe('SV33 NW21: results are matched by operation, never by place', () => {
  test('in any order; extra ones are nobody’s; one that is missing is known by nobody', async () => {
    const told = await answers([ok('z'), ok('stranger'), ok('x')]);
    expect(Object.keys(told).sort()).toEqual(['x', 'z']);
    expect(told.x).toMatchObject({ remote: { record: { id: 'x' } } });
    expect(told.z).toMatchObject({ remote: { record: { id: 'z' } } });
  });

  test('one that comes twice and says two things says nothing', async () => {
    const told = await answers([ok('x'), { operationId: 'x', status: 422 }, ok('y'), ok('y')]);
    expect(Object.keys(told)).toEqual(['y']);
  });

  test('what is no result is passed over', async () => {
    const told = await answers([
      null,
      3,
      {},
      { operationId: 'x' },
      { operationId: 'y', status: '200' },
    ]);
    expect(told).toEqual({});
  });

  test('SV21: a result about another record is refused', async () => {
    const told = await answers([{ ...ok('x'), record: { id: 'y' } }]);
    expect(told).toMatchObject({ x: { kind: 'retryLater' } });
  });
});

describe('the answer to the whole', () => {
  test('SV12: 413 asks for smaller parts', async () => {
    expect(await pushMany(json({}, 413))).toEqual({ kind: 'tooLarge' });
  });

  test.each([404, 405, 410, 415, 501])(
    'P5 SV7: %i says that batches are not taken there: single requests tell whether anything is',
    async (status) => {
      expect(await pushMany(json({}, status))).toEqual({ kind: 'tooLarge' });
    },
  );

  test('SV19: 207 is read result by result, as 200 is', async () => {
    const results = [ok('x'), { operationId: 'y', status: 422 }];
    const answer = await pushMany(json({ results }, 207));
    const told = answer?.kind === 'answers' ? Object.fromEntries(answer.answers) : {};
    expect(told).toMatchObject({ x: { kind: 'committed' }, y: { kind: 'rejected' } });
  });

  test.each([400, 403, 409, 412, 422])(
    'P5: %i refuses the whole for one of them: smaller parts tell which',
    async (status) => {
      expect(await pushMany(json({}, status))).toEqual({ kind: 'tooLarge' });
    },
  );

  test.each([
    [401, { kind: 'held', by: 'auth' }],
    [406, { kind: 'held', by: 'deployment' }],
    [511, { kind: 'held', by: 'deployment' }],
    [302, { kind: 'held', by: 'deployment' }],
    [429, { kind: 'held', by: 'pause' }],
    [500, { kind: 'retryLater', failure: { code: 'server' } }],
    [503, { kind: 'retryLater', failure: { code: 'server' } }],
    [202, { kind: 'retryLater' }],
    [206, { kind: 'retryLater', failure: { code: 'unreadable' } }],
  ])('SV2 SV6 SV7 SV17: %i is the answer to all of them', async (status, answer) => {
    expect(await pushMany(json({}, status))).toMatchObject({ kind: 'failed', answer });
  });

  test('P11: 503 with Retry-After pauses the line', async () => {
    expect(await pushMany(json({}, 503, { 'retry-after': '5' }))).toMatchObject({
      ...{ kind: 'failed', answer: { kind: 'held', by: 'pause', retryIn: 5_000 } },
    });
  });

  test('NW10 SV20: half an answer, or one without results, says nothing', async () => {
    for (const response of [
      text('{"results":[', 'application/json'),
      ...[json({}), json([]), json({ results: {} }), new Response(null)],
    ]) {
      expect(await pushMany(response)).toMatchObject({
        ...{ kind: 'failed', answer: { kind: 'retryLater', failure: { code: 'unreadable' } } },
      });
    }
  });

  test('NW12: a portal’s page means that there is no way to the server', async () => {
    const page = text('<html>Welcome</html>', 'text/html');
    await expect(pushMany(page)).rejects.toMatchObject({ code: 'remote' });
  });
});

describe('what leads to another origin goes beside the batch, not in it', () => {
  const files = 'https://files.example.com';
  const elsewhere = { ...options, origins: [files] };
  const model = { ...todo, requests: { update: { url: `${files}/{id}` } } };
  const far = (key: string): Addressed => ({
    request: sealed('update', { recordId: key, key }, model, elsewhere),
    model,
  });
  const send = async (requests: readonly Addressed[], batch: () => Response) => {
    const { transport, requests: sent } = against(
      ({ url }) => (url.startsWith(files) ? json({ id: url.split('/').at(-1) }) : batch()),
      elsewhere,
    );
    const answer = await transport.pushMany?.(requests, signal);
    return { answer, urls: sent.map(({ request }) => request.url).sort() };
  };
  const kinds = (answer: BatchAnswer | undefined) =>
    answer?.kind === 'answers' &&
    Object.fromEntries(
      [...answer.answers].map(([key, it]) => [key, typeof it === 'string' ? it : it.kind]),
    );

  test('each with its own answer', async () => {
    const { answer, urls } = await send([one('x'), far('f'), one('y')], () =>
      json({ results: [ok('x')] }),
    );
    expect(urls).toEqual([`${base}sync/batch`, `${files}/f`]);
    expect(kinds(answer)).toEqual({ f: 'committed', x: 'committed' });
  });

  test('and where nothing is left for a batch, none is sent', async () => {
    const many = Array.from({ length: 9 }, (_, i) => far(`f${i}`));
    const { answer, urls } = await send(many, () => json({}, 500));
    expect(urls).toHaveLength(9);
    expect(new Set(Object.values(kinds(answer) || {}))).toEqual(new Set(['committed']));
  });

  test('what becomes of the batch is not its concern', async () => {
    const busy = await send([one('x'), far('f')], () => json({}, 500));
    expect(kinds(busy.answer)).toEqual({ f: 'committed', x: 'retryLater' });
    const large = await send([one('x'), far('f')], () => json({}, 413));
    expect(large.answer).toEqual({ kind: 'tooLarge' });
  });
});
