import { expect, test } from 'vitest';
import type { RemoteRecord } from '../../src/ports/transport.ts';
import { json } from '../support/rest.ts';
import { sayingWorld } from '../support/sayingServer.ts';
import { type Bend, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const { device } = sayingWorld();

/** Updates are refused as conflicts `times` times, though nobody changes anything. */
function contesting(times: number, shown: (remote: RemoteRecord) => RemoteRecord) {
  const seen = { updates: 0 };
  const bend: Bend = ({ push, read }) => ({
    push: async (request, ...more) => {
      if (request.kind !== 'update') return push(request, ...more);
      const isContested = ++seen.updates <= times;
      return isContested ? { kind: 'conflict', remote: null } : push(request, ...more);
    },
    read: async (...args) => {
      const remote = await read(...args);
      return remote && 'record' in remote ? shown(remote) : remote;
    },
  });
  return { seen, bend };
}

test.each([
  ['the version stands that it was made on', (remote: RemoteRecord) => remote],
  [
    'there are no versions and the record is the same',
    (remote: RemoteRecord) => ({ ...remote, version: null }),
  ],
])(
  'SV10: a conflict where %s is tried again, then a dead letter: never a loop',
  async (_, shown) => {
    const { seen, bend } = contesting(Number.POSITIVE_INFINITY, shown);
    world.server.put('todo', 'a', { title: 'Tea', done: false });
    const device = await world.settled({ bend });
    device.sync.models.todo.update('a', { done: true });
    await until('it waits for a person', () => device.sync.outbox.list()[0]?.deadLetter === true);
    expect(seen.updates).toBe(3);
    expect(todoOf(device, 'a')).toMatchObject({ done: true });
    expect(world.server.find('todo', 'a')?.version).toBe(1);
  },
);

test.each(['"1"', 'W/"1"'])(
  'SV10: so it is where versions go in headers alone, strong or weak, as %s',
  async (etag) => {
    const tea = { id: 'a', title: 'Tea', done: false };
    const at = await device(({ method, url }) => {
      if (method !== 'GET') return json({ message: 'its title is taken' }, 409);
      if (url.includes('/todos?')) return json({ items: [tea] });
      return url.endsWith('/todos/a') ? json(tea, 200, { etag }) : undefined;
    });
    at.sync.models.todo.update('a', { done: true });
    await until('it waits for a person', () => at.sync.outbox.list()[0]?.deadLetter === true);
    expect(at.sync.outbox.list()[0]?.status.failure?.message).toBe('its title is taken');
    expect(at.of('PATCH')).toBeLessThanOrEqual(4);
  },
);

test('SV10: where the record was read from a copy that lags behind, the next try goes through', async () => {
  const { seen, bend } = contesting(1, (remote) => remote);
  world.server.put('todo', 'a', { title: 'Tea', done: false });
  const device = await world.settled({ bend });
  const write = device.sync.models.todo.update('a', { done: true });
  expect((await write.settled).outcome).toBe('committed');
  await synced(device);
  expect(seen.updates).toBe(2);
});
