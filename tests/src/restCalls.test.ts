import { describe, expect, onTestFinished, test } from 'vitest';
import { createSync, defineModel, type SyncEvent } from '../../src/index.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import { fetching } from '../support/fetching.ts';
import { serverWorld } from '../support/server.ts';
import { type Device, deviceEnv, makeDevice, testModels } from '../support/world.ts';

const world = serverWorld();

const through = (options: Partial<RestOptions> = {}) =>
  world.device({ transport: rest({ baseUrl: world.url, timeout: 5_000, ...options }) });

const made = async ({ sync }: Device, title = 'Tea') => {
  const write = sync.models.todo.create({ title, done: false });
  expect((await write.settled).outcome).toBe('committed');
  return write.id;
};

function refusalOf(write: () => unknown): unknown {
  try {
    write();
  } catch (error) {
    return error;
  }
  return 'not refused';
}

describe('S20: a single call', () => {
  test('travels on a way of its own, and what follows it does not', async () => {
    const device = await through();
    const id = await made(device);
    const { todo } = device.sync.models;
    const own = todo.update(id, { done: true }, { request: { method: 'PUT' } });
    const usual = todo.update(id, { title: 'Green tea' });
    expect((await own.settled).outcome).toBe('committed');
    expect((await usual.settled).outcome).toBe('committed');
    const methods = world.ledger(id).map(({ method, key }) => [method, key]);
    expect(methods.slice(1)).toEqual([
      ['PUT', own.operationId],
      ['PATCH', usual.operationId],
    ]);
  });

  test('keeps its way over a reload', async () => {
    const seen: Request[] = [];
    let isAway = true;
    const env = deviceEnv({
      fetch: fetching((request) => {
        if (isAway) return Promise.reject(new TypeError('away'));
        seen.push(request);
        return fetch(request);
      }),
    });
    const transport = rest({ baseUrl: world.url });
    const device = await world.device({ transport, env });
    const { todo } = device.sync.models;
    const request = { headers: { 'X-Reason': 'import' }, urlParameters: { notify: false } };
    const write = todo.create({ title: 'Tea', done: false }, { request });
    await write.saved;
    await device.sync.stop();
    isAway = false;
    device.sync.start();
    await device.sync.ready;
    await world.drained(device);
    const create = seen.find(({ method }) => method === 'POST');
    expect(create?.headers.get('x-reason')).toBe('import');
    expect(create?.url).toBe(`${world.url}/todos?notify=false`);
    expect(world.ledger(write.id)).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['request.headers.Authorization', { headers: { Authorization: 'Bearer x' } }],
    ['request.headers.cookie', { headers: { cookie: 'x' } }],
    ['request.headers.X-API-Key', { headers: { 'X-API-Key': 'x' } }],
    ['request.urlParameters.token', { urlParameters: { token: 'x' } }],
    ['request.url', { url: 'https://evil.example/{id}' }],
    ['request.method', { method: 'GET' }],
    ['request.responseTransformer', { responseTransformer: () => ({}) }],
    ['request.supplementalTopLevelData', { supplementalTopLevelData: { at: () => 1 } }],
    ['request.parts', { parts: {} }],
    ['request', [1]],
  ])('SEC15: %s is refused at once, and nothing is recorded', async (path, request) => {
    const device = await through();
    const { todo } = device.sync.models;
    const id = await made(device);
    const error = refusalOf(() => todo.update(id, { done: true }, { request }));
    expect(error).toMatchObject({ code: 'badData' });
    expect((error as Error).message).toContain(`${path} must `);
    expect(todo.selectById(device.store.getState(), id)).toMatchObject({ done: false });
  });

  test('of a transport that knows no such thing is refused', () => {
    const transport = () => rest({ baseUrl: world.url })(deviceEnv());
    const { sync } = makeDevice({ transport, env: deviceEnv() });
    const write = () => sync.actions.todo.remove('a', { request: { method: 'POST' } });
    expect(refusalOf(write)).toMatchObject({ code: 'badData' });
  });
});

describe('S20: a model', () => {
  test('shapes all its requests, and everything works as before', async () => {
    const shaped = defineModel<{ id: string; title: string; done: boolean }>({
      endpoint: 'todos',
      requests: {
        create: { url: 'todos?from=kit', headers: { 'X-From': 'kit' } },
        update: { method: 'PUT' },
        list: { urlParameters: { since: '{cursor}', limit: 2 } },
      },
    });
    const device = await world.device({ more: { models: { ...testModels, todo: shaped } } });
    const ids = [await made(device, '1'), await made(device, '2'), await made(device, '3')];
    const [id = ''] = ids;
    const write = device.sync.models.todo.update(id, { done: true });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(id).map(({ method }) => method)).toEqual(['POST', 'PUT']);
    await world.someoneElse('POST', 'todos', { id: 'theirs', title: 'Theirs' });
    expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'done' });
    const shown = device.sync.models.todo.selectIds(device.store.getState());
    expect([...shown].sort()).toEqual([...ids, 'theirs'].sort());
  });

  test('that could never be sent is refused when the sync is made', () => {
    const make = () =>
      createSync({
        name: 'never',
        models: { todo: defineModel({ endpoint: 'todos', requests: { read: { url: 'todos' } } }) },
        transport: rest({ baseUrl: world.url }),
      });
    expect(refusalOf(make)).toMatchObject({
      code: 'badConfig',
      message: expect.stringContaining('models.todo.requests.read.url must name {id}'),
    });
  });
});

describe('S18: one page of a list', () => {
  test('begins behind the records that are to be passed over, without any option set', async () => {
    for (let i = 0; i < 12; i++) {
      const id = `t${String(i).padStart(2, '0')}`;
      await world.someoneElse('POST', 'todos', { id, title: id, done: false });
    }
    const device = await through();
    const page = await device.sync.models.todo.fetch({ limit: 4, offset: 8 });
    expect(page).toMatchObject({ status: 'done', hasMore: false });
    const first = await device.sync.models.todo.fetch({ limit: 8 });
    const ids = [...first.records, ...page.records].map(({ id }) => id);
    expect(page.records).toHaveLength(4);
    expect(new Set(ids).size).toBe(12);
  });
});

describe('P18: batches', () => {
  test('many edits reach the server in few requests, each once', async () => {
    const urls: string[] = [];
    const env = deviceEnv({
      fetch: (url, init) => {
        urls.push(new URL(url).pathname);
        return fetch(url, init);
      },
    });
    const transport = rest({ baseUrl: world.url, batch: { limit: 20 } });
    const device = await world.device({ transport, env });
    const records = Array.from({ length: 60 }, (_, i) => ({ title: `T${i}`, done: false }));
    const writes = device.sync.models.todo.createMany(records);
    const outcomes = await Promise.all(writes.map(({ settled }) => settled));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['committed']));
    const keys = world.ledger().map(({ key }) => key);
    expect(new Set(keys).size).toBe(60);
    expect(keys).toHaveLength(60);
    expect(urls.filter((url) => url === '/todos').length).toBeLessThan(10);
    expect(urls).toContain('/sync/batch');
  });

  test('SV12 P5: a batch that is refused for its size goes in smaller parts', async () => {
    const transport = rest({ baseUrl: world.url, batch: { limit: 150 } });
    const device = await world.device({ transport });
    const records = Array.from({ length: 150 }, (_, i) => ({ title: `T${i}`, done: false }));
    const writes = device.sync.models.todo.createMany(records);
    const outcomes = await Promise.all(writes.map(({ settled }) => settled));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['committed']));
    expect(world.ledger()).toHaveLength(150);
  });
});

describe('P27: credentials against a server that guards itself', () => {
  const logIn = async () => {
    const answer = await fetch(`${world.url}/auth/login`, { method: 'POST' });
    return (await answer.json()) as { token: string; refreshToken: string };
  };

  test('a token that dies is renewed once, and everything that waited goes', async () => {
    let session = await logIn();
    let refreshes = 0;
    world.trouble.set({ auth: true });
    const device = await through({
      auth: {
        token: () => session.token,
        refresh: async () => {
          refreshes++;
          const body = JSON.stringify({ refreshToken: session.refreshToken });
          const answer = await fetch(`${world.url}/auth/refresh`, { method: 'POST', body });
          if (answer.ok) session = (await answer.json()) as typeof session;
          return answer.ok;
        },
      },
    });
    await made(device);
    world.tokens.expire();
    const writes = device.sync.models.todo.createMany([
      { title: 'A', done: false },
      { title: 'B', done: false },
      { title: 'C', done: false },
    ]);
    const outcomes = await Promise.all(writes.map(({ settled }) => settled));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('committed'));
    expect(refreshes).toBe(1);
    expect(world.ledger()).toHaveLength(4);
  });

  test('SEC14 I29: no token stands in the store or in events', async () => {
    const { token } = await logIn();
    world.trouble.set({ auth: true });
    const device = await through({ auth: { token: () => token } });
    const events: SyncEvent[] = [];
    const stop = device.sync.events.on('*', (event) => void events.push(event));
    onTestFinished(() => stop());
    await made(device);
    world.tokens.expire();
    device.sync.models.todo.create({ title: 'Waits', done: false });
    await device.sync.models.todo.pull();
    expect(JSON.stringify([device.store.getState(), events])).not.toContain(token);
  });
});
