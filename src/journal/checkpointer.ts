import {
  type CheckpointRoot,
  encodeNode,
  rootOf,
  storesSame,
  type TreeRoot,
  treesOf,
} from '../../store/checkpoint.ts';
import type { Facts } from '../../store/facts.ts';
import {
  type Branch,
  childIndex,
  type Leaf,
  type PageNode,
  type Pages,
} from '../../store/pages.ts';
import type { Codec } from '../ports/codec.ts';
import type { StorageConnection } from '../ports/storage.ts';
import { Pacer, type PacingEnv } from './pacer.ts';

/** Where the root stands in the meta store. */
export const rootKey = 'checkpoint';

/** Pages of one slice, and of one removal, at most. */
const slicePages = 16;
const removedAtOnce = 32;

/** The trees of the checkpoint on disk, as they stood in memory when they were written or read. */
export type StoredTrees = ReadonlyMap<
  string,
  { readonly pages: Pages<unknown>; readonly root: TreeRoot }
>;

export interface CheckpointOptions extends PacingEnv {
  readonly connection: StorageConnection;
  readonly codec: Codec;
  /** A name that no checkpoint of this database has had, also none that was never finished. */
  readonly uniqueName: () => string;
}

/**
 * Writes checkpoints of one immutable state each. Slices write pages under new keys (`<checkpoint>/n`); the
 * last transaction writes the root, deletes the journal's rows up to S and checks the fence; then the
 * superseded pages go, some at a time. A crash in between leaves the old checkpoint whole, or the new
 * one; orphans are swept at the next start. Which node stands under which page is known by the
 * node's identity; a node that is new and says the same as the one it replaced keeps that one's page
 * (an edit changes what is shown, which is not stored).
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  readonly #pageOf = new WeakMap<object, string>();
  #stored: StoredTrees;
  #root: unknown;

  /** @param root what stood under `rootKey` when `stored` was read */
  constructor(
    options: CheckpointOptions,
    stored: StoredTrees,
    pages: ReadonlyMap<object, string>,
    root?: unknown,
  ) {
    this.#options = options;
    this.#stored = stored;
    this.#root = root;
    for (const [node, key] of pages) this.#pageOf.set(node, key);
  }

  /** What stands under `rootKey`, unless another tab has written a checkpoint since. */
  get root(): unknown {
    return this.#root;
  }

  /** Operations in the outbox of the checkpoint that stands. */
  get queued(): number {
    return this.#stored.get('outbox')?.root.size ?? 0;
  }

  /**
   * @returns the number of pages written; `fenced`: another leader has taken over; `behind`: another
   *   checkpoint stands than the one that this one was made on, so it would name pages that are gone
   * @throws StorageError; the old checkpoint then still stands
   */
  async write(facts: Facts, fence: number): Promise<number | 'fenced' | 'behind'> {
    const { connection, codec, uniqueName } = this.#options;
    const pacer = new Pacer(this.#options);
    const prefix = uniqueName();
    const trees: Record<string, TreeRoot> = {};
    const stored = new Map<string, { pages: Pages<unknown>; root: TreeRoot }>();
    const superseded: string[] = [];
    const fresh = new Map<object, string>();
    let written = 0;
    let slice: [string, string][] = [];
    // The disk writes one slice while the next is encoded.
    let writing: Promise<unknown> = Promise.resolve();
    for (const [name, pages] of treesOf(facts)) {
      const { size, depth } = pages;
      const kept = new Set<object>();
      const before = this.#stored.get(name);
      const old = before?.pages.depth === depth ? before.pages.root : undefined;
      // All empty trees are one object, which must not stand for several trees on disk.
      const nodes = size === 0 ? [] : this.#newNodes(name, pages.root, old, depth, kept, fresh);
      for (const node of nodes) {
        if (node) {
          const key = `${prefix}/${written++}`;
          fresh.set(node.node, key);
          slice.push([key, await codec.encode(this.#encode(name, node, fresh))]);
        }
        if (slice.length >= slicePages) {
          await writing;
          writing = connection.commit({ putPages: slice });
          writing.catch(() => {});
          slice = [];
          await pacer.breathe();
        } else if (pacer.isDue()) {
          await pacer.breathe();
        }
      }
      const root = { size, depth, page: size === 0 ? null : this.#key(pages.root, fresh) };
      trees[name] = root;
      stored.set(name, { pages, root });
      if (before) this.#collectGone(before.pages.root, before.pages.depth, kept, superseded);
    }
    const root: CheckpointRoot = rootOf(facts, trees);
    const rootText = await codec.encode(JSON.stringify(root));
    await writing;
    const committed = await connection.commit({
      expect: { fence, meta: this.#expected },
      putPages: slice,
      putMeta: [[rootKey, rootText]],
      removeRowsThrough: facts.head,
    });
    if (!committed.ok) return committed.fence === fence ? 'behind' : 'fenced';
    for (const [node, key] of fresh) this.#pageOf.set(node, key);
    this.#stored = stored;
    this.#root = rootText;
    await this.#remove(superseded, fence);
    return written;
  }

  /** The root as it must stand for what is known here of its pages to be true. */
  get #expected(): readonly [string, string | undefined] {
    return [rootKey, typeof this.#root === 'string' ? this.#root : undefined];
  }

  /**
   * Nobody refers to these any more, as long as our root stands: what a crash leaves of them is swept
   * at the next start.
   */
  async #remove(keys: readonly string[], fence: number): Promise<void> {
    const expect = { fence, meta: this.#expected };
    for (let at = 0; at < keys.length; at += removedAtOnce) {
      const removePages = keys.slice(at, at + removedAtOnce);
      const { ok } = await this.#options.connection.commit({ expect, removePages });
      if (!ok) return;
    }
  }

  /**
   * Pages that a crash between slices left behind. Nothing is removed once another leader has taken
   * over: what no root named when the keys were read may be a page of his checkpoint by now.
   */
  async sweep(fence: number): Promise<number> {
    const { connection } = this.#options;
    const live = new Set<string>();
    for (const { pages } of this.#stored.values()) this.#collectLive(pages.root, pages.depth, live);
    const orphans = (await connection.pageKeys()).filter((key) => !live.has(key));
    await this.#remove(orphans, fence);
    return orphans.length;
  }

  #key(node: object, fresh: ReadonlyMap<object, string>): string {
    const key = this.#pageOf.get(node) ?? fresh.get(node);
    if (key === undefined) throw new Error('a node was referred to before it was written');
    return key;
  }

  #encode(
    tree: string,
    { node, depth }: { node: PageNode<unknown>; depth: number },
    fresh: ReadonlyMap<object, string>,
  ): string {
    const children =
      depth === 0
        ? null
        : (node as Branch<unknown>).children.map((child) => this.#key(child, fresh));
    return encodeNode(tree, node, children);
  }

  /**
   * Nodes to be written, children first, and null for each step between; `kept` collects the tops of
   * what stays. `old` is the node on disk in the same place, if there is one.
   */
  *#newNodes(
    tree: string,
    node: PageNode<unknown>,
    old: PageNode<unknown> | undefined,
    depth: number,
    kept: Set<object>,
    fresh: Map<object, string>,
  ): Generator<{ node: PageNode<unknown>; depth: number } | null> {
    if (this.#pageOf.has(node)) {
      kept.add(node);
      return;
    }
    if (depth > 0) {
      const { keys, children } = node as Branch<unknown>;
      const before = old as Branch<unknown> | undefined;
      for (const [i, child] of children.entries()) {
        const place = before && (i === 0 ? 0 : childIndex(before.keys, keys[i] as string));
        const oldChild = place === undefined ? undefined : before?.children[place];
        yield* this.#newNodes(tree, child, oldChild, depth - 1, kept, fresh);
      }
    }
    const page = old && this.#pageOf.get(old);
    if (page !== undefined && this.#saysTheSame(tree, node, old, depth, fresh)) {
      fresh.set(node, page);
      kept.add(old as PageNode<unknown>);
      yield null;
      return;
    }
    yield { node, depth };
  }

  /** Whether the page of `old` is, to the letter, the page that `node` would have. */
  #saysTheSame(
    tree: string,
    node: PageNode<unknown>,
    old: PageNode<unknown> | undefined,
    depth: number,
    fresh: ReadonlyMap<object, string>,
  ): boolean {
    if (!old || !sameKeys(node.keys, old.keys)) return false;
    if (depth === 0) return storesSame(tree, node as Leaf<unknown>, old as Leaf<unknown>);
    const before = (old as Branch<unknown>).children;
    return (node as Branch<unknown>).children.every(
      (child, i) => this.#key(child, fresh) === this.#pageOf.get(before[i] as object),
    );
  }

  #collectGone(
    node: PageNode<unknown>,
    depth: number,
    kept: ReadonlySet<object>,
    gone: string[],
  ): void {
    if (kept.has(node)) return;
    const key = this.#pageOf.get(node);
    if (key !== undefined) gone.push(key);
    if (depth === 0) return;
    for (const child of (node as Branch<unknown>).children) {
      this.#collectGone(child, depth - 1, kept, gone);
    }
  }

  #collectLive(node: PageNode<unknown>, depth: number, live: Set<string>): void {
    const key = this.#pageOf.get(node);
    if (key !== undefined) live.add(key);
    if (depth === 0) return;
    for (const child of (node as Branch<unknown>).children) {
      this.#collectLive(child, depth - 1, live);
    }
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((key, i) => key === b[i]));
}
