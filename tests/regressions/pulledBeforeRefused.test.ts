import { expect, test } from 'vitest';
import { withTodo } from '../support/pulls.ts';
import { type Bend, gate, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

test('S13 SV11: what a pull brings while a change is on its way is a conflict, and the policy decides it', async () => {
  world.server.put('todo', 'a', { title: 'Milk', done: false });
  const arrives = gate();
  let hasLeft = false;
  const bend: Bend = ({ push }) => ({
    push: async (...args) => {
      hasLeft = true;
      await arrives.opened;
      return push(...args);
    },
  });
  const device = await world.settled({ bend, more: withTodo({ conflict: 'manual' }) });
  const { todo } = device.sync.models;
  todo.update('a', { title: 'Rice milk' });
  await until('it is on its way', () => hasLeft);
  world.server.put('todo', 'a', { title: 'Oat milk', done: false });
  await todo.pull();
  arrives.open();
  await until('a person is asked', () => device.sync.conflicts.list().length === 1);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'Rice milk' });
  expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'Oat milk' });
});
