import type { JsonObject } from '../../store/json.ts';
import type { Compare } from './ordering.ts';

/** Nodes know how many records stand in them, so that a place is found by counting. */
interface Leaf {
  readonly size: number;
  readonly ids: readonly string[];
  readonly records: readonly JsonObject[];
}

interface Branch {
  readonly size: number;
  readonly children: readonly Node[];
}

type Node = Leaf | Branch;

/** A record under its key. */
interface Item {
  readonly id: string;
  readonly record: JsonObject;
}

const leafCapacity = 64;
const branchCapacity = 32;

const emptyLeaf: Leaf = { size: 0, ids: [], records: [] };

function leafOf(ids: readonly string[], records: readonly JsonObject[]): Leaf {
  return { size: ids.length, ids, records };
}

function branchOf(children: readonly Node[]): Branch {
  let size = 0;
  for (const child of children) size += child.size;
  return { size, children };
}

function inserted<T>(list: readonly T[], at: number, ...items: T[]): T[] {
  const copy = list.slice();
  copy.splice(at, 0, ...items);
  return copy;
}

function removed<T>(list: readonly T[], at: number): T[] {
  const copy = list.slice();
  copy.splice(at, 1);
  return copy;
}

/** As few copies as can be: a result without a limit is as long as it is. */
function concatenated<T>(parts: readonly (readonly T[])[]): T[] {
  // Arguments stand on the stack.
  const most = 10_000;
  let all = ([] as T[]).concat(...parts.slice(0, most));
  for (let at = most; at < parts.length; at += most)
    all = all.concat(...parts.slice(at, at + most));
  return all;
}

/**
 * Records in a given order: an immutable B+ tree whose nodes are counted (an order statistic
 * tree). Insertion, removal and the way to the n-th record cost the logarithm of their number.
 */
export class OrderedRecords {
  readonly #compare: Compare;
  readonly #root: Node;
  readonly #depth: number;

  private constructor(compare: Compare, root: Node, depth: number) {
    this.#compare = compare;
    this.#root = root;
    this.#depth = depth;
  }

  /** From records that stand in order already. */
  static of(compare: Compare, found: readonly Item[]): OrderedRecords {
    let nodes: Node[] = [];
    // Not quite full: the first insertions should not split each.
    const filled = (leafCapacity * 3) >> 2;
    for (let at = 0; at < found.length; at += filled) {
      const ids: string[] = [];
      const records: JsonObject[] = [];
      for (let i = at; i < found.length && i < at + filled; i++) {
        const { id, record } = found[i] as Item;
        ids.push(id);
        records.push(record);
      }
      nodes.push(leafOf(ids, records));
    }
    let depth = 0;
    const wide = (branchCapacity * 3) >> 2;
    for (; nodes.length > 1; depth++) {
      const above: Node[] = [];
      for (let at = 0; at < nodes.length; at += wide)
        above.push(branchOf(nodes.slice(at, at + wide)));
      nodes = above;
    }
    return new OrderedRecords(compare, nodes[0] ?? emptyLeaf, depth);
  }

  get size(): number {
    return this.#root.size;
  }

  insert(id: string, record: JsonObject): OrderedRecords {
    const nodes = this.#inserted(this.#root, this.#depth, id, record);
    const [root] = nodes;
    if (nodes.length === 1) return new OrderedRecords(this.#compare, root as Node, this.#depth);
    return new OrderedRecords(this.#compare, branchOf(nodes), this.#depth + 1);
  }

  /** The record as it was inserted; the same object as before if it is not there. */
  remove(id: string, record: JsonObject): OrderedRecords {
    let root = this.#removed(this.#root, this.#depth, id, record);
    let depth = this.#depth;
    if (root === this.#root) return this;
    while (depth > 0 && (root as Branch).children.length === 1) {
      root = (root as Branch).children[0] as Node;
      depth--;
    }
    return new OrderedRecords(this.#compare, root, depth);
  }

  /** From the n-th on, `limit` at most. */
  slice(offset: number, limit: number): JsonObject[] {
    const parts: (readonly JsonObject[])[] = [];
    const end = Math.min(this.size, offset + limit);
    const walk = (node: Node, depth: number, start: number): void => {
      if (depth === 0) {
        const { records } = node as Leaf;
        const isWhole = offset <= start && start + records.length <= end;
        parts.push(isWhole ? records : records.slice(Math.max(0, offset - start), end - start));
        return;
      }
      let at = start;
      for (const child of (node as Branch).children) {
        if (at >= end) return;
        if (at + child.size > offset) walk(child, depth - 1, at);
        at += child.size;
      }
    };
    if (offset < end) walk(this.#root, this.#depth, 0);
    return concatenated(parts);
  }

  /** First index in a leaf that is not before the record. */
  #lowerBound(leaf: Leaf, id: string, record: JsonObject): number {
    const { ids, records } = leaf;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(records[middle] as JsonObject, ids[middle] as string, record, id);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The child that a record belongs to: the last that begins at or before it. */
  #childIndex(branch: Branch, depth: number, id: string, record: JsonObject): number {
    let low = 1;
    let high = branch.children.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      let first = branch.children[middle] as Node;
      for (let level = depth - 1; level > 0; level--) first = (first as Branch).children[0] as Node;
      const { ids, records } = first as Leaf;
      const order = this.#compare(records[0] as JsonObject, ids[0] as string, record, id);
      if (order <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #inserted(node: Node, depth: number, id: string, record: JsonObject): Node[] {
    if (depth === 0) {
      const leaf = node as Leaf;
      const at = this.#lowerBound(leaf, id, record);
      const ids = inserted(leaf.ids, at, id);
      const records = inserted(leaf.records, at, record);
      if (ids.length <= leafCapacity) return [leafOf(ids, records)];
      const half = ids.length >> 1;
      return [
        leafOf(ids.slice(0, half), records.slice(0, half)),
        leafOf(ids.slice(half), records.slice(half)),
      ];
    }
    const branch = node as Branch;
    const at = this.#childIndex(branch, depth, id, record);
    const parts = this.#inserted(branch.children[at] as Node, depth - 1, id, record);
    const children = branch.children.slice();
    children.splice(at, 1, ...parts);
    if (children.length <= branchCapacity) return [{ size: branch.size + 1, children }];
    const half = children.length >> 1;
    return [branchOf(children.slice(0, half)), branchOf(children.slice(half))];
  }

  #removed(node: Node, depth: number, id: string, record: JsonObject): Node {
    if (depth === 0) {
      const leaf = node as Leaf;
      const at = this.#lowerBound(leaf, id, record);
      if (leaf.ids[at] !== id) return leaf;
      return leafOf(removed(leaf.ids, at), removed(leaf.records, at));
    }
    const branch = node as Branch;
    const at = this.#childIndex(branch, depth, id, record);
    const before = branch.children[at] as Node;
    const child = this.#removed(before, depth - 1, id, record);
    if (child === before) return branch;
    const children = branch.children.slice();
    children[at] = child;
    const capacity = depth === 1 ? leafCapacity : branchCapacity;
    if (widthOf(child, depth - 1) < capacity >> 2) joinAt(children, at, depth, capacity);
    return { size: branch.size - 1, children };
  }
}

function widthOf(node: Node, depth: number): number {
  return depth === 0 ? node.size : (node as Branch).children.length;
}

/** Joins an underfull child with a neighbour if both fit well into one node; an empty one goes. */
function joinAt(children: Node[], at: number, depth: number, capacity: number): void {
  if (children.length === 1) return;
  const first = at === 0 ? 0 : at - 1;
  const left = children[first] as Node;
  const right = children[first + 1] as Node;
  const width = widthOf(left, depth - 1) + widthOf(right, depth - 1);
  const isEmpty = left.size === 0 || right.size === 0;
  if (!isEmpty && width > (capacity * 3) >> 2) return;
  children.splice(first, 2, joined(left, right, depth - 1));
}

function joined(left: Node, right: Node, depth: number): Node {
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  if (depth > 0) {
    return branchOf([...(left as Branch).children, ...(right as Branch).children]);
  }
  const [a, b] = [left as Leaf, right as Leaf];
  return leafOf([...a.ids, ...b.ids], [...a.records, ...b.records]);
}
