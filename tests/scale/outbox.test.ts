import { describe, expect, test } from 'vitest';
import { workOf, workUntil } from '../support/countedWork.ts';
import { expectFlat, growthOf } from './growth.ts';
import { makeScaleWorld } from './scaleWorld.ts';

const records = 50_000;
const depths = [200, 2_000, 20_000];

describe('N14: whatever waits in the outbox', () => {
  test('N14: a write joins it at the same cost, offline and online, and an answer takes one out', async () => {
    const [offline, online, answered, listed] = [1, 2, 3, 4].map(() => new Map<number, number>());
    for (const depth of depths) {
      const world = await makeScaleWorld({ records, depth });
      const { edit, quiet, storage, waiting, sync } = world;
      await edit().saved;
      offline?.set(depth, await workUntil(() => edit().saved));
      listed?.set(
        depth,
        workOf(() => sync.outbox.list()),
      );
      await world.connect();
      const written = async () => {
        await edit().saved;
        await quiet();
      };
      await written();
      online?.set(depth, await workUntil(written));
      // Answers are written in groups, and requests sealed in groups: so sixty, and all that follows.
      const answers = async () => {
        for (let n = 0; n < 60; n++) {
          waiting.shift()?.commit();
          await quiet();
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
        await quiet();
      };
      await answers();
      storage.taken();
      answered?.set(depth, await workUntil(answers));
      // A row for each answer, and some that seal what takes their place.
      const { rows, pages } = storage.taken();
      expect(pages).toBe(0);
      expect(rows).toBeGreaterThanOrEqual(60);
      expect(rows).toBeLessThan(90);
      await sync.stop();
    }
    expectFlat('an edit while offline', offline ?? new Map());
    expectFlat('an edit while online', online ?? new Map());
    expectFlat('sixty answers, seals and the next requests', answered ?? new Map());
    // And the count sees what is in proportion: a list of all that waits is.
    expect(growthOf(listed ?? new Map())).toBeGreaterThan(8);
  }, 120_000);

  test.each([
    ['some records again and again', 1_000],
    ['each time another record', 50_000],
  ])(
    'N14: with 10,000 in front of it an edit writes at most one and a half times its row, checkpoints included: %s',
    async (_, records) => {
      const { edit, quiet, storage, sync } = await makeScaleWorld({ records, depth: 10_000 });
      const before = storage.taken();
      expect(before.rows).toBe(0);
      await edit().saved;
      expect(storage.taken()).toMatchObject({ batches: 1, rows: 1, pages: 0 });
      let [rowText, pageText, checkpoints] = [0, 0, 0];
      const count = () => {
        const written = storage.taken();
        rowText += written.rowText;
        pageText += written.pageText;
        checkpoints += written.checkpoints;
      };
      // Until a checkpoint has fallen due, which writes what is still waiting, and has come to its end.
      while (pageText === 0 && rowText < 20_000_000) {
        await Promise.all(Array.from({ length: 1_000 }, () => edit().saved));
        await quiet();
        count();
      }
      for (let n = 0; n < 1_000 && checkpoints === 0; n++) {
        await quiet();
        count();
      }
      expect(checkpoints).toBe(1);
      expect((rowText + pageText) / rowText).toBeLessThan(1.5);
      await sync.stop();
    },
    60_000,
  );
});
