import {
  branchOf,
  type CheckpointRoot,
  decodePage,
  decodeRoot,
  restoreFacts,
  type TreeRoot,
} from '../../store/checkpoint.ts';
import { emptyFacts, type Facts } from '../../store/facts.ts';
import type { IllegalMove } from '../../store/factsDraft.ts';
import { foldEntries } from '../../store/fold.ts';
import { isWhole, type PageNode, type Pages } from '../../store/pages.ts';
import { revive } from '../../store/quarantine.ts';
import type { JournalEntry, UnreadableRow } from '../../store/rows/row.ts';
import { lanesOfRow } from '../../store/slice.ts';
import type { Codec } from '../ports/codec.ts';
import type { StorageConnection } from '../ports/storage.ts';
import type { StoredTrees } from './checkpointer.ts';
import { rootKey } from './checkpointer.ts';
import { decodeRows } from './entries.ts';
import { Pacer, type PacingEnv } from './pacer.ts';

/** Pages read in one go. */
const chunkPages = 48;
/** Journal rows read in one go: the first time, and at most. */
const rowLimits = { first: 32, most: 512 } as const;
/** Characters of rows that are read and folded in one task: 3 ms (measured: 60 a microsecond). */
const chunkCharacters = 200_000;
/** A checkpoint that is replaced while it is read is read again, this often. */
const restarts = 5;

export interface Hydrated {
  readonly facts: Facts;
  readonly stored: StoredTrees;
  /** Which node stands under which page. */
  readonly pages: ReadonlyMap<object, string>;
  readonly illegal: readonly IllegalMove[];
  /** Rows of the journal that this build can not read. */
  readonly unreadable: readonly UnreadableRow[];
  /** `settledOrder` of the checkpoint: what ended since may not have been told to anybody. */
  readonly settledBefore: number;
  /** The checkpoint's head; what is beyond it came from the journal. */
  readonly checkpointed: number;
  /** Lanes that the journal's rows after it have moved: the second shelf may not know of them. */
  readonly moved: ReadonlySet<string>;
  /** Whether all was cleared since the checkpoint: its pages still hold what must go. */
  readonly isCleared: boolean;
  readonly root: unknown;
}

export interface HydrateOptions extends PacingEnv {
  readonly connection: StorageConnection;
  readonly codec: Codec;
  readonly models: readonly string[];
}

/**
 * Reads the facts from disk: the checkpoint in chunks, then the journal's rows after it. Rejects
 * with what the storage reports, never with made-up facts.
 */
export async function hydrate(options: HydrateOptions): Promise<Hydrated> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await hydrateOnce(options);
    } catch (error) {
      if (!(error instanceof SweptPage) || attempt >= restarts) throw error;
    }
  }
}

/** A page is missing: another tab's checkpoint superseded it, or the disk has lost it. */
class SweptPage extends Error {}

async function hydrateOnce(options: HydrateOptions): Promise<Hydrated> {
  const { connection, codec, models } = options;
  const pacer = new Pacer(options);
  const [storedRoot] = await connection.readMeta([rootKey]);
  let facts = emptyFacts(models);
  const pages = new Map<object, string>();
  const stored = new Map<string, { pages: Pages<unknown>; root: TreeRoot }>();
  if (storedRoot !== undefined) {
    const root = decodeRoot(
      typeof storedRoot === 'string' ? await codec.decode(storedRoot) : storedRoot,
    );
    if (!root) throw new Error('the checkpoint is of a kind that this build does not know');
    for (const [name, tree] of await readTrees(options, root, pages, pacer)) {
      stored.set(name, { pages: tree, root: root.trees[name] as TreeRoot });
    }
    const trees = new Map([...stored].map(([name, item]) => [name, item.pages]));
    const restoring = restoreFacts(root, trees, models);
    let step = restoring.next();
    for (; !step.done; step = restoring.next()) if (pacer.isDue()) await pacer.breathe();
    facts = revive(step.value);
  }
  const settledBefore = facts.settledOrder;
  const illegal: IllegalMove[] = [];
  const unreadable: UnreadableRow[] = [];
  const moved = new Set<string>();
  const { head: checkpointed, generation } = facts;
  for await (const entries of readAll(options, facts.head)) {
    const folded = foldEntries(facts, entries);
    facts = folded.facts;
    illegal.push(...folded.illegal);
    for (const entry of entries) {
      if (entry.row === null) unreadable.push(entry);
      // A pull names many records, and moves no lane.
      else if (entry.row.type !== 'pulled')
        for (const lane of lanesOfRow(entry.row)) moved.add(lane);
    }
  }
  const [rootNow] = await connection.readMeta([rootKey]);
  if (rootNow !== storedRoot) throw new SweptPage('the checkpoint was replaced meanwhile');
  const isCleared = facts.generation > generation;
  const found = { stored, pages, illegal, unreadable, moved, isCleared };
  return { facts, ...found, settledBefore, checkpointed, root: storedRoot };
}

/**
 * The journal's entries after a sequence, in pieces that are folded in one task each. A row may be an
 * edit or a thousand pulled records: how many are asked for follows from how large the last were. The
 * next piece is read while one is folded.
 */
async function* readAll(
  { connection, codec, breathe }: HydrateOptions,
  after: number,
): AsyncGenerator<JournalEntry[]> {
  let limit: number = rowLimits.first;
  let rows = await connection.readRows(after, limit);
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    const characters = rows.reduce((sum, { text }) => sum + String(text).length, 0);
    const isEnd = rows.length < limit;
    const fitting = Math.floor((rows.length * chunkCharacters) / Math.max(1, characters));
    limit = Math.min(rowLimits.most, Math.max(1, fitting));
    const next = isEnd ? Promise.resolve([]) : connection.readRows(last.sequence, limit);
    next.catch(() => {});
    yield await decodeRows(codec, rows);
    if (!isEnd) await breathe();
    rows = await next;
  }
}

/** Level by level, so that a level's pages are read together. */
async function readTrees(
  options: HydrateOptions,
  root: CheckpointRoot,
  pages: Map<object, string>,
  pacer: Pacer,
): Promise<[string, Pages<unknown>][]> {
  const trees: [string, Pages<unknown>][] = [];
  for (const [name, tree] of Object.entries(root.trees)) {
    const { size, depth, page } = tree;
    if (page === null) continue;
    const [root] = (await readLevel(options, name, [page], depth, pages, pacer)) as [
      PageNode<unknown>,
    ];
    if (!isWhole({ size, depth, root })) throw new Error(`the pages of ${name} are not whole`);
    trees.push([name, { size, depth, root }]);
  }
  return trees;
}

async function readLevel(
  options: HydrateOptions,
  tree: string,
  keys: readonly string[],
  depth: number,
  pages: Map<object, string>,
  pacer: Pacer,
): Promise<PageNode<unknown>[]> {
  const nodes: PageNode<unknown>[] = [];
  for (let at = 0; at < keys.length; at += chunkPages) {
    const chunk = keys.slice(at, at + chunkPages);
    const texts = await options.connection.readPages(chunk);
    for (let i = 0; i < chunk.length; i++) {
      const stored = texts[i];
      if (typeof stored !== 'string') throw new SweptPage(`page ${chunk[i]} is missing`);
      const decoded = options.codec.decode(stored);
      const text = typeof decoded === 'string' ? decoded : await decoded;
      const page = decodePage(tree, text);
      if ('leaf' in page !== (depth === 0)) throw new Error(`a page of ${tree} is out of place`);
      const node: PageNode<unknown> =
        'leaf' in page
          ? page.leaf
          : branchOf(
              page.keys,
              await readLevel(options, tree, page.pages, depth - 1, pages, pacer),
            );
      pages.set(node, chunk[i] as string);
      nodes.push(node);
      if (pacer.isDue()) await pacer.breathe();
    }
  }
  return nodes;
}
