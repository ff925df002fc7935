import { expect, test } from 'vitest';
import { away, tinyWorld } from '../support/tinyServer.ts';

const world = tinyWorld();

test('a clear of more operations than endings are remembered tells each of them', async () => {
  const device = await world.started({ bend: away });
  const titles = Array.from({ length: 10_050 }, (_, i) => ({ title: `t${i}`, done: false }));
  const writes = device.sync.models.todo.createMany(titles);
  const endings = Promise.all(writes.map((write) => write.settled));
  await Promise.all(writes.map((write) => write.saved));
  await device.sync.clear({ unsent: 'discard' });
  const outcomes = (await endings).map(({ outcome }) => outcome);
  expect(outcomes.at(-1)).toBe('discarded');
  expect(outcomes.filter((outcome) => outcome !== 'discarded')).toHaveLength(50);
});
