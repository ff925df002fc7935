import { expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { away, synced, tinyWorld } from '../support/tinyServer.ts';

const world = tinyWorld();

test('CR15: the journal of many short sessions is compacted like that of a long one', async () => {
  const storage = memory();
  const options = { storage, name: 'short' };
  for (let session = 0; session < 4; session++) {
    const device = await world.started(options);
    await device.sync.ready;
    for (let i = 0; i < 400; i++) {
      device.sync.models.todo.create({ title: `${session}/${i}`, done: false });
    }
    await synced(device);
    await device.sync.stop();
  }
  const connection = await storage.open('short');
  // Some 4,000 were written.
  expect((await connection.readRows(0, 5_000)).length).toBeLessThan(1_500);
  const { sync, store } = await world.started({ ...options, bend: away });
  await sync.ready;
  expect(sync.models.todo.selectTotal(store.getState())).toBe(1_600);
  await sync.stop();
});
