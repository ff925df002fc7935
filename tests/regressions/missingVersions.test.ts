import { describe, expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire, withBody } from '../support/wire.ts';
import { type Device, type Todo, testModels, until } from '../support/world.ts';

// Servers that do not tell the version everywhere.

const world = serverWorld();
const json = 'application/json';
const milk = { title: 'Milk', done: false };
const synced = ({ sync, store }: Device) =>
  until('synced', () => sync.selectSyncStatus(store.getState()).phase === 'synced');
const body = (id: string) => world.database.records.find('todos', id)?.record;

/**
 * A wire on which lists tell no versions, and answers to these methods no ETag.
 *
 * @param trouble what reads of one record are answered with; undefined: as they should be
 */
function silentBut(trouble: () => Response | undefined, ...methods: readonly string[]) {
  return watchedWire(async (request, pass) => {
    const isList = request.method === 'GET' && request.url.includes('/todos?');
    const isRead = request.method === 'GET' && /todos\/\w+$/.test(request.url);
    const instead = isRead ? trouble() : undefined;
    if (instead) return instead;
    const answer = isList
      ? await withBody(pass(), (text) => JSON.stringify({ ...JSON.parse(text), versions: {} }))
      : await pass();
    if (!methods.includes(request.method)) return answer;
    const headers = new Headers(answer.headers);
    headers.delete('etag');
    return new Response(answer.body, { status: answer.status, headers });
  });
}

const silent = (...methods: readonly string[]) => silentBut(() => undefined, ...methods);

test('SV15 noOverwriting: a version that no list told is read before the first change, and nobody is written over', async () => {
  await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
  const wire = silent();
  const device = await world.device({ env: wire.env() });
  await synced(device);
  await world.someoneElse('PATCH', 'todos/a', { title: 'Theirs', note: 'n' });
  const write = device.sync.models.todo.update('a', { done: true });
  await write.settled;
  expect(wire.writes('PATCH')[0]?.headers['if-match']).toBe('"2"');
  expect(body('a')).toEqual({ id: 'a', title: 'Theirs', note: 'n', done: true });
});

test('SV15 noOverwriting: a version that an answer did not tell is read before the next change', async () => {
  const wire = silent('PATCH', 'POST');
  const device = await world.device({ env: wire.env() });
  await synced(device);
  const { todo } = device.sync.models;
  await todo.create({ ...milk, id: 'a' }).settled;
  await todo.update('a', { done: true }).settled;
  await world.someoneElse('PATCH', 'todos/a', { title: 'Theirs' });
  await todo.update('a', { note: 'n' }).settled;
  for (const { headers } of wire.writes('PATCH')) expect(headers['if-match']).toMatch(/^"\d+"$/);
  expect(body('a')).toEqual({ id: 'a', title: 'Theirs', done: true, note: 'n' });
});

describe('a read of the version that says nothing', () => {
  const random = () => 0.001;

  test.each([
    ['500', () => new Response(null, { status: 500 })],
    ['half a record', () => new Response('{"id":', { headers: { 'content-type': json } })],
  ])('SV15 SV17 noOverwriting: is made again before the change leaves (%s)', async (_, trouble) => {
    await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
    let reads = 0;
    const wire = silentBut(() => (++reads < 3 ? trouble() : undefined));
    const device = await world.device({ env: wire.env({ random }) });
    await synced(device);
    await world.someoneElse('PATCH', 'todos/a', { title: 'Theirs' });
    await device.sync.models.todo.update('a', { done: true }).settled;
    expect(wire.writes('PATCH').map(({ headers }) => headers['if-match'])).toEqual(['"2"']);
    expect(reads).toBe(3);
  });

  test('SV15: for ever, is made a few times for each record, and their changes leave as they are', async () => {
    for (const id of ['a', 'b']) await world.someoneElse('POST', 'todos', { ...milk, id });
    let reads = 0;
    const wire = silentBut(() => {
      reads++;
      return new Response(null, { status: 403 });
    });
    const device = await world.device({ env: wire.env({ random }) });
    await synced(device);
    const { todo } = device.sync.models;
    await Promise.all(['a', 'b'].map((id) => todo.update(id, { done: true }).settled));
    await todo.update('a', { done: false }).settled;
    expect([body('a')?.done, body('b')?.done]).toEqual([false, true]);
    expect(reads).toBe(10);
  });
});

test('SV15: a model whose reads tell no version either is asked once, not before each change', async () => {
  for (const id of ['a', 'b', 'c']) await world.someoneElse('POST', 'todos', { ...milk, id });
  const wire = silent('GET', 'PATCH', 'POST', 'DELETE');
  const device = await world.device({ env: wire.env() });
  await synced(device);
  const { todo } = device.sync.models;
  for (const id of ['a', 'b', 'c']) await todo.update(id, { done: true }).settled;
  const reads = wire.exchanges.filter(
    ({ method, path }) => method === 'GET' && /todos\/\w/.test(path),
  );
  expect(reads).toHaveLength(1);
  expect(body('c')).toMatchObject({ done: true });
});

test.each(['merge', 'serverWins', 'manual'] as const)(
  'SV15: a 428 for want of a version is answered with it, and what nobody else has changed is no conflict (%s)',
  async (conflict) => {
    await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
    await world.someoneElse('POST', 'todos', { ...milk, id: 'b' });
    world.trouble.set({ requireIfMatch: true });
    let isTold = false;
    const wire = watchedWire(async (request, pass) => {
      const isList = request.url.includes('/todos?');
      if (isList) {
        return withBody(pass(), (text) => JSON.stringify({ ...JSON.parse(text), versions: {} }));
      }
      const answer = await pass();
      if (request.method !== 'GET' || !request.url.includes('/todos/') || isTold) return answer;
      // The first read, before the change, tells none: the server asks for it all the same.
      const headers = new Headers(answer.headers);
      headers.delete('etag');
      isTold = true;
      return new Response(answer.body, { status: answer.status, headers });
    });
    const models = { ...testModels, todo: defineModel<Todo>({ endpoint: 'todos', conflict }) };
    const device = await world.device({ env: wire.env(), more: { models } });
    await synced(device);
    const { todo } = device.sync.models;
    const end = await todo.update('a', { done: true }).settled;
    expect(end.outcome).toBe('merged');
    await todo.remove('b').settled;
    await synced(device);
    expect(body('a')).toEqual({ ...milk, id: 'a', done: true });
    expect(body('b') ?? null).toBeNull();
    expect(wire.writes('PATCH').map(({ status }) => status)).toEqual([428, 200]);
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(device.sync.conflicts.log()).toEqual([]);
  },
);

test('SV15 noOverwriting: one read that says nothing is asked again before the change leaves', async () => {
  await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
  const wire = silent();
  let reads = 0;
  const env = wire.env();
  const locked: typeof env.fetch = async (url, init) => {
    const isRead = init.method === 'GET' && url.includes('/todos/a');
    return isRead && ++reads === 1 ? new Response(null, { status: 423 }) : env.fetch(url, init);
  };
  const device = await world.device({ env: { ...env, fetch: locked } });
  await synced(device);
  await world.someoneElse('PATCH', 'todos/a', { title: 'Theirs' });
  await device.sync.models.todo.update('a', { done: true }).settled;
  expect(wire.writes('PATCH').map(({ headers }) => headers['if-match'])).toEqual(['"2"']);
  expect(reads).toBe(2);
});

test('SV15: a version that a pull told while a change without it was under way goes with it the next time', async () => {
  await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
  world.trouble.set({ requireIfMatch: true });
  let isSilent = true;
  let pull: () => Promise<unknown> = async () => {};
  const wire = watchedWire(async (request, pass) => {
    const { method, url } = request;
    if (method === 'GET' && url.includes('/todos/a') && isSilent) {
      return new Response(null, { status: 423 });
    }
    if (method === 'PATCH' && isSilent) {
      isSilent = false;
      await pull();
    }
    if (method !== 'GET' || !isSilent) return pass();
    return withBody(pass(), (text) => JSON.stringify({ ...JSON.parse(text), versions: {} }));
  });
  const device = await world.device({ env: wire.env() });
  await synced(device);
  const { todo } = device.sync.models;
  pull = () => todo.pull({ full: true });
  const end = await todo.update('a', { done: true }).settled;
  expect(end.outcome).toBe('merged');
  expect(wire.writes('PATCH').map(({ status }) => status)).toEqual([428, 200]);
  expect(wire.writes('PATCH').map(({ headers }) => headers['if-match'])).toEqual([
    undefined,
    '"1"',
  ]);
});

test('SV15: without versions in its options, nothing is read for their sake', async () => {
  await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
  const wire = silent();
  const transport = rest({ baseUrl: world.url, versioning: 'none' });
  const device = await world.device({ env: wire.env(), transport });
  await synced(device);
  await device.sync.models.todo.update('a', { done: true }).settled;
  expect(wire.exchanges.some(({ method, path }) => method === 'GET' && /todos\/a/.test(path))).toBe(
    false,
  );
});
