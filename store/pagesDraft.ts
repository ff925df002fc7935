import {
  type Branch,
  branchCapacity,
  childIndex,
  getFrom,
  type Leaf,
  leafCapacity,
  lowerBound,
  noPages,
  type PageNode,
  type Pages,
  scanNode,
} from './pages.ts';

interface OwnLeaf<V> {
  keys: string[];
  values: V[];
}

interface OwnBranch<V> {
  keys: string[];
  children: PageNode<V>[];
}

/** A node that was made in front of its right sibling. */
interface Split<V> {
  readonly key: string;
  readonly right: PageNode<V>;
}

/**
 * Edits pages: every node is copied at most once in the life of a draft, so that a thousand edits
 * in one go cost a thousand array writes and not a thousand copies. A draft is used by one
 * synchronous piece of code and ends with `finish()`; or it is a sorted map of its owner's, never
 * finished, as long as that lives.
 *
 * @example
 * const draft = new PagesDraft(todos);
 * draft.set('a', 1);
 * const next = draft.finish(); // `todos` is unchanged and shares all other pages with `next`
 */
export class PagesDraft<V> {
  readonly #before: Pages<V>;
  /** Nodes, and lists of keys, that this draft has made and still has: what is let go leaves it. */
  #own: Set<object> | null = null;
  #root: PageNode<V>;
  #depth: number;
  #size: number;

  constructor(pages: Pages<V>) {
    this.#before = pages;
    this.#root = pages.root;
    this.#depth = pages.depth;
    this.#size = pages.size;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return getFrom(this.#root, this.#depth, key);
  }

  scan(from: string, visit: (value: V, key: string) => boolean | undefined): void {
    scanNode(this.#root, this.#depth, from, visit);
  }

  /** The first entry at or above `from`. */
  first(from = ''): { key: string; value: V } | undefined {
    let found: { key: string; value: V } | undefined;
    this.scan(from, (value, key) => {
      found = { key, value };
      return false;
    });
    return found;
  }

  set(key: string, value: V): void {
    const root = this.#ownNode(this.#root, this.#depth);
    this.#root = root;
    const split = this.#insert(root, this.#depth, key, value);
    if (split) {
      const lifted: OwnBranch<V> = { keys: ['', split.key], children: [root, split.right] };
      this.#keep(lifted).add(lifted.keys);
      this.#root = lifted;
      this.#depth++;
    }
  }

  delete(key: string): void {
    if (this.get(key) === undefined) return;
    const root = this.#ownNode(this.#root, this.#depth);
    this.#root = root;
    this.#remove(root, this.#depth, key);
    this.#size--;
    while (this.#depth > 0 && (this.#root as Branch<V>).children.length === 1) {
      this.#disown(this.#root);
      this.#root = (this.#root as Branch<V>).children[0] as PageNode<V>;
      this.#depth--;
    }
  }

  clear(): void {
    const none = noPages<V>();
    this.#own = null;
    this.#root = none.root;
    this.#depth = 0;
    this.#size = 0;
  }

  /** The result; the same object as before if nothing changed. */
  finish(): Pages<V> {
    if (this.#root === this.#before.root) return this.#before;
    return { size: this.#size, depth: this.#depth, root: this.#root };
  }

  /** The keys stay shared until one comes or goes: most edits change a value and no key. */
  #ownNode(node: PageNode<V>, depth: number): PageNode<V> {
    if (this.#own?.has(node)) return node;
    const { keys } = node;
    const copy: PageNode<V> =
      depth === 0
        ? { keys, values: (node as Leaf<V>).values.slice() }
        : { keys, children: (node as Branch<V>).children.slice() };
    this.#keep(copy);
    return copy;
  }

  /** The keys of an own node, to be changed. */
  #ownKeys(node: OwnLeaf<V> | OwnBranch<V>): string[] {
    if (!this.#own?.has(node.keys)) {
      node.keys = node.keys.slice();
      this.#keep(node.keys);
    }
    return node.keys;
  }

  #ownChild(branch: OwnBranch<V>, index: number, depth: number): PageNode<V> {
    const child = this.#ownNode(branch.children[index] as PageNode<V>, depth - 1);
    branch.children[index] = child;
    return child;
  }

  #insert(node: PageNode<V>, depth: number, key: string, value: V): Split<V> | undefined {
    if (depth === 0) return this.#insertInLeaf(node as OwnLeaf<V>, key, value);
    const branch = node as OwnBranch<V>;
    const index = childIndex(branch.keys, key);
    const split = this.#insert(this.#ownChild(branch, index, depth), depth - 1, key, value);
    if (!split) return undefined;
    const keys = this.#ownKeys(branch);
    keys.splice(index + 1, 0, split.key);
    branch.children.splice(index + 1, 0, split.right);
    if (branch.children.length <= branchCapacity) return undefined;
    // An insertion at the end is a run of rising keys: leave the left full, begin a new right.
    const at =
      index + 2 === branch.children.length ? branch.children.length - 1 : branchCapacity >> 1;
    const right: OwnBranch<V> = {
      keys: keys.splice(at),
      children: branch.children.splice(at),
    };
    this.#keep(right).add(right.keys);
    return { key: right.keys[0] as string, right };
  }

  #insertInLeaf(leaf: OwnLeaf<V>, key: string, value: V): Split<V> | undefined {
    const index = lowerBound(leaf.keys, key);
    if (leaf.keys[index] === key) {
      leaf.values[index] = value;
      return undefined;
    }
    this.#size++;
    const keys = this.#ownKeys(leaf);
    if (index === keys.length) {
      keys.push(key);
      leaf.values.push(value);
    } else {
      keys.splice(index, 0, key);
      leaf.values.splice(index, 0, value);
    }
    if (keys.length <= leafCapacity) return undefined;
    const at = index === leafCapacity ? leafCapacity : leafCapacity >> 1;
    const right: OwnLeaf<V> = { keys: keys.splice(at), values: leaf.values.splice(at) };
    this.#keep(right).add(right.keys);
    return { key: right.keys[0] as string, right };
  }

  #remove(node: PageNode<V>, depth: number, key: string): void {
    if (depth === 0) {
      const leaf = node as OwnLeaf<V>;
      const index = lowerBound(leaf.keys, key);
      this.#ownKeys(leaf).splice(index, 1);
      leaf.values.splice(index, 1);
      return;
    }
    const branch = node as OwnBranch<V>;
    const index = childIndex(branch.keys, key);
    const child = this.#ownChild(branch, index, depth);
    this.#remove(child, depth - 1, key);
    const capacity = depth === 1 ? leafCapacity : branchCapacity;
    if (child.keys.length < capacity >> 2) this.#join(branch, index, depth, capacity);
  }

  /** Joins an underfull child with a neighbour if both fit well into one page. */
  #join(branch: OwnBranch<V>, index: number, depth: number, capacity: number): void {
    if (branch.children.length === 1) return;
    const at = index === 0 ? 0 : index - 1;
    const leftSize = (branch.children[at] as PageNode<V>).keys.length;
    const rightSize = (branch.children[at + 1] as PageNode<V>).keys.length;
    const emptied = leftSize === 0 || rightSize === 0;
    if (leftSize + rightSize > (emptied ? capacity : (capacity * 3) >> 2)) return;
    const left = this.#ownChild(branch, at, depth) as OwnLeaf<V> | OwnBranch<V>;
    const leftKeys = this.#ownKeys(left);
    const right = branch.children[at + 1] as PageNode<V>;
    const separator = branch.keys[at + 1] as string;
    if (depth === 1) {
      leftKeys.push(...right.keys);
      (left as OwnLeaf<V>).values.push(...(right as Leaf<V>).values);
    } else {
      // Child 0's own separator may stand too low; the parent's is the true one.
      leftKeys.push(separator, ...right.keys.slice(1));
      (left as OwnBranch<V>).children.push(...(right as Branch<V>).children);
    }
    this.#ownKeys(branch).splice(at + 1, 1);
    branch.children.splice(at + 1, 1);
    this.#disown(right);
  }

  /** It is no part of the tree any more: a draft that lives long must not hold what it once held. */
  #disown(node: PageNode<V>): void {
    this.#own?.delete(node);
    this.#own?.delete(node.keys);
  }

  /** Made by this draft. Most drafts are only read: the set comes with the first edit. */
  #keep(made: object): Set<object> {
    this.#own ??= new Set();
    return this.#own.add(made);
  }
}

/** One edit. For several, use one draft. */
export function setIn<V>(pages: Pages<V>, key: string, value: V): Pages<V> {
  const draft = new PagesDraft(pages);
  draft.set(key, value);
  return draft.finish();
}
