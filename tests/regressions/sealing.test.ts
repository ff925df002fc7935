import { expect, test, vi } from 'vitest';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
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

test('a delete that is cancelled while its row waits for the disk is not sealed', async () => {
  let isHeld = false;
  let open = () => {};
  const storage = bent(memory(), {
    beforeCommit: ({ append }) => {
      if (append?.some((text) => text.includes('"delete"')) !== true) return undefined;
      return new Promise<void>((resolve) => {
        isHeld = true;
        open = resolve;
      });
    },
  });
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({ storage });
  const { todo } = device.sync.models;
  const removal = todo.remove('a');
  await vi.waitFor(() => expect(isHeld).toBe(true));
  const cancelled = removal.cancel();
  const edit = todo.update('a', { title: 'kept' });
  open();
  expect(await cancelled).toBe('cancelled');
  expect((await edit.settled).outcome).toBe('committed');
  expect(todoOf(device, 'a')).toMatchObject({ title: 'kept' });
  expect(world.server.ids('todo')).toEqual(['a']);
});
