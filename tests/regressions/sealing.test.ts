import { expect, test } from 'vitest';
import { synced, tinyWorld, todoOf } from '../support/tinyServer.ts';

const world = tinyWorld();

test('DA14: a record made anew over one that is there, and removed again, is removed', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled();
  const { sync } = device;
  const { todo } = sync.models;
  sync.pause();
  const first = todo.remove('a');
  await todo.create({ id: 'a', title: 'anew', done: false }).saved;
  expect(await first.cancel()).toBe('cancelled');
  const second = todo.remove('a');
  await sync.resume();
  expect((await second.settled).outcome).toBe('committed');
  await synced(device);
  expect(todoOf(device, 'a')).toBeUndefined();
  expect(world.server.ids('todo')).toEqual([]);
});
