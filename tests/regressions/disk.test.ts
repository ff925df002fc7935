import { expect, test } from 'vitest';
import { memory, type Storage, type StorageConnection, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { fateOf, pause, quickEnv, synced, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

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

test('ST3: a handle that dies with several questions open makes one trouble, and no error that nobody hears', async () => {
  const unheard: unknown[] = [];
  const listen = (error: unknown) => void unheard.push(error);
  process.on('unhandledRejection', listen);
  let isDead = false;
  const died = () => new StorageError('lost', 'the handle died');
  const inner = memory();
  const storage: Storage = {
    kind: 'dying',
    async open(name) {
      const connection = await inner.open(name);
      const { commit, position, readMeta } = connection;
      return {
        ...connection,
        commit: async (batch, onCommitting) => {
          if (isDead) throw died();
          return commit(batch, onCommitting);
        },
        // Both are asked at once; the first to fail is the one that is waited for.
        position: () => (isDead ? Promise.reject(died()) : position()),
        readMeta: async (keys) => {
          if (!isDead) return readMeta(keys);
          await pause(1);
          throw died();
        },
      };
    },
  };
  const device = await world.settled({ storage, name: 'dying' });
  isDead = true;
  const write = device.sync.models.todo.create({ title: 'Milk', done: false });
  await pause(60);
  isDead = false;
  expect(await fateOf(write.saved)).toBe('resolved');
  await synced(device);
  process.off('unhandledRejection', listen);
  expect(unheard).toEqual([]);
});

test('ST11 CR20: a database that is gone is told also when the page dies before it has read the new one', async () => {
  const marks = new Map<string, string>();
  const env = quickEnv({
    readMark: (key) => marks.get(key),
    writeMark: (key, value) => void marks.set(key, value),
  });
  const first = await world.started({ storage: memory(), name: 'gone', env });
  const known = first.sync.databaseId;
  await first.sync.stop();
  const disk = memory();
  // The new database has got its id; then the disk is silent, and the page is closed.
  let reads = 0;
  const silent = bent(disk, { beforeRead: () => ++reads > 1 && new Promise(() => {}) });
  const second = world.device({ storage: silent, name: 'gone', env });
  second.sync.start();
  await until('it reads the new one', () => reads > 1);
  second.sync.stop();
  const third = world.device({ storage: disk, name: 'gone', env });
  const told: string[] = [];
  third.sync.events.on('dataLoss', (event) => told.push(event.known));
  third.sync.start();
  await third.sync.ready;
  expect(told).toEqual([known]);
});
