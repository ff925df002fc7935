import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Storage, StorageConnection } from '../../src/storage.ts';

/** What every storage must do, whatever stands behind it. */
export function storageContract(kind: string, make: () => Storage): void {
  describe(`${kind} keeps the storage contract`, () => {
    let storage: Storage;
    let connection: StorageConnection;
    let name = 0;

    beforeEach(async () => {
      storage = make();
      connection = await storage.open(`contract-${name++}`);
    });

    afterEach(async () => {
      await connection.close();
    });

    const rows = async (after = 0, limit = 100) =>
      (await connection.readRows(after, limit)).map(({ sequence, text }) => [sequence, text]);

    test('rows get rising sequences without gaps, in the order they are given', async () => {
      expect(await connection.commit({ append: ['a', 'b'] })).toEqual({ ok: true, head: 2 });
      expect(await connection.commit({ append: ['c'] })).toEqual({ ok: true, head: 3 });
      expect(await rows()).toEqual([
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
      expect(await rows(1, 1)).toEqual([[2, 'b']]);
    });

    test('who commits is told once when nothing but the disk is waited for, and not of what is refused', async () => {
      const order: string[] = [];
      const told = () => void order.push('committing');
      const done = async (batch: Parameters<StorageConnection['commit']>[0]) => {
        const { ok } = await connection.commit(batch, told);
        order.push(ok ? 'durable' : 'refused');
      };
      await done({ append: ['a'] });
      await done({ append: ['b', 'c', 'd', 'e', 'f'] });
      await done({ append: ['g'], expect: { head: 6 } });
      await done({ append: ['h'], expect: { head: 3 } });
      await done({ putMeta: [['m', 'x']] });
      const [each, none] = [['committing', 'durable'], ['refused']];
      expect(order).toEqual([...each, ...each, ...each, ...none, ...each]);
    });

    test('an empty database is at 0', async () => {
      expect(await connection.position()).toEqual({ head: 0, fence: 0 });
      expect(await rows()).toEqual([]);
      expect(await connection.readMeta(['x'])).toEqual([undefined]);
      expect(await connection.readPages(['x'])).toEqual([undefined]);
      expect(await connection.pageKeys()).toEqual([]);
    });

    test('appends are refused as a whole when the head has moved', async () => {
      await connection.commit({ append: ['a'] });
      const refused = await connection.commit({ append: ['b'], expect: { head: 0, fence: 0 } });
      expect(refused).toEqual({ ok: false, head: 1, fence: 0 });
      expect(await rows()).toEqual([[1, 'a']]);
      const taken = await connection.commit({ append: ['b'], expect: { head: 1, fence: 0 } });
      expect(taken).toEqual({ ok: true, head: 2 });
    });

    test('I20: nothing is written under a fence that has been raised', async () => {
      expect(await connection.commit({ expect: { fence: 0 }, fence: 1 })).toMatchObject({
        ok: true,
      });
      const refused = await connection.commit({
        ...{ append: ['x'], expect: { fence: 0 }, putMeta: [['m', 'x']] },
        ...{ putPages: [['p', 'x']], removeRowsThrough: 9 },
      });
      expect(refused).toEqual({ ok: false, head: 0, fence: 1 });
      expect(await connection.readMeta(['m'])).toEqual([undefined]);
      expect(await connection.readPages(['p'])).toEqual([undefined]);
    });

    test('nothing is written where something else stands under a key of meta than was expected', async () => {
      const first = await connection.commit({
        expect: { meta: ['m', undefined] },
        putMeta: [['m', '1']],
      });
      expect(first).toMatchObject({ ok: true });
      const refused = await connection.commit({
        ...{ expect: { meta: ['m', undefined] }, putMeta: [['m', '2']], append: ['a'] },
      });
      expect(refused).toEqual({ ok: false, head: 0, fence: 0 });
      expect(await connection.readMeta(['m'])).toEqual(['1']);
      const taken = await connection.commit({
        expect: { meta: ['m', '1'] },
        putMeta: [['m', '3']],
      });
      expect(taken).toMatchObject({ ok: true });
      expect(await connection.readMeta(['m'])).toEqual(['3']);
    });

    test('pages and meta are written, replaced and removed in one batch', async () => {
      await connection.commit({
        putPages: [
          ['p1', '1'],
          ['p2', '2'],
        ],
        putMeta: [['m1', 'x']],
      });
      await connection.commit({
        putPages: [
          ['p2', '22'],
          ['p3', '3'],
        ],
        removePages: ['p1'],
        removeMeta: ['m1'],
        putMeta: [['m2', 'y']],
      });
      expect(await connection.readPages(['p1', 'p2', 'p3'])).toEqual([undefined, '22', '3']);
      expect(await connection.readMeta(['m1', 'm2'])).toEqual([undefined, 'y']);
      expect([...(await connection.pageKeys())].sort()).toEqual(['p2', 'p3']);
    });

    test('sequences go on from the head when rows are removed, also all of them', async () => {
      await connection.commit({ append: ['a', 'b', 'c'] });
      await connection.commit({ removeRowsThrough: 2 });
      expect(await rows()).toEqual([[3, 'c']]);
      await connection.commit({ removeRowsThrough: 3, expect: { fence: 0 } });
      expect(await rows()).toEqual([]);
      expect(await connection.position()).toEqual({ head: 3, fence: 0 });
      expect(await connection.commit({ append: ['d'], expect: { head: 3 } })).toEqual({
        ok: true,
        head: 4,
      });
    });

    test('rows that were appended together are read, counted and removed like rows alone', async () => {
      const known: [number, string][] = [];
      let head = 0;
      for (const [size, isExpecting, removed] of [
        ...[
          [1, false, 0],
          [7, false, 0],
          [5, true, 0],
          [1, true, 0],
          [4, false, 3],
          [3, true, 0],
        ],
        ...[
          [12, true, 9],
          [6, false, 0],
          [1, false, 31],
          [9, true, 0],
          [2, false, 44],
          [5, false, 0],
        ],
        ...[
          [4, true, 60],
          [8, false, 0],
        ],
      ] as [number, boolean, number][]) {
        const append = Array.from({ length: size }, (_, i) => `row ${head + i + 1}`);
        const batch = { append, ...(isExpecting && { expect: { head } }) };
        expect(await connection.commit(batch)).toEqual({ ok: true, head: head + size });
        for (const text of append) known.push([++head, text]);
        if (removed > 0) {
          await connection.commit({ removeRowsThrough: removed });
          while (known[0] && known[0][0] <= removed) known.shift();
        }
        expect((await connection.position()).head).toBe(head);
        for (let after = 0; after <= head; after++) {
          for (const limit of [1, 3, 10, 100]) {
            const expected = known.filter(([sequence]) => sequence > after).slice(0, limit);
            expect(await rows(after, limit)).toEqual(expected);
          }
        }
      }
    });

    test('what was committed is there for the next connection', async () => {
      const other = `kept-${name++}`;
      const first = await storage.open(other);
      await first.commit({
        append: ['a'],
        putPages: [['p', '1']],
        putMeta: [['m', '2']],
        fence: 4,
      });
      await first.close();
      const second = await storage.open(other);
      expect(await second.position()).toEqual({ head: 1, fence: 4 });
      expect(await second.readPages(['p'])).toEqual(['1']);
      expect(await second.readMeta(['m'])).toEqual(['2']);
      expect((await second.readRows(0, 9)).map((row) => row.text)).toEqual(['a']);
      await second.close();
    });

    test('databases of other names know nothing of it', async () => {
      await connection.commit({ append: ['a'] });
      const other = await storage.open(`other-${name++}`);
      expect(await other.position()).toEqual({ head: 0, fence: 0 });
      await other.close();
    });

    test('batches that are asked for at once are all written, one after the other', async () => {
      const batches = Array.from({ length: 20 }, (_, i) => connection.commit({ append: [`${i}`] }));
      const heads = (await Promise.all(batches)).map((committed) => committed.head);
      expect(heads).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });
  });
}
