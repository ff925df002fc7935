import { describe, expect, test } from 'vitest';
import { progressOf, seed, withTodo } from '../support/pulls.ts';
import {
  type Bend,
  gate,
  pause,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };

/** The server answers a write at once; its answer arrives when the gate opens. */
function late() {
  const { open, opened } = gate();
  let taken = 0;
  const bend: Bend = ({ push }) => ({
    push: async (...args) => {
      const answer = await push(...args);
      taken++;
      await opened;
      return answer;
    },
  });
  return { bend, open, taken: () => until('the server has it', () => taken > 0) };
}

describe('SV27 NW6: an answer that is older than a list from the start does not bring back what was not in it', () => {
  test('a create, answered after the full pull', async () => {
    seed(world.server, 2);
    const answers = late();
    const device = await world.settled({ bend: answers.bend });
    const { todo } = device.sync.models;
    const made = todo.create(milk);
    await answers.taken();
    world.server.forget('todo', made.id);
    expect((await todo.pull({ full: true })).status).toBe('done');
    answers.open();
    expect((await made.settled).outcome).toBe('committed');
    await synced(device);
    expect(todoOf(device, made.id)).toBeUndefined();
  });

  test('a create, answered while the full pull is under way', async () => {
    seed(world.server, 4);
    const answers = late();
    const second = gate();
    let hold = false;
    const bend: Bend = (straight) => ({
      ...answers.bend(straight),
      pull: async (request, signal) => {
        const page = await straight.pull(request, signal);
        if (hold && request.cursor !== null) await second.opened;
        return page;
      },
    });
    const device = await world.settled({ bend, more: withTodo({ pageSize: 2 }) });
    const { todo } = device.sync.models;
    const made = todo.create(milk);
    await answers.taken();
    world.server.forget('todo', made.id);
    hold = true;
    const pull = todo.pull({ full: true });
    await until('its first page is here', () => progressOf(device)?.fullSince !== null);
    answers.open();
    await made.settled;
    second.open();
    expect((await pull).status).toBe('done');
    expect(todoOf(device, made.id)).toBeUndefined();
  });

  test('an edit of a record that is gone since', async () => {
    const [first = ''] = seed(world.server, 2);
    const answers = late();
    const device = await world.settled({ bend: answers.bend });
    const { todo } = device.sync.models;
    const edit = todo.update(first, { done: true });
    await answers.taken();
    world.server.forget('todo', first);
    expect((await todo.pull({ full: true })).status).toBe('done');
    answers.open();
    expect((await edit.settled).outcome).toBe('committed');
    await synced(device);
    expect(todoOf(device, first)).toBeUndefined();
  });
});

test('SV4 DA15: "gone" is older than the record that somebody made anew: theirs is here, ours goes on top', async () => {
  const [first = ''] = seed(world.server, 1);
  const { open, opened } = gate();
  let taken = 0;
  const bend: Bend = ({ push }) => ({
    push: async (...args) => {
      if (taken++ > 0) return push(...args);
      world.server.put('todo', first, null);
      await opened;
      const failure = { code: 'rejected', status: 410, message: 'gone', at: 1 } as const;
      return { kind: 'gone', certain: true, failure };
    },
  });
  const device = await world.settled({ bend });
  const { todo } = device.sync.models;
  const edit = todo.update(first, { counter: 1 });
  await until('the server says gone', () => taken === 1);
  world.server.put('todo', first, { title: 'anew', done: false });
  await todo.pull();
  open();
  expect((await edit.settled).outcome).toBe('merged');
  await synced(device);
  expect(device.sync.conflicts.list()).toEqual([]);
  expect(world.server.find('todo', first)?.record).toMatchObject({ title: 'anew', counter: 1 });
});

test('SV24: a tombstone that comes while the answer’s row waits for the disk is not undone by it', async () => {
  const [first = ''] = seed(world.server, 2);
  const answers = late();
  const device = await world.settled({ bend: answers.bend });
  const { todo } = device.sync.models;
  const edit = todo.update(first, { done: true });
  await answers.taken();
  world.server.put('todo', first, null);
  // Both arrive in one moment: whichever row is written first, the record is gone.
  const pull = todo.pull();
  await pause(0);
  answers.open();
  await Promise.all([pull, edit.settled]);
  await todo.pull();
  await synced(device);
  expect(todoOf(device, first)).toBeUndefined();
  expect(stateOf(device).sequenced.counts.syncing).toBe(0);
  expect(statusOf(device).phase).toBe('synced');
});
