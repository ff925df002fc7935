import { expect, test } from 'vitest';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { makeDevice } from '../support/world.ts';

test('CR15: the journal of many short sessions is compacted like that of a long one', async () => {
  const storage = memory();
  const options = { storage, name: 'short', transport: rest({ baseUrl: 'http://127.0.0.1:9' }) };
  for (let session = 0; session < 4; session++) {
    const { sync } = makeDevice(options);
    sync.start();
    await sync.ready;
    const writes = Array.from({ length: 400 }, (_, i) =>
      sync.models.todo.create({ title: `${session}/${i}`, done: false }),
    );
    await Promise.all(writes.map(({ saved }) => saved));
    await sync.stop();
  }
  const connection = await storage.open('short');
  expect((await connection.readRows(0, 5_000)).length).toBeLessThan(1_000);
  const { sync, store } = makeDevice(options);
  sync.start();
  await sync.ready;
  expect(sync.models.todo.selectTotal(store.getState())).toBe(1_600);
  await sync.stop();
});
