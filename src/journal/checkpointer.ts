import {
  type CheckpointRoot,
  encodeNode,
  rootOf,
  type TreeRoot,
  treesOf,
} from '../../store/checkpoint.ts';
import type { Facts } from '../../store/facts.ts';
import type { Branch, PageNode, Pages } from '../../store/pages.ts';
import type { Codec } from '../ports/codec.ts';
import type { StorageConnection } from '../ports/storage.ts';

/** Where the root stands in the meta store. */
export const rootKey = 'checkpoint';

/** Pages of one slice: some 6,000 records, 12 ms of main thread (measured at 98 a page). */
const slicePages = 16;

/** The trees of the checkpoint on disk, as they stood in memory when they were written or read. */
export type StoredTrees = ReadonlyMap<
  string,
  { readonly pages: Pages<unknown>; readonly root: TreeRoot }
>;

export interface CheckpointOptions {
  readonly connection: StorageConnection;
  readonly codec: Codec;
  readonly breathe: () => Promise<void>;
  /** A name that no checkpoint of this database has had, also none that was never finished. */
  readonly uniqueName: () => string;
}

/**
 * Writes checkpoints of one immutable state each. Slices write pages under new keys (`<checkpoint>/n`); the
 * last transaction writes the root, deletes the journal's rows up to S and the superseded pages,
 * and checks the fence. A crash in between leaves the old checkpoint whole; orphans are swept at
 * the next start. Which node stands under which page is known by the node's identity.
 */
export class Checkpointer {
  readonly #options: CheckpointOptions;
  readonly #pageOf = new WeakMap<object, string>();
  #stored: StoredTrees;

  constructor(options: CheckpointOptions, stored: StoredTrees, pages: ReadonlyMap<object, string>) {
    this.#options = options;
    this.#stored = stored;
    for (const [node, key] of pages) this.#pageOf.set(node, key);
  }

  /**
   * @returns the number of pages written, or null if another leader has taken over
   * @throws StorageError; the old checkpoint then still stands
   */
  async write(facts: Facts, fence: number): Promise<number | null> {
    const { connection, codec, breathe, uniqueName } = this.#options;
    const prefix = uniqueName();
    const trees: Record<string, TreeRoot> = {};
    const stored = new Map<string, { pages: Pages<unknown>; root: TreeRoot }>();
    const superseded: string[] = [];
    const fresh = new Map<object, string>();
    let slice: [string, string][] = [];
    // The disk writes one slice while the next is encoded.
    let writing: Promise<unknown> = Promise.resolve();
    for (const [name, pages] of treesOf(facts)) {
      const { size, depth } = pages;
      const kept = new Set<object>();
      // All empty trees are one object, which must not stand for several trees on disk.
      const nodes = size === 0 ? [] : this.#newNodes(pages.root, depth, kept);
      for (const node of nodes) {
        const key = `${prefix}/${fresh.size}`;
        fresh.set(node.node, key);
        slice.push([key, await codec.encode(this.#encode(name, node, fresh))]);
        if (slice.length >= slicePages) {
          await writing;
          writing = connection.commit({ putPages: slice });
          writing.catch(() => {});
          slice = [];
          await breathe();
        }
      }
      const root = { size, depth, page: size === 0 ? null : this.#key(pages.root, fresh) };
      trees[name] = root;
      stored.set(name, { pages, root });
      const before = this.#stored.get(name);
      if (before) this.#collectGone(before.pages.root, before.pages.depth, kept, superseded);
    }
    const root: CheckpointRoot = rootOf(facts, trees);
    await writing;
    const committed = await connection.commit({
      expect: { fence },
      putPages: slice,
      putMeta: [[rootKey, await codec.encode(JSON.stringify(root))]],
      removeRowsThrough: facts.head,
      removePages: superseded,
    });
    if (!committed.ok) return null;
    for (const [node, key] of fresh) this.#pageOf.set(node, key);
    this.#stored = stored;
    return fresh.size;
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
    if (orphans.length > 0) await connection.commit({ expect: { fence }, removePages: orphans });
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

  /** Nodes that are not on disk, children first; `kept` collects the tops of what is. */
  *#newNodes(
    node: PageNode<unknown>,
    depth: number,
    kept: Set<object>,
  ): Generator<{ node: PageNode<unknown>; depth: number }> {
    if (this.#pageOf.has(node)) {
      kept.add(node);
      return;
    }
    if (depth > 0) {
      for (const child of (node as Branch<unknown>).children) {
        yield* this.#newNodes(child, depth - 1, kept);
      }
    }
    yield { node, depth };
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
