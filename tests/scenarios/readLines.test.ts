import { afterEach, describe, expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import { laneKey } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import { fetching } from '../support/fetching.ts';
import { json } from '../support/rest.ts';
import { pause, stateOf, synced } from '../support/tinyServer.ts';
import {
  type Device,
  deviceEnv,
  makeDevice,
  type Todo,
  testModels,
  until,
} from '../support/world.ts';

const writes = 'https://write.example.com';
const reads = 'https://read.example.com';
const devices: Device[] = [];

afterEach(async () => {
  for (const { sync } of devices.splice(0)) await sync.stop();
});

/** Writes go to one origin, lists and single reads to another. Either may say something else first. */
function twoOrigins() {
  const records = new Map<string, { id: string; version: number }>();
  const sent: string[] = [];
  const left: Record<string, (() => Response)[]> = {};
  const answer = async (request: Request): Promise<Response> => {
    const { origin, pathname } = new URL(request.url);
    const name = `${request.method} ${origin === reads ? 'read' : 'write'}${pathname}`;
    sent.push(name);
    const other = left[name]?.shift();
    if (other) return other();
    if (pathname === '/notes' || pathname === '/probe') return json([]);
    const id = pathname.split('/')[2];
    const known = id === undefined ? undefined : records.get(id);
    const headers = (version: number) => ({ etag: `"${version}"` });
    if (request.method === 'GET' && id === undefined) {
      const all = [...records.values()];
      const versions = Object.fromEntries(all.map((it) => [it.id, it.version]));
      return json({ items: all, versions });
    }
    if (request.method === 'GET') {
      return known ? json(known, 200, headers(known.version)) : json({}, 404);
    }
    const body = (await request.json()) as { id: string };
    const made = { ...known, ...body, version: (known?.version ?? 0) + 1 };
    records.set(made.id, made);
    return json(made, 200, headers(made.version));
  };
  return {
    records,
    sent,
    left,
    answer,
    count: (name: string) => sent.filter((it) => it === name).length,
  };
}

async function device(
  { answer }: ReturnType<typeof twoOrigins>,
  options: Partial<RestOptions> = {},
): Promise<Device> {
  const todo = defineModel<Todo>({
    endpoint: 'todos',
    requests: { list: { url: `${reads}/todos` }, read: { url: `${reads}/todos/{id}` } },
  });
  const made = makeDevice({
    transport: rest({ baseUrl: writes, origins: [reads], probe: 'probe', ...options }),
    env: deviceEnv({ fetch: fetching(answer) }),
    more: { models: { ...testModels, todo }, backoff: { base: 5, cap: 1_500 } },
  });
  devices.push(made);
  made.sync.start();
  await made.sync.ready;
  return made;
}

const linesOf = (made: Device) =>
  Object.entries(stateOf(made).ephemeral.lines).map(([origin, { state }]) => [origin, state]);
const create = ({ sync }: Device, id: string) =>
  sync.models.todo.create({ id, title: `Title ${id}`, done: false });

describe('P11: pages and single reads from another origin', () => {
  test('P11 S20: a list that asks for time is waited for by lists; writes go on', async () => {
    const server = twoOrigins();
    const made = await device(server);
    await synced(made);
    const busy = () => json({}, 429, { 'retry-after': '60' });
    server.left['GET read/todos'] = [busy];
    const before = server.count('GET read/todos');
    expect(await made.sync.models.todo.pull()).toMatchObject({ status: 'failed' });
    expect(linesOf(made)).toEqual([[reads, 'pausedUntil']]);
    expect((await create(made, 'a').settled).outcome).toBe('committed');
    await pause(100);
    // It failed, so it is wanted again: not before its line opens.
    expect(server.count('GET read/todos')).toBe(before + 1);
    expect(linesOf(made)).toEqual([[reads, 'pausedUntil']]);
  });

  test('P11 S20: a list at a wrong address trips its own line, and mends it alone', async () => {
    const server = twoOrigins();
    const made = await device(server);
    await synced(made);
    server.left['GET read/todos'] = [() => json({}, 404)];
    await made.sync.models.todo.pull();
    expect(linesOf(made)).toEqual([[reads, 'tripped']]);
    expect((await create(made, 'a').settled).outcome).toBe('committed');
    // What is written proves nothing of where it is read.
    expect(linesOf(made)).toEqual([[reads, 'tripped']]);
    await made.sync.resume();
    expect(await made.sync.models.todo.pull()).toMatchObject({ status: 'done' });
    expect(linesOf(made)).toEqual([]);
  });

  test('P27 S20: a single read that is refused for its credentials renews its own line', async () => {
    const server = twoOrigins();
    let renewed = 0;
    const made = await device(server, {
      auth: { token: () => `token-${renewed}`, refresh: async () => ++renewed > 0 },
    });
    await create(made, 'a').settled;
    await synced(made);
    server.left['GET read/todos/a'] = [() => json({}, 401)];
    await made.sync.models.todo.pullById('a');
    await until('it was renewed', () => renewed === 1);
    await until('its line is renewed', () => linesOf(made)[0]?.[1] === 'renewed');
    expect(linesOf(made)).toEqual([[reads, 'renewed']]);
    // The read that succeeds proves the new token.
    expect(await made.sync.models.todo.pullById('a')).toMatchObject({ status: 'done' });
    expect(linesOf(made)).toEqual([]);
  });

  test('P11 P17: a conflict whose record is read at an origin that asks for time waits for it, without attempts, and the others go', async () => {
    const server = twoOrigins();
    const made = await device(server);
    await create(made, 'a').settled;
    await synced(made);
    server.records.set('a', { ...(server.records.get('a') as { id: string }), version: 9 });
    server.left['PATCH write/todos/a'] = [() => json({}, 412), () => json({}, 412)];
    server.left['GET read/todos/a'] = [() => json({}, 429, { 'retry-after': '1' })];
    const edit = made.sync.models.todo.update('a', { done: true });
    await until('its read was paused', () => linesOf(made).length > 0);
    expect(linesOf(made)).toEqual([[reads, 'pausedUntil']]);
    expect((await create(made, 'b').settled).outcome).toBe('committed');
    const lane = () => getIn(stateOf(made).sequenced.lanes, laneKey('todo', 'a'));

    await until('it waits', () => lane()?.retryAt != null);
    expect(lane()?.attempts).toBe(0);
    expect(server.count('PATCH write/todos/a')).toBe(1);
    expect((await edit.settled).outcome).toMatch(/committed|merged/);
    expect(server.records.get('a')).toMatchObject({ done: true });
    expect(server.count('PATCH write/todos/a')).toBe(3);
  });
});
