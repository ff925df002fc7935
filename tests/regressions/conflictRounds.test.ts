import { expect, test } from 'vitest';
import { type Bend, quickEnv, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

test('SV11: a record whose version is another one with each look is asked for after waits that grow, not without end', async () => {
  const seen = { updates: 0, reads: 0, isCalm: false };
  const bend: Bend = ({ push, read }) => ({
    push: async (request, ...more) => {
      if (request.kind !== 'update' || seen.isCalm) return push(request, ...more);
      seen.updates++;
      return { kind: 'conflict', remote: null };
    },
    read: async (...args) => {
      const remote = await read(...args);
      const version = seen.isCalm ? '"1"' : `"look-${++seen.reads}"`;
      return remote && 'record' in remote ? { ...remote, version } : remote;
    },
  });
  world.server.put('todo', 'a', { title: 'A', done: false });
  const env = quickEnv({ random: () => 0.5 });
  const device = await world.settled({ bend, env, more: { backoff: { base: 100, cap: 10_000 } } });
  const write = device.sync.models.todo.update('a', { title: 'ours' });
  await until('a third conflict in a row', () => seen.updates >= 4);
  expect(statusOf(device).phase).not.toBe('synced');
  // Waits of 100, 200, 400, 800 ms lie between them, and each asks twice.
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(seen.updates).toBeLessThan(12);
  expect(device.sync.explain('todo', 'a')).toMatchObject({ state: 'backoff' });
  expect(statusOf(device).lastError).toMatchObject({ code: 'conflict' });
  expect(todoOf(device, 'a')).toMatchObject({ title: 'ours' });
  seen.isCalm = true;
  await synced(device);
  expect(['committed', 'merged']).toContain((await write.settled).outcome);
  expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'ours' });
});

test('SV11: one conflict is resolved at once, and so is the next one of another change', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({ more: { backoff: { base: 600_000, cap: 600_000 } } });
  for (const title of ['first', 'second', 'third']) {
    device.sync.pause();
    await device.sync.models.todo.update('a', { title }).saved;
    world.server.put('todo', 'a', { title: `not ${title}`, done: true });
    await device.sync.resume();
    await until('sent', () => world.server.find('todo', 'a')?.record?.title === title);
    await synced(device);
  }
});
