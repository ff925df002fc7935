import { configureStore } from '@reduxjs/toolkit';
import { afterEach, describe, expect, test } from 'vitest';
import { createSync, defineModel, type ModelOptions } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { fetching } from '../support/fetching.ts';
import { json } from '../support/rest.ts';
import { deviceEnv, until } from '../support/world.ts';

interface List {
  readonly id: string;
  readonly name: string;
}

interface Item {
  readonly id: string;
  readonly title: string;
  readonly listId: string | null;
  readonly tags?: readonly string[];
}

type Stored = { readonly id: number | string; readonly [field: string]: unknown };

/** A server that counts its records from 1 and knows them by number, as most databases do. */
function countingServer(idOf: (n: number) => number | string = (n) => n) {
  const tables = { lists: new Map<string, Stored>(), items: new Map<string, Stored>() };
  const bodies: { readonly method: string; readonly path: string; readonly body: unknown }[] = [];
  let count = 0;
  const put = (table: keyof typeof tables, fields: object) => {
    const id = idOf(++count);
    const made = { ...fields, id };
    tables[table].set(String(id), made);
    return made;
  };
  const answer = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname.slice(1);
    const [name = '', id] = path.split('/');
    const table = tables[name as keyof typeof tables];
    if (request.method === 'GET' && id === undefined) return json([...table.values()]);
    if (request.method === 'GET') {
      const known = table.get(id ?? '');
      return known ? json(known) : json({}, 404);
    }
    const body = (await request.json()) as object;
    bodies.push({ method: request.method, path, body });
    if ('title' in body && body.title === 'bad') return json({}, 422);
    if (id === undefined) return json(put(name as keyof typeof tables, body), 201);
    const changed = { ...table.get(id), ...body } as Stored;
    table.set(id, changed);
    return json(changed);
  };
  return { ...tables, bodies, put, answer };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function device(
  { answer }: ReturnType<typeof countingServer>,
  options: Partial<ModelOptions<Item>> = {},
) {
  const sync = createSync({
    name: `numeric-${Math.random()}`,
    models: {
      list: defineModel<List>({ endpoint: 'lists', ids: 'server' }),
      item: defineModel<Item>({
        ...{ endpoint: 'items', ids: 'server', references: { listId: 'list', tags: 'list' } },
        ...options,
      }),
    },
    transport: rest({ baseUrl: 'https://api.example.com', versioning: 'none' }),
    storage: memory(),
    env: deviceEnv({ fetch: fetching(answer) }),
    backoff: { base: 20, cap: 200 },
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  stops.push(() => sync.stop());
  sync.start();
  await sync.ready;
  const synced = () =>
    until('all is synced', () => sync.selectSyncStatus(store.getState()).phase === 'synced');
  await synced();
  const { list, item } = sync.models;
  return {
    ...{ sync, list, item, synced },
    lists: () => list.selectAll(store.getState()),
    items: () => item.selectAll(store.getState()),
    itemOf: (id: string) => item.selectById(store.getState(), id),
  };
}

describe('P28 SV22: a server whose ids are numbers', () => {
  test('P28: an item made with its list is sent with the list’s number, and stays in its list here', async () => {
    const server = countingServer();
    const { sync, list, item, itemOf, synced } = await device(server);
    sync.pause();
    const made = list.create({ name: 'Shopping' });
    const write = item.create({ title: 'Milk', listId: made.id });
    await write.saved;
    await sync.resume();
    expect((await write.settled).outcome).toBe('committed');
    expect(server.bodies[1]?.body).toEqual({ title: 'Milk', listId: 1 });
    expect(itemOf(write.id)).toMatchObject({ listId: made.id });
    await item.pull({ full: true });
    await synced();
    expect(itemOf(write.id)).toMatchObject({ listId: made.id });
  });

  test('P28: what others made names its list by the key that it has here, and so does what is made of it', async () => {
    const server = countingServer();
    const { id: listId } = server.put('lists', { name: 'Theirs' });
    server.put('items', { title: 'Tea', listId });
    const { sync, lists, items, item } = await device(server);
    const [theirs] = lists();
    expect(items()).toMatchObject([{ title: 'Tea', listId: theirs?.id }]);
    // Known of the server, not of this page's life.
    await sync.stop();
    sync.start();
    await sync.ready;
    const write = item.create({ title: 'Milk', listId: theirs?.id ?? '' });
    expect((await write.settled).outcome).toBe('committed');
    expect(server.bodies.at(-1)?.body).toEqual({ title: 'Milk', listId });
    expect((await item.update(write.id, { listId: null }).settled).outcome).toBe('committed');
    expect(server.bodies.at(-1)?.body).toEqual({ listId: null });
  });

  test('P28: a list of ids is translated id by id, both ways', async () => {
    const server = countingServer();
    const { id: theirs } = server.put('lists', { name: 'Theirs' });
    const { sync, list, item, lists, itemOf } = await device(server);
    sync.pause();
    const made = list.create({ name: 'Ours' });
    const tags = [made.id, lists().find(({ name }) => name === 'Theirs')?.id ?? ''];
    const write = item.create({ title: 'Milk', listId: null, tags });
    await write.saved;
    await sync.resume();
    await write.settled;
    expect(server.bodies[1]?.body).toEqual({ title: 'Milk', listId: null, tags: [2, theirs] });
    expect(itemOf(write.id)?.tags).toEqual(tags);
  });

  test('P28: a whole record goes back with the numbers that it came with', async () => {
    const server = countingServer();
    const { id: listId } = server.put('lists', { name: 'Theirs' });
    const { id } = server.put('items', { title: 'Tea', listId, tags: [listId], place: 3 });
    const { items, item } = await device(server, { nulls: 'meaningful' });
    const [tea] = items();
    await item.update(tea?.id ?? '', { title: 'Green tea' }).settled;
    expect(server.bodies).toEqual([
      {
        ...{ method: 'PUT', path: `items/${id}` },
        body: { title: 'Green tea', listId, tags: [listId], place: 3, id },
      },
    ]);
  });

  test('P28: a number that a person writes is the key of the record that it names', async () => {
    const server = countingServer();
    const { id: listId } = server.put('lists', { name: 'Theirs' });
    const { sync, item, itemOf, lists } = await device(server);
    const write = item.create({ title: 'Milk', listId: listId as never });
    expect(itemOf(write.id)?.listId).toBe(lists()[0]?.id);
    await write.settled;
    expect(server.bodies.at(-1)?.body).toEqual({ title: 'Milk', listId });
    expect(itemOf(write.id)?.listId).toBe(lists()[0]?.id);
    const refused = item.create({ title: 'bad', listId: null });
    await until('it is refused', () => sync.outbox.list()[0]?.deadLetter === true);
    const changes = { title: 'good', listId: listId as never };
    await (await sync.outbox.edit(refused.operationId, changes)).settled;
    expect(server.bodies.at(-1)?.body).toEqual({ title: 'good', listId });
    expect(itemOf(refused.id)?.listId).toBe(lists()[0]?.id);
  });

  test('P28: ids that are text stay text, also where they look like numbers', async () => {
    const server = countingServer(String);
    server.put('lists', { name: 'Theirs' });
    const { sync, lists, list, item, itemOf } = await device(server);
    const write = item.create({ title: 'Milk', listId: lists()[0]?.id ?? '' });
    await write.settled;
    expect(server.bodies.at(-1)?.body).toEqual({ title: 'Milk', listId: '1' });
    sync.pause();
    const made = list.create({ name: 'Ours' });
    const second = item.create({ title: 'Tea', listId: made.id });
    await second.saved;
    await sync.resume();
    await second.settled;
    expect(server.bodies.at(-1)?.body).toEqual({ title: 'Tea', listId: '3' });
    expect(itemOf(second.id)?.listId).toBe(made.id);
  });
});
