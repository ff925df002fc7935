import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leafCapacity } from '../../store/pages.ts';
import { takeWork, workOf, workUntil } from '../support/countedWork.ts';
import { expectFlat, growthOf, largestPiece, nodesMade } from './growth.ts';
import { idOf, makeScaleWorld, type ScaleWorld } from './scaleWorld.ts';

const sizes = [1_000, 10_000, 100_000];
const worlds = new Map<number, ScaleWorld>();

beforeAll(async () => {
  for (const records of sizes) {
    const world = await makeScaleWorld({ records });
    // Warm: what is made once is made.
    await world.edit().saved;
    await world.sync.persistor.flush();
    await world.quiet();
    worlds.set(records, world);
  }
}, 60_000);

afterAll(async () => {
  for (const world of worlds.values()) await world.sync.stop();
});

async function atEachSize(measure: (world: ScaleWorld, records: number) => Promise<number>) {
  const work = new Map<number, number>();
  for (const [records, world] of worlds) work.set(records, await measure(world, records));
  return work;
}

describe('N14: whatever the number of records', () => {
  test('N14: one edit costs the same, until it is shown and until it is saved', async () => {
    const shown = await atEachSize(async ({ edit, quiet }) => {
      const work = workOf(edit);
      await quiet();
      return work;
    });
    expectFlat('one dispatch', shown);
    const saved = await atEachSize(({ edit }) => workUntil(() => edit().saved));
    expectFlat('one durable edit', saved);
    expect(Math.max(...saved.values())).toBeLessThan(2_000);
  });

  test('N14: one edit is two actions for the reducer, and one row in one transaction', async () => {
    for (const { edit, quiet, storage, reductions } of worlds.values()) {
      storage.taken();
      reductions();
      await edit().saved;
      await quiet();
      expect(reductions()).toBe(2);
      const { rowText, ...counts } = storage.taken();
      expect(counts).toEqual({ batches: 1, rows: 1, pages: 0, pageText: 0, checkpoints: 0 });
      expect(rowText).toBeLessThan(500);
    }
  });

  test('N14: one edit makes anew the path to its record, and no piece of the state is large', async () => {
    for (const { edit, state } of worlds.values()) {
      const before = state().shown.models.item?.records;
      edit();
      const after = state().shown.models.item?.records;
      if (!before || !after) throw new Error('the model is missing');
      expect(nodesMade(before, after)).toBe(after.depth + 1);
      expect(largestPiece(state())).toBeLessThanOrEqual(leafCapacity);
    }
  });

  test('N14: a pull of ten changes costs the same, and writes them once', async () => {
    const work = await atEachSize(async ({ sync, storage, quiet }) => {
      await quiet();
      storage.taken();
      const done = await workUntil(() => sync.models.item.pull());
      const { batches, rows, rowText, pages } = storage.taken();
      expect({ batches, rows, pages }).toEqual({ batches: 1, rows: 1, pages: 0 });
      expect(rowText).toBeLessThan(3_000);
      return done;
    });
    expectFlat('a pull of ten changes', work);
  });

  test('N14: a checkpoint after one edit writes pages of the outbox, none of the records', async () => {
    for (const { edit, sync, storage } of worlds.values()) {
      await sync.persistor.flush();
      await edit().saved;
      storage.taken();
      await sync.persistor.flush();
      // A leaf of the outbox and one of its lanes: an edit changes no base.
      const { pages, pageText } = storage.taken();
      expect(pages).toBe(2);
      expect(pageText).toBeLessThan(20_000);
    }
  });

  test('N14: a checkpoint after a pull of ten changes writes their pages and the paths to them', async () => {
    for (const { sync, storage, state } of worlds.values()) {
      await sync.persistor.flush();
      await sync.models.item.pull();
      storage.taken();
      await sync.persistor.flush();
      const depth = state().sequenced.models.item?.records.depth ?? 0;
      expect(storage.taken().pages).toBeLessThanOrEqual(10 * (depth + 1));
    }
  });

  test('N14: what a component reads after an edit costs the same', async () => {
    const selectors: Record<string, (world: ScaleWorld) => unknown> = {
      selectById: ({ sync, root }) => sync.models.item.selectById(root(), idOf(5)),
      selectRecordStatus: ({ sync, root }) => sync.models.item.selectRecordStatus(root(), idOf(13)),
      selectTotal: ({ sync, root }) => sync.models.item.selectTotal(root()),
      selectSyncStatus: ({ sync, root }) => sync.selectSyncStatus(root()),
    };
    for (const [name, select] of Object.entries(selectors)) {
      const work = await atEachSize(async (world) => {
        world.edit();
        return workOf(() => select(world));
      });
      expect(Math.max(...work.values()), name).toBeLessThan(100);
    }
  });

  test('N14: after an edit the list of all is put together from the parts that are still the same', async () => {
    for (const [records, world] of worlds) {
      const { sync, root, edit } = world;
      const { selectAll, selectIds } = sync.models.item;
      selectAll(root());
      const ids = selectIds(root());
      edit();
      // Nodes on the path, and each of their children or records once; the list itself is one copy.
      expect(workOf(() => selectAll(root()))).toBeLessThan(1_000);
      expect(selectAll(root())).toHaveLength(records);
      expect(selectIds(root())).toBe(ids);
    }
  });
});

test('N14: a mistake in proportion to the records would be seen', async () => {
  const work = await atEachSize(async ({ sync, root }, records) => {
    takeWork();
    // As a selector would that looks for a record from the first on.
    for (let n = 0; n < records; n++) sync.models.item.selectTotal(root());
    return takeWork();
  });
  expect(growthOf(work)).toBeGreaterThan(9);
});
