import { expect, test } from 'vitest';
import { stateOf, synced, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

test('of the creates that wait when the first list comes only those under way are looked for again', async () => {
  const underWay = 6;
  const looked: string[] = [];
  let pushes = 0;
  const device = await world.device({
    bend: ({ pull, push, read }) => ({
      pull: async (...args) => {
        await until('the line is full', () => pushes === underWay);
        return pull(...args);
      },
      push: async (...args) => {
        const isFirst = ++pushes <= underWay;
        // It takes effect before the list is read, and its answer comes after that.
        const answer = await push(...args);
        if (isFirst) {
          await until(
            'the list is here',
            () => stateOf(device).sequenced.models.todo?.pulled === true,
          );
        }
        return answer;
      },
      read: (model, id, signal) => {
        looked.push(id);
        return read(model, id, signal);
      },
    }),
  });
  const { todo } = device.sync.models;
  const ids = Array.from({ length: 20 }, (_, i) => `r${i}`);
  for (const id of ids) todo.create({ id, title: id, done: false });
  device.sync.start();
  await synced(device);
  expect(pushes).toBe(ids.length);
  expect(looked.length).toBeLessThanOrEqual(underWay);
  expect(todo.selectIds({ sync: stateOf(device) })).toHaveLength(ids.length);
});
