import { expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { type Bend, gate, pause, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

/** The server takes a write at once; its answer comes when the gate opens. */
function lateAnswers() {
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
  return { bend, open, hasTaken: () => taken > 0 };
}

test('NW6: a record that others made anew stays, also when the answer to our delete comes late', async () => {
  world.server.put('todo', 'a', { title: 'old', done: false });
  const late = lateAnswers();
  const device = await world.settled({ bend: late.bend });
  const { todo } = device.sync.models;
  const removal = todo.remove('a');
  await until('the server has deleted it', late.hasTaken);
  world.server.put('todo', 'a', { title: 'anew', done: false });
  await todo.pull();
  late.open();
  expect((await removal.settled).outcome).toBe('committed');
  await synced(device);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'anew' });
});

test('SV24: an answer that is older than a page does not undo it, also when that waits for the disk', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const late = lateAnswers();
  const disk = gate();
  let hold = false;
  const storage = bent(memory(), {
    beforeCommit: async ({ append }) => {
      if (hold && append?.some((row) => row.includes('"pulled"'))) await disk.opened;
    },
  });
  const device = await world.settled({ bend: late.bend, storage });
  const { todo } = device.sync.models;
  const edit = todo.update('a', { done: true });
  await until('the server has taken it', late.hasTaken);
  world.server.put('todo', 'a', { title: 'theirs', done: true });
  hold = true;
  const pull = todo.pull();
  await until('the page is there', () => world.server.pulls >= 3);
  await pause(20);
  late.open();
  await pause(20);
  disk.open();
  await pull;
  await edit.settled;
  await synced(device);
  await todo.pull();
  expect(todoOf(device, 'a')).toMatchObject({ title: 'theirs', done: true });
});

test('a record that others deleted is gone, also when the answer to our edit comes late', async () => {
  world.server.put('todo', 'a', { title: 'A', done: false });
  const late = lateAnswers();
  const device = await world.settled({ bend: late.bend });
  const { todo } = device.sync.models;
  const edit = todo.update('a', { done: true });
  await until('the server has taken it', late.hasTaken);
  world.server.put('todo', 'a', null);
  await todo.pull();
  late.open();
  expect((await edit.settled).outcome).toBe('committed');
  await synced(device);
  await todo.pull();
  expect(todoOf(device, 'a')).toBeUndefined();
});

test('NW2 I13: a record that others deleted before our create was answered does not come back with the answer', async () => {
  const storage = memory();
  const silent: Bend = ({ push }) => ({
    push: async (...args) => {
      await push(...args);
      throw new TypeError('the answer is lost');
    },
    probe: () => Promise.reject(new TypeError('no network')),
  });
  const first = await world.settled({ storage, name: 'unanswered', bend: silent });
  const { id, operationId } = first.sync.models.todo.create({ title: 'Milk', done: false });
  await until('the server has it', () => world.server.ids('todo').length === 1);
  await first.sync.stop();
  world.server.put('todo', id, null);

  // The tombstone comes first, then the answer: the server says once more what it said before.
  const { open, opened } = gate();
  const remote = { record: { id, title: 'Milk', done: false }, version: '"1"' };
  let sent = 0;
  const stored: Bend = () => ({
    push: async () => {
      sent++;
      await opened;
      return { kind: 'committed', version: '"1"', remote: { ...remote, lastOperationId: null } };
    },
  });
  const second = await world.started({ storage, name: 'unanswered', bend: stored });
  await until('it was sent again', () => sent > 0);
  await second.sync.models.todo.pull();
  open();
  expect((await second.sync.outbox.settled(operationId)).outcome).toBe('committed');
  await synced(second);
  expect(todoOf(second, id)).toBeUndefined();
});
