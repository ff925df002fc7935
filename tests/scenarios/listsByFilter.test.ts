import { afterEach, describe, expect, test } from 'vitest';
import { defineModel, type ModelOptions } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { fetching } from '../support/fetching.ts';
import { json } from '../support/rest.ts';
import {
  type Device,
  deviceEnv,
  makeDevice,
  type Todo,
  testModels,
  until,
} from '../support/world.ts';

const base = 'https://api.example.com/';
const devices: Device[] = [];

afterEach(async () => {
  for (const { sync } of devices.splice(0)) await sync.stop();
});

/** A server whose lists stand under `lists/{list}/todos`; `todos` itself is no address there. */
function listServer() {
  const records = new Map<string, { id: string; list: string; title: string; done: boolean }>();
  const heard: string[] = [];
  const put = (id: string, list = 'l1') =>
    records.set(id, { id, list, title: `Title ${id}`, done: false });
  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url);
    heard.push(`${request.method} ${pathname}`);
    const [, first, list, last] = pathname.split('/');
    if (first === 'notes') return json([]);
    if (first === 'lists' && last === 'todos') {
      const size = Number(searchParams.get('limit'));
      const from = (Number(searchParams.get('page') ?? 1) - 1) * size;
      const inList = [...records.values()].filter((it) => it.list === list);
      return json(inList.slice(from, from + size));
    }
    const id = first === 'todos' ? list : undefined;
    if (request.method === 'POST' && first === 'todos' && id === undefined) {
      const made = (await request.json()) as { id: string; title: string; done: boolean };
      records.set(made.id, { list: 'l1', ...made });
      return json(records.get(made.id), 201);
    }
    const known = id === undefined ? undefined : records.get(id);
    if (!known) return json({ title: 'not found' }, 404);
    if (request.method === 'DELETE') records.delete(known.id);
    return request.method === 'DELETE' ? new Response(null, { status: 204 }) : json(known);
  };
  return { records, heard, put, answer };
}

async function device(
  { answer }: ReturnType<typeof listServer>,
  options: Partial<ModelOptions<Todo>> = {},
): Promise<Device> {
  const todo = defineModel<Todo>({
    endpoint: 'todos',
    filter: { list: 'l1' },
    requests: {
      list: { url: 'lists/{list}/todos', urlParameters: { page: '{page}' }, limit: 100 },
    },
    ...options,
  });
  const made = makeDevice({
    transport: rest({ baseUrl: base, probe: 'lists/l1/todos' }),
    env: deviceEnv({ fetch: fetching(answer) }),
    more: { models: { ...testModels, todo }, backoff: { base: 60_000, cap: 60_000 } },
  });
  devices.push(made);
  made.sync.start();
  await made.sync.ready;
  return made;
}

const idsOf = ({ sync, store }: Device) => sync.models.todo.selectIds(store.getState());

describe('S20: lists whose address holds a field of the filter', () => {
  test('SV4 S20: what others delete goes with the next pull, by place and in each list', async () => {
    const server = listServer();
    for (const id of ['a', 'b', 'c']) server.put(id);
    const made = await device(server);
    const { todo } = made.sync.models;
    expect(await todo.pull()).toMatchObject({ status: 'done' });
    expect(idsOf(made)).toEqual(['a', 'b', 'c']);
    server.records.delete('b');
    expect(await todo.pull()).toMatchObject({ status: 'done', failure: null });
    expect(idsOf(made)).toEqual(['a', 'c']);
  });

  test('SV4 S20: a delete of what others have deleted is done, also after another filter was set', async () => {
    const server = listServer();
    server.put('a');
    server.put('x', 'l2');
    const made = await device(server);
    const { todo } = made.sync.models;
    await todo.pull();
    todo.setFilter({ list: 'l2' });
    expect(await todo.pull()).toMatchObject({ status: 'done' });
    expect(idsOf(made)).toEqual(['x']);
    server.records.delete('x');
    expect((await todo.remove('x').settled).outcome).toBe('committed');
    expect(server.heard).toContain('GET /lists/l2/todos');
  });

  test('P11 S20: without the field a pull says what is missing, and the connection stays what it is', async () => {
    const server = listServer();
    const made = await device(server, { filter: {} });
    await until('it is online', () => made.sync.selectSyncStatus(made.store.getState()).online);
    server.heard.length = 0;
    const pulled = await made.sync.models.todo.pull();
    expect(pulled).toMatchObject({ status: 'failed', failure: { code: 'misdeployed' } });
    expect(pulled.failure?.message).toContain('"list"');
    expect(made.sync.selectSyncStatus(made.store.getState()).online).toBe(true);
    // No probe, and nothing to a wrong address.
    expect(server.heard.filter((it) => it.includes('todos'))).toEqual([]);
    server.put('a');
    expect(await made.sync.models.todo.fetch({ filter: { list: 'l1' } })).toMatchObject({
      status: 'done',
      records: [{ id: 'a' }],
    });
    server.records.delete('a');
    expect((await made.sync.models.todo.remove('a').settled).outcome).toBe('committed');
  });
});
