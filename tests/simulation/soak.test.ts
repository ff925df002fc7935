import { expect, test } from 'vitest';
import { soak } from '../../src/testing/soak/soak.ts';
import { brokenBounds, brokenHeap } from '../../src/testing/soak/soakBounds.ts';
import { confirmCycles } from '../../src/testing/soak/soakCycles.ts';
import { conflictLogCap, settlementCap, writerCap } from '../../store/caps.ts';

test.each(['client', 'server'] as const)(
  'I22 I23: three days of two devices, with ids of the %s, leave every evening no more than the records, what waits and what is capped, and nothing running',
  async (ids) => {
    const evenings = await soak({ seed: 3, days: 3, ids });
    expect(evenings.flatMap(({ broken }) => broken)).toEqual([]);
    // Days on which nothing happens would be bounded by themselves.
    for (const { edits, requests } of evenings)
      expect(Math.min(edits, requests)).toBeGreaterThan(50);
    const sum = (what: 'faults' | 'reloads') => evenings.reduce((all, day) => all + day[what], 0);
    expect(sum('faults')).toBeGreaterThan(50);
    expect(sum('reloads')).toBeGreaterThan(5);
  },
);

test('I22 I23: 1,000 writes made and confirmed on a device whose caps are full let nothing grow', async () => {
  const [before, after] = await confirmCycles({ seed: 1, cycles: 1_000, ids: 'server' });
  expect(before).toMatchObject({
    ...{ settlements: settlementCap, logged: conflictLogCap, writers: writerCap },
    ...{ records: 0, aliases: 0, former: 0, waiting: 0, rows: 0 },
  });
  const some = expect.any(Number);
  expect(after).toEqual({ ...before, checkpoint: some, pages: some });
  expect(after.checkpoint).toBeLessThanOrEqual(before.checkpoint * 1.01);
  expect(after.pages).toBeLessThanOrEqual(before.pages * 1.1);
});

test('I22 I23: what is beyond a bound is told', () => {
  const measure = {
    ...{
      device: 0,
      records: 2,
      waiting: 0,
      settlements: 0,
      logged: 0,
      aliases: 0,
      former: 0,
      quarantined: 0,
    },
    ...{ writers: 2, illegal: 0, checkpoint: 9_000, pages: 1, rows: 10, journal: 5_000 },
    ...{ timers: 0, requests: 0, listeners: 2, actors: 2, differing: 0 },
  };
  expect(brokenBounds(measure)).toEqual([]);
  expect(brokenBounds({ ...measure, checkpoint: 20_000, timers: 9 })).toEqual([
    'device 0: checkpoint is 20000, above 11820',
    'device 0: timers is 9, above 3',
  ]);
  const megabyte = 1_000_000;
  expect(brokenHeap([1, 1, 1, 1, megabyte, 9 * megabyte])).toEqual([
    'the heap has grown by 8000000 bytes',
  ]);
  expect(brokenHeap([1, 1, 1, 1, megabyte, 2 * megabyte])).toEqual([]);
});
