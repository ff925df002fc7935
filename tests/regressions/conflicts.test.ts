import { expect, test } from 'vitest';
import { withTodo } from '../support/pulls.ts';
import { stateOf, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

/** A device that has the record `a` and holds the network. */
async function holding() {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled();
  device.sync.pause();
  return { device, todo: device.sync.models.todo, conflicts: device.sync.conflicts };
}

test('deleted here, changed there: a pull that tells it first keeps their change and asks', async () => {
  const { device, todo, conflicts } = await holding();
  await todo.remove('a').saved;
  world.server.put('todo', 'a', { title: 'Much better', done: false });
  await todo.pull();
  await device.sync.resume();
  await until('asked', () => statusOf(device).conflicted === 1);
  expect(conflicts.list()).toMatchObject([{ recordId: 'a', remote: { title: 'Much better' } }]);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'Much better' });
  await conflicts.resolve('a', 'keepRemote');
  await synced(device);
  expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'Much better' });
});

test('deleted here and there is what both wanted: nobody is asked', async () => {
  const { device, todo, conflicts } = await holding();
  const removal = todo.remove('a');
  await removal.saved;
  world.server.put('todo', 'a', null);
  await todo.pull();
  await device.sync.resume();
  expect((await removal.settled).outcome).toBe('committed');
  expect(conflicts.list()).toEqual([]);
  expect(todoOf(device, 'a')).toBeUndefined();
});

test.each([
  ['by its tombstone', false],
  ['in a list without it', true],
])(
  'deleted here, changed and then deleted there (%s): nobody is asked any more',
  async (_, full) => {
    const { device, todo, conflicts } = await holding();
    const removal = todo.remove('a');
    await removal.saved;
    world.server.put('todo', 'a', { title: 'Much better', done: false });
    await todo.pull();
    expect(conflicts.list()).toHaveLength(1);
    world.server.put('todo', 'a', null);
    await todo.pull({ full });
    expect(conflicts.list()).toEqual([]);
    expect(todoOf(device, 'a')).toBeUndefined();
    expect((await removal.settled).outcome).toBe('merged');
  },
);

test('a person decides on what the server has now, not on what it had when the conflict was found', async () => {
  const { device, todo, conflicts } = await holding();
  await todo.update('a', { title: 'mine' }).saved;
  world.server.put('todo', 'a', null);
  await todo.pull();
  expect(conflicts.list()).toMatchObject([{ remote: null, local: { title: 'mine' } }]);
  world.server.put('todo', 'a', { title: 'made again', done: true });
  await todo.pull();
  expect(conflicts.list()).toMatchObject([{ remote: { title: 'made again' } }]);
  await conflicts.resolve('a', 'keepRemote');
  expect(todoOf(device, 'a')).toMatchObject({ title: 'made again' });
  await device.sync.resume();
  await todo.pull();
  await synced(device);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'made again', done: true });
});

test('a decision for ours sends the words of an edit also where there was nothing to edit', async () => {
  const device = await world.settled();
  device.sync.models.todo.update('gone', { title: 'my words' });
  device.sync.models.todo.update('gone', { done: true });
  await until('asked', () => device.sync.conflicts.list().length === 1);
  await device.sync.conflicts.resolve('gone', 'keepLocal');
  await synced(device);
  const made = { id: 'gone', title: 'my words', done: true };
  expect(world.server.find('todo', 'gone')?.record).toEqual(made);
  expect(todoOf(device, 'gone')).toEqual(made);
  expect(stateOf(device).sequenced.outbox.size).toBe(0);
});

test('P17: what of theirs is hidden by ours that waits is told by an event, when a pull brings it', async () => {
  const { device, todo, conflicts } = await holding();
  const told: unknown[] = [];
  device.sync.events.on('conflictMerged', ({ recordId, overwritten }) => {
    told.push({ recordId, overwritten });
  });
  await todo.update('a', { title: 'mine' }).saved;
  world.server.put('todo', 'a', { title: 'theirs', done: true });
  await todo.pull();
  const overwritten = [{ field: 'title', local: 'mine', remote: 'theirs' }];
  expect(told).toEqual([{ recordId: 'a', overwritten }]);
  expect(conflicts.log()).toMatchObject(overwritten);
});

test('P17: while a person decides neither side has lost, whatever pulls bring meanwhile', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({ more: withTodo({ conflict: 'manual' }) });
  const { conflicts, models } = device.sync;
  device.sync.pause();
  await models.todo.update('a', { title: 'mine' }).saved;
  for (const title of ['theirs', 'theirs again']) {
    world.server.put('todo', 'a', { title, done: false });
    await models.todo.pull();
  }
  expect(conflicts.list()).toMatchObject([{ remote: { title: 'theirs again' } }]);
  await conflicts.resolve('a', 'keepRemote');
  expect(todoOf(device, 'a')).toMatchObject({ title: 'theirs again' });
  expect(conflicts.log()).toEqual([]);
});
