import { expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { gate, quickEnv, tinyWorld } from '../support/tinyServer.ts';

const world = tinyWorld();

test('ST11 ST25: a page that dies while it finds the database gone has told nobody: the next start tells', async () => {
  const env = quickEnv();
  const first = await world.started({ env, name: 'gone' });
  const known = first.sync.databaseId;
  await first.sync.stop();

  const [named, read] = [gate(), gate()];
  const storage = bent(memory(), {
    afterCommit: ({ putMeta }) => putMeta && named.open(),
    beforeReadRows: () => read.opened,
  });
  const second = world.device({ env, storage, name: 'gone' });
  second.sync.start();
  await named.opened;
  await second.sync.stop();
  read.open();

  const third = world.device({ env, storage, name: 'gone' });
  const told: unknown[] = [];
  third.sync.events.on('dataLoss', (event) => told.push(event));
  third.sync.start();
  await third.sync.ready;
  const found = third.sync.databaseId;
  expect(told).toEqual([{ type: 'dataLoss', known, found, recovered: [], unreadable: 0 }]);

  // Told once.
  await third.sync.stop();
  const fourth = world.device({ env, storage, name: 'gone' });
  fourth.sync.events.on('dataLoss', (event) => told.push(event));
  fourth.sync.start();
  await fourth.sync.ready;
  expect(told).toHaveLength(1);
});
