import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Branch,
  branchCapacity,
  eachLeaf,
  getIn,
  isWhole,
  keysOf,
  leafCapacity,
  noPages,
  type PageNode,
  type Pages,
  scan,
  valuesOf,
} from '../../store/pages.ts';
import { PagesDraft, setIn } from '../../store/pagesDraft.ts';
import { collectGarbage } from '../support/collectGarbage.ts';

function key(n: number): string {
  return n.toString(36).padStart(6, '0');
}

function filled(count: number): Pages<number> {
  const draft = new PagesDraft<number>(noPages());
  for (let i = 0; i < count; i++) draft.set(key(i), i);
  return draft.finish();
}

/** All leaves at one depth, keys in order, sizes within the capacity, the size counted. */
function expectSound(pages: Pages<number>): void {
  const walk = (node: PageNode<number>, depth: number): number => {
    if (depth === 0) {
      expect(node.keys.length).toBeLessThanOrEqual(leafCapacity);
      return node.keys.length;
    }
    const branch = node as Branch<number>;
    expect(branch.children.length).toBe(branch.keys.length);
    expect(branch.children.length).toBeLessThanOrEqual(branchCapacity);
    return branch.children.reduce((sum, child) => sum + walk(child, depth - 1), 0);
  };
  expect(walk(pages.root, pages.depth)).toBe(pages.size);
  expect(isWhole(pages)).toBe(true);
  const keys = keysOf(pages);
  expect(keys).toEqual([...keys].sort());
}

describe('pages', () => {
  test('hold what a plain map holds, whatever is set and deleted (property)', () => {
    const step = fc.tuple(fc.nat(600), fc.constantFrom('set', 'set', 'delete'));
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 400 }), { maxLength: 6 }), (batches) => {
        const plain = new Map<string, number>();
        let pages = noPages<number>();
        for (const batch of batches) {
          const before = pages;
          const seen = valuesOf(before);
          const draft = new PagesDraft(pages);
          for (const [n, what] of batch) {
            if (what === 'set') {
              draft.set(key(n), n);
              plain.set(key(n), n);
            } else {
              draft.delete(key(n));
              plain.delete(key(n));
            }
          }
          pages = draft.finish();
          expect(valuesOf(before)).toEqual(seen);
        }
        expectSound(pages);
        expect(keysOf(pages)).toEqual([...plain.keys()].sort());
        for (const [k, v] of plain) expect(getIn(pages, k)).toBe(v);
      }),
      { numRuns: 60 },
    );
  });

  test('stay sound while thousands come in any order and go again', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const order = Array.from({ length: 20_000 }, (_, i) => i).sort(() => random() - 0.5);
    const draft = new PagesDraft<number>(noPages());
    for (const n of order) draft.set(key(n), n);
    expectSound(draft.finish());
    expect(draft.finish().depth).toBe(2);
    for (const n of order.slice(0, 19_990)) draft.delete(key(n));
    const rest = draft.finish();
    expectSound(rest);
    expect(valuesOf(rest)).toEqual(order.slice(19_990).sort((a, b) => a - b));
    for (const n of order) draft.delete(key(n));
    expect(draft.finish()).toMatchObject({ size: 0, depth: 0 });
  });

  test('rising keys fill their leaves', () => {
    let leaves = 0;
    eachLeaf(filled(10_000), () => leaves++);
    expect(leaves).toBe(Math.ceil(10_000 / leafCapacity));
  });

  test('N14: one edit copies one leaf and its path, whatever the size', () => {
    for (const count of [1_000, 10_000, 100_000]) {
      const before = filled(count);
      const after = setIn(before, key(count >> 1), -1);
      const known = new Set<object>();
      const remember = (node: PageNode<number>, depth: number): void => {
        known.add(node);
        if (depth > 0)
          for (const child of (node as Branch<number>).children) remember(child, depth - 1);
      };
      remember(before.root, before.depth);
      let copied = 0;
      const count2 = (node: PageNode<number>, depth: number): void => {
        if (known.has(node)) return;
        copied++;
        if (depth > 0)
          for (const child of (node as Branch<number>).children) count2(child, depth - 1);
      };
      count2(after.root, after.depth);
      expect(copied).toBe(after.depth + 1);
    }
  });

  test('a draft that changes nothing gives the same object', () => {
    const pages = filled(10);
    const draft = new PagesDraft(pages);
    draft.delete('not there');
    expect(draft.finish()).toBe(pages);
  });

  test('a scan begins where it is told and ends when it is told', () => {
    const pages = filled(1_000);
    const seen: number[] = [];
    scan(pages, key(500), (value) => {
      seen.push(value);
      return seen.length < 3;
    });
    expect(seen).toEqual([500, 501, 502]);
    expect(new PagesDraft(pages).first(key(998))).toEqual({ key: key(998), value: 998 });
    expect(new PagesDraft(noPages<number>()).first()).toBeUndefined();
  });

  test('clear forgets everything', () => {
    const draft = new PagesDraft(filled(300));
    draft.clear();
    expect(draft.finish()).toMatchObject({ size: 0, depth: 0 });
  });
});

test('a draft that lives long holds nothing of what was deleted from it', async () => {
  const draft = new PagesDraft<object>(noPages());
  const held: WeakRef<object>[] = [];
  for (let i = 0; i < 5_000; i++) {
    const value = { i };
    held.push(new WeakRef(value));
    draft.set(key(i), value);
  }
  // From the front, as a queue empties: what is joined with its neighbour is let go.
  for (let i = 0; i < 4_990; i++) draft.delete(key(i));
  await collectGarbage();
  expect(held.filter((each) => each.deref())).toHaveLength(10);
  expect(draft.size).toBe(10);
});
