import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Branch,
  getIn,
  keysOf,
  noPages,
  type PageNode,
  type Pages,
} from '../../store/pages.ts';
import { differencesIn } from '../../store/pagesDiff.ts';
import { PagesDraft, setIn } from '../../store/pagesDraft.ts';

const key = (n: number) => n.toString(36).padStart(6, '0');

function edited(pages: Pages<number>, edits: readonly (readonly [number, number | null])[]) {
  const draft = new PagesDraft(pages);
  for (const [n, value] of edits) {
    if (value === null) draft.delete(key(n));
    else draft.set(key(n), value);
  }
  return draft.finish();
}

function filled(count: number): Pages<number> {
  return edited(
    noPages(),
    Array.from({ length: count }, (_, n) => [n, n] as const),
  );
}

function byHand(before: Pages<number>, after: Pages<number>) {
  return [...new Set([...keysOf(before), ...keysOf(after)])]
    .sort()
    .map((key) => ({ key, before: getIn(before, key), after: getIn(after, key) }))
    .filter((each) => each.before !== each.after);
}

const edit = fc.tuple(fc.nat(12_000), fc.option(fc.nat(3), { freq: 2 }));
const range = fc
  .tuple(fc.nat(9_000), fc.nat(3_000))
  .map(([from, count]) => Array.from({ length: count }, (_, n) => [from + n, null] as const));

test('N14: what differs between two versions is found, whatever was set, removed, split, joined (property)', () => {
  const bases = [0, 100, 1_000, 9_000].map(filled);
  const edits = fc.oneof(fc.array(edit, { maxLength: 300 }), range);
  fc.assert(
    fc.property(fc.constantFrom(...bases), edits, edits, (base, first, second) => {
      const before = edited(base, first);
      const after = edited(before, second);
      expect(differencesIn(before, after, Number.POSITIVE_INFINITY)).toEqual(byHand(before, after));
      const fork = edited(base, second);
      expect(differencesIn(before, fork, Number.POSITIVE_INFINITY)).toEqual(byHand(before, fork));
    }),
    { numRuns: 100 },
  );
});

/** Both trees with every node that they share replaced by one that must not be opened. */
function closed(old: PageNode<number>, now: PageNode<number>, depth: number): PageNode<number>[] {
  if (old === now) {
    const shut = {
      get keys(): string[] {
        throw new Error('a shared node was opened');
      },
      values: [],
    };
    return [shut, shut];
  }
  if (depth === 0) return [old, now];
  const others = (now as Branch<number>).children;
  const pairs = (old as Branch<number>).children.map((child, i) =>
    closed(child, others[i] as PageNode<number>, depth - 1),
  );
  return [old, now].map((node, side) => ({
    keys: node.keys,
    children: pairs.map((pair) => pair[side] as PageNode<number>),
  }));
}

test('N14: after one edit only the nodes on its path are looked at, whatever the size', () => {
  for (const count of [1_000, 10_000, 100_000]) {
    const at = count >> 1;
    const before = filled(count);
    const after = setIn(before, key(at), -1);
    const [old, now] = closed(before.root, after.root, before.depth) as [never, never];
    const differences = differencesIn({ ...before, root: old }, { ...after, root: now }, 10);
    expect(differences).toEqual([{ key: key(at), before: at, after: -1 }]);
  }
});

test('two versions that have little in common are told apart without an end', () => {
  expect(differencesIn(filled(1_000), filled(3_000), 1_999)).toBeNull();
  expect(differencesIn(filled(1_000), filled(3_000), 2_000)).toHaveLength(2_000);
  expect(differencesIn(filled(5), filled(5), 0)).toEqual([]);
});
