import type { Branch, Leaf, PageNode, Pages } from './pages.ts';

/** An entry that differs between two versions; undefined where it is not there. */
export interface Difference<V> {
  readonly key: string;
  readonly before: V | undefined;
  readonly after: V | undefined;
}

/**
 * What differs between two versions of pages, in order of keys: nodes that both share are passed
 * over, so that one edit costs its path, whatever the size. Null when more than `limit` entries
 * differ: then the two have little to do with each other.
 *
 * @example differencesIn(before, after, 1_000) // [{ key: 'a', before: 1, after: 2 }]
 */
export function differencesIn<V>(
  before: Pages<V>,
  after: Pages<V>,
  limit: number,
): Difference<V>[] | null {
  let old: readonly PageNode<V>[] = [before.root];
  let now: readonly PageNode<V>[] = [after.root];
  for (let depth = before.depth; depth > after.depth; depth--) old = childrenOf(old);
  for (let depth = after.depth; depth > before.depth; depth--) now = childrenOf(now);
  for (let depth = Math.min(before.depth, after.depth); ; depth--) {
    [old, now] = withoutShared(old, now);
    if (depth === 0) break;
    old = childrenOf(old);
    now = childrenOf(now);
  }
  return merged(old as readonly Leaf<V>[], now as readonly Leaf<V>[], limit);
}

function childrenOf<V>(nodes: readonly PageNode<V>[]): readonly PageNode<V>[] {
  const [first] = nodes as readonly Branch<V>[];
  if (!first) return [];
  if (nodes.length === 1) return first.children;
  return (nodes as readonly Branch<V>[]).flatMap(({ children }) => children);
}

type Two<V> = [readonly PageNode<V>[], readonly PageNode<V>[]];

/** Two lists of siblings without the nodes that stand in both: those hold the same in both. */
function withoutShared<V>(old: readonly PageNode<V>[], now: readonly PageNode<V>[]): Two<V> {
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start++;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  const oldRest = old.slice(start, old.length - end);
  const nowRest = now.slice(start, now.length - end);
  if (oldRest.length < 2 || nowRest.length < 2) return [oldRest, nowRest];
  const known = new Set(oldRest);
  const own = nowRest.filter((node) => !known.has(node));
  if (own.length === nowRest.length) return [oldRest, nowRest];
  const kept = new Set(nowRest);
  return [oldRest.filter((node) => !kept.has(node)), own];
}

/** One entry after another out of leaves in order. */
class Walk<V> {
  readonly #leaves: readonly Leaf<V>[];
  #leaf = 0;
  #at = 0;

  constructor(leaves: readonly Leaf<V>[]) {
    this.#leaves = leaves;
    this.#settle();
  }

  /** Undefined at the end. */
  get key(): string | undefined {
    return this.#leaves[this.#leaf]?.keys[this.#at];
  }

  take(): V | undefined {
    const value = this.#leaves[this.#leaf]?.values[this.#at];
    this.#at++;
    this.#settle();
    return value;
  }

  #settle(): void {
    for (let leaf = this.#leaves[this.#leaf]; leaf && this.#at >= leaf.keys.length; ) {
      leaf = this.#leaves[++this.#leaf];
      this.#at = 0;
    }
  }
}

function merged<V>(
  old: readonly Leaf<V>[],
  now: readonly Leaf<V>[],
  limit: number,
): Difference<V>[] | null {
  const [oldLeaf, nowLeaf] = [old[0], now[0]];
  if (old.length === 1 && now.length === 1 && oldLeaf && nowLeaf) {
    return unlike(...trimmed(oldLeaf, nowLeaf), limit);
  }
  return unlike(old, now, limit);
}

/** The part of two leaves between the entries that they share at both ends: one edit is one entry. */
function trimmed<V>(old: Leaf<V>, now: Leaf<V>): [Leaf<V>[], Leaf<V>[]] {
  const shorter = Math.min(old.keys.length, now.keys.length);
  const isSame = (i: number, j: number) =>
    old.values[i] === now.values[j] && old.keys[i] === now.keys[j];
  let start = 0;
  while (start < shorter && isSame(start, start)) start++;
  let oldEnd = old.keys.length;
  let nowEnd = now.keys.length;
  while (oldEnd > start && nowEnd > start && isSame(oldEnd - 1, nowEnd - 1)) {
    oldEnd--;
    nowEnd--;
  }
  const part = ({ keys, values }: Leaf<V>, end: number): Leaf<V>[] => [
    { keys: keys.slice(start, end), values: values.slice(start, end) },
  ];
  return [part(old, oldEnd), part(now, nowEnd)];
}

function unlike<V>(
  old: readonly Leaf<V>[],
  now: readonly Leaf<V>[],
  limit: number,
): Difference<V>[] | null {
  const differences: Difference<V>[] = [];
  const was = new Walk(old);
  const is = new Walk(now);
  while (differences.length <= limit) {
    const key = was.key;
    const other = is.key;
    if (key === undefined && other === undefined) return differences;
    if (key === other) {
      const before = was.take();
      const after = is.take();
      if (before !== after) differences.push({ key: key as string, before, after });
    } else if (other === undefined || (key !== undefined && key < other)) {
      differences.push({ key: key as string, before: was.take(), after: undefined });
    } else {
      differences.push({ key: other, before: undefined, after: is.take() });
    }
  }
  return null;
}
