import { expect, test } from 'vitest';
import { LaneIndex } from '../../src/engine/lanes/laneIndex.ts';
import { laneKey } from '../../store/facts.ts';
import { failure, operation, recorded, row, sealed, TestJournal } from '../support/rows.ts';
import { busy, fateOf, quickEnv, stateOf, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const tenYears = 10 * 365 * 86_400_000;

test('TM1: a retry planned before the clock was set back is due when the next write wakes the sync', async () => {
  let ahead = tenYears;
  let failures = 1;
  const device = await world.settled({
    bend: ({ push }) => ({
      push: async (...args) =>
        failures-- > 0 ? { kind: 'retryLater', failure: busy } : push(...args),
    }),
    env: quickEnv({ now: () => Date.now() + ahead, random: () => 0.99 }),
    more: { backoff: { base: 60_000, cap: 60_000 } },
  });
  const { todo } = device.sync.models;
  const write = todo.create({ title: 'Milk', done: false });
  await until('it waits', () => stateOf(device).sequenced.counts.backoff === 1);
  ahead = 0;
  todo.create({ title: 'Bread', done: false });
  expect(await fateOf(write.settled)).toBe('resolved');
});

test('TM1: a wait is kept while the clock is right, and given up where no wait is that long', () => {
  const [now, wait, longest] = [1_000_000, 5_000, 60_000];
  const write = operation('create', 'a', { id: 'a' });
  const retry = { model: 'todo', recordId: 'a', attempts: 1, retryAt: now + wait, failure };
  const { facts } = new TestJournal().add(
    ...[recorded(write), sealed([write]), row({ type: 'retryScheduled', ...retry })],
  );
  const due = (at: number) => {
    const index = new LaneIndex(
      longest,
      () => '',
      () => true,
    );
    index.rebuild(facts);
    expect(index.readOn()).toBe(true);
    return index.origins(at).flatMap((origin) => index.nextToSend(origin, 9, () => false));
  };
  expect(due(now)).toEqual([]);
  expect(due(now + wait - 1)).toEqual([]);
  expect(due(now + wait - longest)).toEqual([]);
  const key = laneKey('todo', 'a');
  expect(due(now + wait)).toEqual([key]);
  expect(due(now + wait - longest - 1)).toEqual([key]);
  expect(due(now - tenYears)).toEqual([key]);
});
