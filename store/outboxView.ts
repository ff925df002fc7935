import { type Lane, laneKey } from './facts.ts';
import { eachLeaf, getIn, type Leaf, type Pages } from './pages.ts';
import type { Operation } from './rows/row.ts';
import { operationsOf } from './selectors/conflicts.ts';
import { type RecordStatus, sameStatus, selectRecordStatus } from './selectors/recordStatus.ts';
import { keyOf } from './selectors/records.ts';
import type { SyncState } from './slice.ts';

/** An operation that the server does not have yet. */
export interface OutboxItem {
  readonly operation: Operation;
  readonly status: RecordStatus;
  /** Part of a request that will not change any more: too late to cancel. */
  readonly sealed: boolean;
  /** Refused by the server for good: edit, retry or discard it. */
  readonly deadLetter: boolean;
}

/** The outbox as it is looked at: the oldest of what waits, and how much there is. */
export interface OutboxView {
  readonly items: readonly OutboxItem[];
  /** Operations in the outbox, shown here or not. */
  readonly total: number;
}

/** Operations in the order they were made. */
interface Run {
  readonly orders: readonly string[];
  readonly operations: readonly Operation[];
}

const runOfLeaf = new WeakMap<Leaf<Operation>, Run>();

/** Outbox keys are lane by lane; their ends say in which order the operations were made. */
function orderOf(key: string): string {
  return key.slice(key.lastIndexOf('\u0000') + 1);
}

function runIn(leaf: Leaf<Operation>): Run {
  let run = runOfLeaf.get(leaf);
  if (!run) {
    const made = leaf.keys.map((key, i) => ({ order: orderOf(key), at: i }));
    made.sort((a, b) => (a.order < b.order ? -1 : 1));
    run = {
      orders: made.map(({ order }) => order),
      operations: made.map(({ at }) => leaf.values[at] as Operation),
    };
    runOfLeaf.set(leaf, run);
  }
  return run;
}

/** Puts a run back where its next operation stands; the last is the next to be read. */
function insert(waiting: { run: Run; at: number }[], entry: { run: Run; at: number }): void {
  const order = entry.run.orders[entry.at] as string;
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = waiting[middle] as { run: Run; at: number };
    if ((other.run.orders[other.at] as string) > order) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, entry);
}

/** The `limit` oldest operations: a merge of the leaves' runs that stops when it has enough. */
function oldest(outbox: Pages<Operation>, limit: number): Operation[] {
  const waiting: { run: Run; at: number }[] = [];
  eachLeaf(outbox, (leaf) => {
    if (leaf.keys.length > 0) waiting.push({ run: runIn(leaf), at: 0 });
  });
  waiting.sort((a, b) => ((a.run.orders[0] as string) > (b.run.orders[0] as string) ? -1 : 1));
  const found: Operation[] = [];
  while (found.length < limit) {
    const entry = waiting.pop();
    if (!entry) break;
    const { run } = entry;
    const next = waiting[waiting.length - 1];
    const until = next?.run.orders[next.at];
    let at = entry.at;
    do found.push(run.operations[at++] as Operation);
    while (
      found.length < limit &&
      at < run.orders.length &&
      (until === undefined || (run.orders[at] as string) < until)
    );
    if (at < run.orders.length) insert(waiting, { run, at });
  }
  return found;
}

const itemOfOperation = new WeakMap<Operation, OutboxItem>();

/** The same object as long as it says the same. */
function itemOf(state: SyncState, operation: Operation, lane: Lane | undefined): OutboxItem {
  const status = selectRecordStatus(state, operation.model, operation.recordId);
  const sealed = lane?.sealed?.operationIds.includes(operation.id) ?? false;
  const parked = lane?.parked;
  const deadLetter = parked?.reason === 'rejected' && parked.operationIds.includes(operation.id);
  const known = itemOfOperation.get(operation);
  if (known && known.sealed === sealed && known.deadLetter === deadLetter) {
    if (sameStatus(known.status, status)) return known;
  }
  const item = { operation, status, sealed, deadLetter };
  itemOfOperation.set(operation, item);
  return item;
}

function laneOf(state: SyncState, { model, recordId }: Operation): Lane | undefined {
  return getIn(state.shown.lanes, laneKey(model, recordId));
}

/**
 * What the server does not have yet, oldest first. Costs what is asked for (and a look at each leaf
 * of the outbox), so that a list of the first 100 stays cheap with 100,000 waiting.
 */
export function selectOutboxView(state: SyncState, limit: number): OutboxView {
  const { outbox } = state.shown;
  const operations = oldest(outbox, Math.max(0, limit));
  const items = operations.map((operation) => itemOf(state, operation, laneOf(state, operation)));
  return { items, total: outbox.size };
}

/** Everything that is not on the server yet, in the order it was made. Costs the outbox. */
export function selectOutbox(state: SyncState): readonly OutboxItem[] {
  return selectOutboxView(state, Number.POSITIVE_INFINITY).items;
}

const noItems: readonly OutboxItem[] = [];

/** What waits of one record, in order. */
export function selectRecordOutbox(
  state: SyncState,
  model: string,
  id: string,
): readonly OutboxItem[] {
  const recordId = keyOf(state, model, id);
  const lane = getIn(state.shown.lanes, laneKey(model, recordId));
  if (!lane) return noItems;
  return operationsOf(state, model, recordId).map((operation) => itemOf(state, operation, lane));
}
