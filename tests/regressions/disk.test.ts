import { expect, test } from 'vitest';
import { memory, type StorageConnection, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { fateOf, synced, tinyWorld } from '../support/tinyServer.ts';

const world = tinyWorld();

test('ST4: a read that fails after a doubtful append holds up neither the write nor its sending', async () => {
  let doubtful = false;
  let failingReads = 0;
  let raw: StorageConnection | undefined;
  const inner = memory();
  const storage = bent(inner, {
    // Written, and nobody learns of it: the journal is ahead of what was folded.
    beforeCommit: async ({ append, expect: expected }) => {
      if (!doubtful || !append || expected) return;
      doubtful = false;
      failingReads = 2;
      raw ??= await inner.open('doubtful');
      await raw.commit({ append });
    },
    beforeReadRows: () => {
      if (failingReads-- > 0) throw new StorageError('lost', 'the handle died');
    },
  });
  const device = await world.settled({ storage, name: 'doubtful' });
  doubtful = true;
  const write = device.sync.models.todo.create({ title: 'Milk', done: false });
  expect(await fateOf(write.saved)).toBe('resolved');
  expect(await fateOf(write.settled)).toBe('resolved');
  await synced(device);
  expect(failingReads).toBeLessThanOrEqual(0);
  expect(world.server.pushes).toBe(1);
});
