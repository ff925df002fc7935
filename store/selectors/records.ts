import type { Entry } from '../facts.ts';
import type { JsonObject } from '../json.ts';
import { type Branch, eachLeaf, getIn, type Leaf, type PageNode, type Pages } from '../pages.ts';
import type { SyncState } from '../slice.ts';

/** The key of a record by its key or by the server's id. */
export function keyOf(state: SyncState, model: string, id: string): string {
  const aliases = state.shown.models[model]?.aliases;
  return (aliases && getIn(aliases, id)) ?? id;
}

export function selectEntry(state: SyncState, model: string, id: string): Entry | undefined {
  const records = state.shown.models[model]?.records;
  if (!records) return undefined;
  return getIn(records, keyOf(state, model, id)) ?? getIn(records, id);
}

/** The shown record, or undefined. */
export function selectRecord(state: SyncState, model: string, id: string): JsonObject | undefined {
  return selectEntry(state, model, id)?.shown ?? undefined;
}

const shownOfLeaf = new WeakMap<Leaf<Entry>, readonly JsonObject[]>();

function shownIn(leaf: Leaf<Entry>): readonly JsonObject[] {
  let shown = shownOfLeaf.get(leaf);
  if (!shown) {
    shown = leaf.values.flatMap((entry) => (entry.shown ? [entry.shown] : []));
    shownOfLeaf.set(leaf, shown);
  }
  return shown;
}

const shownOfNode = new WeakMap<PageNode<Entry>, readonly JsonObject[]>();

/** Kept node by node: after an edit only the nodes on its path are put together again. */
function shownBelow(node: PageNode<Entry>, depth: number): readonly JsonObject[] {
  if (depth === 0) return shownIn(node as Leaf<Entry>);
  let shown = shownOfNode.get(node);
  if (!shown) {
    const parts = (node as Branch<Entry>).children.map((child) => shownBelow(child, depth - 1));
    shown = joined(parts);
    shownOfNode.set(node, shown);
  }
  return shown;
}

/** One array of all; `concat` copies arrays whole, which \`flat\` does not. */
function joined<T>(parts: readonly (readonly T[])[]): readonly T[] {
  return parts.length === 1 ? (parts[0] ?? []) : ([] as T[]).concat(...parts);
}

/**
 * All shown records in order of their keys; the same array until one of them changes. The first call
 * after a change copies one array of all records: 8 bytes each.
 */
export function selectAllRecords(state: SyncState, model: string): readonly JsonObject[] {
  const records = state.shown.models[model]?.records;
  return records ? shownBelow(records.root, records.depth) : [];
}

const idsOfLeaf = new WeakMap<Leaf<Entry>, readonly string[]>();

/** The leaf's own keys where all of its records are shown: an edit leaves them the same array. */
function idsIn(leaf: Leaf<Entry>): readonly string[] {
  let ids = idsOfLeaf.get(leaf);
  if (!ids) {
    const { keys, values } = leaf;
    ids = values.every((entry) => entry.shown) ? keys : keys.filter((_, i) => values[i]?.shown);
    idsOfLeaf.set(leaf, ids);
  }
  return ids;
}

interface Ids {
  readonly parts: readonly (readonly string[])[];
  readonly all: readonly string[];
}

const idsOfPages = new WeakMap<Pages<Entry>, Ids>();
/** The last answer by its first part, so that it is found again for pages with the same ids. */
const idsFrom = new WeakMap<readonly string[], Ids>();

/** The same array until a record comes or goes. */
export function selectIds(state: SyncState, model: string): readonly string[] {
  const records = state.shown.models[model]?.records;
  if (!records) return [];
  let ids = idsOfPages.get(records);
  if (!ids) {
    const parts: (readonly string[])[] = [];
    eachLeaf(records, (leaf) => parts.push(idsIn(leaf)));
    const [first = []] = parts;
    const last = idsFrom.get(first);
    const isSame =
      last?.parts.length === parts.length && parts.every((part, i) => part === last.parts[i]);
    ids = last && isSame ? last : { parts, all: joined(parts) };
    idsFrom.set(first, ids);
    idsOfPages.set(records, ids);
  }
  return ids.all;
}

export function selectTotal(state: SyncState, model: string): number {
  return state.shown.models[model]?.shown ?? 0;
}
