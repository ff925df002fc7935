import { expect, test } from 'vitest';
import { type ConflictPolicy, defineModel } from '../../src/index.ts';
import { statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

/** A device that has the record `a` and holds the network. */
async function holding(conflict: ConflictPolicy<Todo>, updatedAt?: (todo: Todo) => number) {
  world.server.put('todo', 'a', { title: 'A', done: false, note: 'both know' });
  const options = { endpoint: 'todos', conflict, ...(updatedAt && { updatedAt }) };
  const todo = defineModel<Todo>(options);
  const models = { todo, note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }) };
  const bend = () => ({ clockOffset: () => 0 });
  const device = await world.settled({ more: { models }, bend });
  device.sync.pause();
  return { device, todo: device.sync.models.todo, note: device.sync.models.note };
}

const there = () => world.server.find('todo', 'a')?.record;

const keepLocal: ConflictPolicy<Todo> = () => 'keepLocal';
const mergedByHand: ConflictPolicy<Todo> = ({ local, remote }) =>
  local && remote ? { merged: { ...remote, ...local } } : 'park';

const keepingOurs: [string, ConflictPolicy<Todo>, (() => number) | undefined][] = [
  ['clientWins', 'clientWins', undefined],
  ['lastUpdateWins, where ours is later', 'lastUpdateWins', () => 5],
  ['a function that keeps ours', keepLocal, undefined],
  ['a function that merges', mergedByHand, undefined],
  ['merge', 'merge', undefined],
];

test.each(keepingOurs)(
  'S13: an edit that waits for another record survives a pull that finds a conflict, with %s',
  async (_, conflict, updatedAt) => {
    const { device, todo, note } = await holding(conflict, updatedAt);
    await todo.update('a', { title: 'first' }).saved;
    const parent = note.create({ text: 'waited for' });
    await parent.saved;
    const second = todo.update('a', { note: 'second' }, { dependsOn: parent });
    await second.saved;
    world.server.put('todo', 'a', { title: 'theirs', done: true, note: 'both know' });
    await todo.pull();
    expect(todoOf(device, 'a')).toMatchObject({ title: 'first', note: 'second' });
    await device.sync.resume();
    await synced(device);
    expect(there()).toMatchObject({ title: 'first', note: 'second' });
    expect(todoOf(device, 'a')).toEqual(there());
    expect(['committed', 'merged']).toContain((await second.settled).outcome);
  },
);

test.each(keepingOurs)(
  'S13: a record that was deleted and made anew here is not lost to a change of others, with %s',
  async (_, conflict, updatedAt) => {
    const { device, todo } = await holding(conflict, updatedAt);
    await todo.remove('a').saved;
    await todo.create({ id: 'a', title: 'anew', done: true }).saved;
    world.server.put('todo', 'a', { title: 'theirs', done: false, note: 'both know' });
    await todo.pull();
    expect(todoOf(device, 'a')).toMatchObject({ title: 'anew', done: true });
    await device.sync.resume();
    await until('decided', () => ['synced', 'attention'].includes(statusOf(device).phase));
    expect(statusOf(device).conflicted).toBe(0);
    expect(there()).toMatchObject({ title: 'anew', done: true });
    expect(todoOf(device, 'a')).toEqual(there());
  },
);

test('S13: what a person keeps of a record deleted and made anew is what was made', async () => {
  const { device, todo } = await holding('manual');
  await todo.remove('a').saved;
  await todo.create({ id: 'a', title: 'anew', done: true }).saved;
  world.server.put('todo', 'a', { title: 'theirs', done: false, note: 'both know' });
  await todo.pull();
  expect(device.sync.conflicts.list()).toMatchObject([
    { local: { title: 'anew' }, remote: { title: 'theirs' } },
  ]);
  await device.sync.conflicts.resolve('a', 'keepLocal');
  await device.sync.resume();
  await synced(device);
  expect(there()).toMatchObject({ title: 'anew', done: true });
});

/** A conflict of `a` that waits for a person: both have changed its title. */
async function parkedByHand(strategy: 'optimistic' | 'waitForRemote' = 'optimistic') {
  const held = await holding('manual');
  const options = strategy === 'optimistic' ? {} : ({ strategy, offline: 'wait' } as const);
  const write = held.todo.update('a', { title: 'ours' }, options);
  await write.saved;
  world.server.put('todo', 'a', { title: 'theirs', done: true, note: 'theirs' });
  await held.device.sync.resume();
  await until('asked', () => statusOf(held.device).conflicted === 1);
  return { ...held, write, conflicts: held.device.sync.conflicts };
}

test('S13: while a conflict waits for a person, later edits of its record wait and those of others go', async () => {
  const { device, todo, conflicts } = await parkedByHand();
  const before = there();
  const later = todo.update('a', { note: 'later' });
  const other = todo.create({ id: 'b', title: 'another', done: false });
  expect((await other.settled).outcome).toBe('committed');
  expect(there()).toEqual(before);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'ours', note: 'later' });
  expect(conflicts.list()).toHaveLength(1);
  await conflicts.resolve('a', 'keepLocal');
  await synced(device);
  expect(there()).toMatchObject({ title: 'ours', done: true, note: 'later' });
  expect((await later.settled).outcome).toBe('merged');
});

test('S13: a patch decides on top of what the server has: ours with it, theirs where nobody here said a word', async () => {
  const { device, conflicts, write } = await parkedByHand();
  await conflicts.resolve('a', { note: 'both' });
  await synced(device);
  expect(there()).toMatchObject({ title: 'ours', done: true, note: 'both' });
  expect(todoOf(device, 'a')).toEqual(there());
  expect((await write.settled).outcome).toBe('merged');
});

test('S13: what a person keeps of a write that waits for the server’s yes is what was written, though it is not shown', async () => {
  const { device, conflicts } = await parkedByHand('waitForRemote');
  expect(todoOf(device, 'a')).toMatchObject({ title: 'A' });
  await conflicts.resolve('a', 'keepLocal');
  await synced(device);
  expect(there()).toMatchObject({ title: 'ours', done: true });
});
