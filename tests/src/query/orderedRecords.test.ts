import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderedRecords } from '../../../src/query/orderedRecords.ts';
import { orderingOf } from '../../../src/query/ordering.ts';
import type { JsonObject } from '../../../store/json.ts';

const { compare } = orderingOf([
  ['n', 'desc'],
  ['id', 'asc'],
]);
interface Item {
  readonly id: string;
  readonly record: JsonObject;
}
const sorted = (items: readonly Item[]) =>
  [...items].sort((a, b) => compare(a.record, a.id, b.record, b.id));

function filled(items: readonly Item[]): OrderedRecords {
  return OrderedRecords.of(compare, sorted(items));
}

function makeItem(n: number): Item {
  const id = `r${n}`;
  return { id, record: { id, n: n % 7 } };
}

function expectHolds(tree: OrderedRecords, items: readonly Item[]): void {
  const all = sorted(items).map(({ record }) => record);
  expect(tree.size).toBe(all.length);
  expect(tree.slice(0, Number.POSITIVE_INFINITY)).toEqual(all);
  for (const offset of [0, 1, all.length >> 1, all.length - 1, all.length + 5]) {
    if (offset < 0) continue;
    expect(tree.slice(offset, 10)).toEqual(all.slice(offset, offset + 10));
  }
}

test('S5: records stay in order and are counted, whatever comes and goes (property)', () => {
  const step = fc.tuple(fc.nat(2_000), fc.boolean());
  fc.assert(
    fc.property(fc.nat(3_000), fc.array(step, { maxLength: 500 }), (count, steps) => {
      const items = new Map<string, Item>(
        Array.from({ length: count }, (_, n) => [`r${n * 2}`, makeItem(n * 2)] as const),
      );
      let tree = filled([...items.values()]);
      const first = tree;
      const before = [...items.values()];
      for (const [n, isIn] of steps) {
        const item = makeItem(n);
        const { id, record } = items.get(item.id) ?? item;
        if (isIn && !items.has(id)) {
          tree = tree.insert(id, record);
          items.set(id, item);
        } else if (!isIn) {
          const next = tree.remove(id, record);
          expect(next === tree).toBe(!items.delete(id));
          tree = next;
        }
      }
      expectHolds(tree, [...items.values()]);
      expectHolds(first, before);
    }),
    { numRuns: 50 },
  );
});

test('S5: thousands come one by one and go again, from either end and from the middle', () => {
  const items = Array.from({ length: 5_000 }, (_, n) => makeItem((n * 2_711) % 5_000));
  for (const order of [items, sorted(items), sorted(items).reverse()]) {
    let tree = filled([]);
    for (const { id, record } of order) tree = tree.insert(id, record);
    expectHolds(tree, items);
    for (const { id, record } of order.slice(0, 4_990)) tree = tree.remove(id, record);
    expectHolds(tree, order.slice(4_990));
    for (const { id, record } of order.slice(4_990)) tree = tree.remove(id, record);
    expectHolds(tree, []);
    expectHolds(tree.insert('x', { id: 'x', n: 1 }), [{ id: 'x', record: { id: 'x', n: 1 } }]);
  }
});
