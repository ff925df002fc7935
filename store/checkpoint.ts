import { areKeys, areValues, isPlain, isRoot } from './checkpointChecks.ts';
import {
  decodeLane,
  decodeOperation,
  decodeWaitingKeys,
  encodeLanes,
  encodeOutbox,
} from './checkpointWaiting.ts';
import {
  type ConflictLogEntry,
  type Entry,
  emptyFacts,
  emptyModel,
  type Facts,
  type Lane,
  type LaneState,
  laneKey,
  type Quarantined,
  type Settlement,
} from './facts.ts';
import { FactsDraft } from './factsDraft.ts';
import { isJsonObject } from './json.ts';
import { type PullPosition, positionOf } from './modelDraft.ts';
import { type Branch, type Leaf, leavesOf, type PageNode, type Pages, valuesOf } from './pages.ts';
import type { Operation } from './rows/row.ts';

/**
 * A checkpoint: one immutable state S of the facts, node by node. Each node of a tree is a page of
 * its own under a key of its own, so that what did not change since the last checkpoint is not
 * written again. What can be derived (what is shown, counts, places) is not stored.
 */
const checkpointVersion = 1;

/** Where a tree begins. */
export interface TreeRoot {
  readonly size: number;
  readonly depth: number;
  /** Null where the tree is empty: an empty tree has no page. */
  readonly page: string | null;
}

/** The small part: names the pages that belong to it. */
export interface CheckpointRoot {
  readonly v: typeof checkpointVersion;
  readonly facts: Pick<
    Facts,
    | 'head'
    | 'folded'
    | 'generation'
    | 'order'
    | 'settledOrder'
    | 'logOrder'
    | 'lastSeen'
    | 'origins'
    | 'lastSyncedAt'
    | 'lastFailure'
  >;
  readonly models: Readonly<Record<string, PullPosition>>;
  /** By tree name: `lanes`, `records/todo`, … */
  readonly trees: Readonly<Record<string, TreeRoot>>;
}

const storedTrees = [
  'lanes',
  'outbox',
  'settlements',
  'settled',
  'conflictLog',
  'quarantine',
] as const satisfies readonly (keyof Facts)[];

/** The trees of a checkpoint by name. */
export function treesOf(facts: Facts): [name: string, pages: Pages<unknown>][] {
  const trees: [string, Pages<unknown>][] = storedTrees.map((name) => [name, facts[name]]);
  for (const [model, { records, aliases, former }] of Object.entries(facts.models)) {
    trees.push([`records/${model}`, records], [`aliases/${model}`, aliases]);
    trees.push([`former/${model}`, former]);
  }
  return trees;
}

export function rootOf(facts: Facts, trees: CheckpointRoot['trees']): CheckpointRoot {
  const { head, folded, generation, order, settledOrder, logOrder } = facts;
  const { lastSeen, origins, lastSyncedAt, lastFailure } = facts;
  const small = { head, folded, generation, order, settledOrder, logOrder };
  const models = Object.fromEntries(
    Object.entries(facts.models).map(([name, model]) => [name, positionOf(model)]),
  );
  return {
    v: checkpointVersion,
    facts: { ...small, lastSeen, origins, lastSyncedAt, lastFailure },
    models,
    trees,
  };
}

/** A page as text: a leaf with its values, a branch with the keys of its children's pages. */
export function encodeNode(
  tree: string,
  node: PageNode<unknown>,
  childPages: readonly string[] | null,
): string {
  if (childPages) return JSON.stringify({ keys: node.keys, pages: childPages });
  return JSON.stringify(encodeLeaf(tree, node as Leaf<unknown>));
}

function encodeLeaf(tree: string, { keys, values }: Leaf<unknown>): unknown {
  if (tree === 'lanes') return encodeLanes(keys, values as readonly Lane[]);
  if (tree === 'outbox') return encodeOutbox(keys, values as readonly Operation[]);
  return { keys, values: encodeValues(tree, values) };
}

function encodeValues(tree: string, values: readonly unknown[]): readonly unknown[] {
  return tree.startsWith('records/') ? (values as readonly Entry[]).map(encodeEntry) : values;
}

function decodeValues(
  tree: string,
  keys: readonly string[],
  stored: readonly unknown[],
): readonly unknown[] {
  if (tree.startsWith('records/')) return stored.map(decodeEntry);
  if (tree === 'lanes') return stored.map((value, i) => decodeLane(value, keys[i] as string));
  if (tree !== 'outbox') return stored;
  return stored.map((value, i) => decodeOperation(value, keys[i] as string));
}

/** Whether two leaves with the same keys are stored as the same text: what is derived is not. */
export function storesSame(tree: string, a: Leaf<unknown>, b: Leaf<unknown>): boolean {
  if (!tree.startsWith('records/')) return a.values.every((value, i) => value === b.values[i]);
  const before = b.values as readonly Entry[];
  return (a.values as readonly Entry[]).every((entry, i) => {
    const { base, version, alias, confirmed } = before[i] as Entry;
    return (
      entry.base === base &&
      entry.version === version &&
      entry.alias === alias &&
      entry.confirmed === confirmed
    );
  });
}

function encodeEntry({ base, version, alias, confirmed }: Entry): unknown {
  return alias === null ? [base, version, confirmed] : [base, version, confirmed, alias];
}

function decodeEntry(stored: unknown): Entry {
  if (!Array.isArray(stored)) throw new Error('a stored record is no list');
  const [base, version = null, confirmed, alias = null] = stored as unknown[];
  if (base !== null && !isJsonObject(base)) throw new Error('a stored base is no object');
  if (!isVersion(version) || !isVersion(alias)) throw new Error('a stored version is no text');
  if (typeof confirmed !== 'number') throw new Error('a stored record has no sequence');
  const known = base as Entry['base'];
  return { base: known, version, alias, shown: known, confirmed };
}

function isVersion(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

export type DecodedPage =
  | { readonly leaf: Leaf<unknown> }
  | { readonly keys: readonly string[]; readonly pages: readonly string[] };

type StoredPage = Readonly<Partial<Record<'keys' | 'lanes' | 'pages' | 'values', unknown>>>;

/** Leaves of earlier builds have plain keys in these trees as well. */
function waitingKeys(tree: string, lanes: unknown, values: unknown): unknown {
  const isWaiting = tree === 'lanes' || tree === 'outbox';
  if (!isWaiting || !Array.isArray(lanes) || !Array.isArray(values)) return undefined;
  return decodeWaitingKeys(tree, lanes, values);
}

/** Reads a page; throws for what is none. */
export function decodePage(tree: string, text: unknown): DecodedPage {
  if (typeof text !== 'string') throw new Error(`a page of ${tree} is missing`);
  const raw: unknown = JSON.parse(text);
  if (!isJsonObject(raw) || !isPlain(raw)) throw new Error(`a page of ${tree} is none`);
  const { lanes, pages, values, keys = waitingKeys(tree, lanes, values) } = raw as StoredPage;
  const of = pages ?? values;
  if (!Array.isArray(keys) || !areKeys(keys, pages ? 1 : 0)) {
    throw new Error(`a page of ${tree} is none`);
  }
  if (!Array.isArray(of) || of.length !== keys.length) {
    throw new Error(`a page of ${tree} has no values`);
  }
  if (pages) {
    if (!of.every((page) => typeof page === 'string')) throw new Error(`a page of ${tree} is none`);
    return { keys, pages: of };
  }
  const decoded = decodeValues(tree, keys, of);
  if (!areValues(tree, decoded)) throw new Error(`a page of ${tree} has values that are none`);
  const known = tree.startsWith('records/') ? withoutCopies(keys, decoded as Entry[]) : keys;
  return { leaf: { keys: known, values: decoded } };
}

/** A record's id was read twice: as its key and in its base. One of the two texts is enough. */
function withoutCopies(keys: readonly string[], entries: readonly Entry[]): readonly string[] {
  return keys.map((key, i) => {
    const id = entries[i]?.base?.id;
    return id === key ? id : key;
  });
}

/** A branch of read children. */
export function branchOf(keys: readonly string[], children: readonly PageNode<unknown>[]) {
  return { keys, children } satisfies Branch<unknown>;
}

/** Reads the root; null for what is no checkpoint of this build. Throws for a damaged one. */
export function decodeRoot(text: unknown): CheckpointRoot | null {
  if (typeof text !== 'string') return null;
  const raw: unknown = JSON.parse(text);
  if (!isJsonObject(raw) || raw.v !== checkpointVersion) return null;
  if (!isRoot(raw)) throw new Error('the root of the checkpoint is damaged');
  return raw as unknown as CheckpointRoot;
}

/**
 * Facts from a read checkpoint: what was not stored is derived again. Costs the dirty records, and
 * yields now and then between them, so that the caller can let others run.
 */
export function* restoreFacts(
  root: CheckpointRoot,
  trees: ReadonlyMap<string, Pages<unknown>>,
  models: readonly string[],
): Generator<undefined, Facts> {
  const empty = emptyFacts(models);
  const tree = <V>(name: string, none: Pages<V>): Pages<V> =>
    (trees.get(name) as Pages<V> | undefined) ?? none;
  const names = new Set([...models, ...Object.keys(root.models)]);
  const stored: Facts = {
    ...empty,
    ...root.facts,
    lanes: tree<Lane>('lanes', empty.lanes),
    outbox: tree<Operation>('outbox', empty.outbox),
    settlements: tree<Settlement>('settlements', empty.settlements),
    settled: tree<string>('settled', empty.settled),
    conflictLog: tree<ConflictLogEntry>('conflictLog', empty.conflictLog),
    quarantine: tree<Quarantined>('quarantine', empty.quarantine),
    models: Object.fromEntries(
      [...names].map((name) => {
        const records = tree<Entry>(`records/${name}`, empty.lanes as Pages<never>);
        return [
          name,
          {
            records,
            aliases: tree<string>(`aliases/${name}`, empty.settled),
            former: tree<string | null>(`former/${name}`, empty.settled),
            ...positionOf({ ...emptyModel, ...root.models[name] }),
            shown: records.size,
          },
        ];
      }),
    ),
  };
  return yield* derive(stored);
}

/** Operations or lanes looked at between two steps. */
const stride = 100;

function* derive(stored: Facts): Generator<undefined, Facts> {
  const draft = new FactsDraft(stored);
  const places = draft.pages('places');
  for (const { keys, values } of leavesOf(stored.outbox)) {
    for (const [i, operation] of values.entries()) {
      places.set(operation.id, keys[i] as string);
      for (const id of operation.supersedes ?? []) places.set(id, keys[i] as string);
    }
    yield;
  }
  let seen = 0;
  for (const read of valuesOf(stored.lanes)) {
    if (++seen % stride === 0) yield;
    const lane = lawful(read);
    if (lane !== read) draft.pages('lanes').set(laneKey(lane.model, lane.recordId), lane);
    // A record without a base was counted as shown above, though its stored page shows nothing.
    const entry = draft.entry(lane.model, lane.recordId);
    if (entry && entry.shown === null) draft.model(lane.model).uncount();
    draft.count(lane);
    draft.rebaseRecord(lane.model, lane.recordId);
  }
  return draft.finish();
}

const laneStates: Readonly<Record<LaneState, true>> = {
  ...{ pending: true, syncing: true, backoff: true, conflicted: true, failed: true },
};

/**
 * A state that no machine of this build has says nothing; what the lane holds does: its parking waits
 * for a person, its sealed request goes again, its operations wait for their turn.
 */
function lawful(lane: Lane): Lane {
  if (Object.hasOwn(laneStates, lane.state)) return lane;
  const { parked, sealed } = lane;
  const open = sealed ? 'syncing' : 'pending';
  const state = parked ? (parked.reason === 'conflict' ? 'conflicted' : 'failed') : open;
  return { ...lane, state, retryAt: null };
}
