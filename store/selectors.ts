import type { Failure } from '../machines/failure.ts';
import type { RecordState } from '../machines/record.ts';
import { type Entry, type Lane, laneKey, type Outcome, type Settlement } from './facts.ts';
import type { JsonObject } from './json.ts';
import { operationsIn } from './operationsIn.ts';
import {
  type Branch,
  eachLeaf,
  getIn,
  type Leaf,
  type PageNode,
  type Pages,
  valuesOf,
} from './pages.ts';
import type { ConflictFacts, Operation } from './rows/row.ts';
import type { PullProgress, SyncState } from './slice.ts';

export type { PullProgress } from './slice.ts';

/** The key of a record by its key or by the server's id. */
export function keyOf(state: SyncState, model: string, id: string): string {
  const aliases = state.shown.models[model]?.aliases;
  return (aliases && getIn(aliases, id)) ?? id;
}

function selectEntry(state: SyncState, model: string, id: string): Entry | undefined {
  const records = state.shown.models[model]?.records;
  if (!records) return undefined;
  return getIn(records, id) ?? getIn(records, keyOf(state, model, id));
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

/** Where a record is in its life, in a word for people. */
export interface RecordStatus {
  readonly status: RecordState;
  /** Changes of this record that the server does not have yet. */
  readonly pending: number;
  /** Failed attempts of the request under way. */
  readonly attempts: number;
  /** When it is tried again (ms since 1970), or null. */
  readonly retryAt: number | null;
  readonly failure: Failure | null;
}

const syncedStatus: RecordStatus = {
  ...{ status: 'synced', pending: 0, attempts: 0, retryAt: null, failure: null },
};
const statusOfLane = new WeakMap<Lane, Map<RecordState, RecordStatus>>();

/** The state as people should read it: a sealed request that nobody carries is `pending`. */
function wordFor(state: SyncState, key: string, lane: Lane): RecordState {
  if (getIn(state.saving, key) !== undefined) return 'saving';
  const underWay = Object.hasOwn(state.ephemeral.underWay, key);
  if (lane.state === 'syncing') return underWay ? 'syncing' : 'pending';
  if (lane.state === 'backoff') return underWay ? 'syncing' : 'backoff';
  return lane.state;
}

/** Whether both say the same: a lane that was put together anew has the same failure in another object. */
export function sameStatus(a: RecordStatus, b: RecordStatus): boolean {
  return (
    a === b ||
    (a.status === b.status &&
      a.pending === b.pending &&
      a.attempts === b.attempts &&
      a.retryAt === b.retryAt &&
      sameFailure(a.failure, b.failure))
  );
}

function sameFailure(a: Failure | null, b: Failure | null): boolean {
  if (a === b || a === null || b === null) return a === b;
  return a.code === b.code && a.status === b.status && a.message === b.message && a.at === b.at;
}

/** The same object for the same lane in the same state. */
export function selectRecordStatus(state: SyncState, model: string, id: string): RecordStatus {
  const key = laneKey(model, keyOf(state, model, id));
  const lane = getIn(state.shown.lanes, key);
  if (!lane) return syncedStatus;
  const status = wordFor(state, key, lane);
  let known = statusOfLane.get(lane);
  if (!known) {
    known = new Map();
    statusOfLane.set(lane, known);
  }
  let result = known.get(status);
  if (!result) {
    const { count: pending, attempts, retryAt, failure } = lane;
    result = { status, pending, attempts, retryAt, failure };
    known.set(status, result);
  }
  return result;
}

/** Why nothing moves, if nothing does. */
export type SyncReason =
  | 'blocked'
  | 'readOnly'
  | 'paused'
  | 'timeTravelling'
  /** No tab that leads was heard of; another one takes over in moments. */
  | 'leaderless'
  | 'offline'
  /** There is a network, but not of the kind that the app asks for. */
  | 'networkUnsuited'
  /** A person must sign in. */
  | 'authRequired'
  /** The server asked for time. */
  | 'pausedUntil'
  /** The server refuses everything: a bad deployment. */
  | 'tripped'
  | 'backoff'
  /** A change waits for another one, which is held or gone for good. */
  | 'dependency'
  | 'deadLetters'
  | 'conflicts'
  /** Rows on disk that this build can not read; their records wait. */
  | 'quarantined'
  /** A pull would remove so much that a person is asked first: `approveDeletes`, `declineDeletes`. */
  | 'deletesHeld'
  | 'pullFailed';

export interface SyncStatus {
  readonly phase: 'stopped' | 'loading' | 'saving' | 'syncing' | 'waiting' | 'attention' | 'synced';
  readonly online: boolean;
  readonly role: SyncState['ephemeral']['role'];
  /** Records by what they wait for. */
  readonly pending: number;
  readonly syncing: number;
  readonly conflicted: number;
  readonly failed: number;
  readonly lastSyncedAt: number | null;
  readonly lastError: Failure | null;
  /** Records received by the pulls under way. */
  readonly received: number;
  /** `double`: what is not sent yet stands on the second shelf too, which a lost database leaves. */
  readonly durability: 'double' | 'single';
  /** Bytes used and allowed, as the browser tells; null where it does not, or not yet. */
  readonly room: { readonly usage: number; readonly quota: number } | null;
  /**
   * What may befall what is stored here: `evictable`, the browser may delete all of it when it needs
   * room; `nearlyFull`, a tenth of the room is left. `unknown`: the browser does not tell.
   */
  readonly risk: 'none' | 'evictable' | 'nearlyFull' | 'unknown';
  readonly reason: SyncReason | null;
}

/** The last pull of a model in this page's life; undefined if there was none. */
export function selectPullProgress(state: SyncState, model: string): PullProgress | undefined {
  return state.ephemeral.pulls[model];
}

const statusOfState = new WeakMap<SyncState, SyncStatus>();

/** The whole at a glance, derived from the facts. */
export function selectSyncStatus(state: SyncState): SyncStatus {
  let status = statusOfState.get(state);
  if (!status) {
    status = syncStatus(state);
    statusOfState.set(state, status);
  }
  return status;
}

function syncStatus(state: SyncState): SyncStatus {
  const { counts, lastSyncedAt, lastFailure } = state.shown;
  const { connection, role, pulls, underWay } = state.ephemeral;
  const online = connection === 'online';
  const syncing = Object.keys(underWay).length;
  const waiting = counts.pending + counts.syncing + counts.backoff;
  const running = Object.values(pulls).filter((pull) => pull.state === 'running');
  const phase = phaseOf(state, waiting, syncing + running.length, online);
  return {
    phase,
    ...{ online, role },
    ...{ pending: Math.max(0, waiting - syncing), syncing },
    ...{ conflicted: counts.conflicted, failed: counts.failed },
    lastSyncedAt,
    lastError: lastFailure,
    received: running.reduce((sum, pull) => sum + pull.received, 0),
    durability: state.ephemeral.shelf === 'open' ? 'double' : 'single',
    ...roomOf(state),
    reason: phase === 'waiting' || phase === 'attention' ? reasonOf(state, online) : null,
  };
}

/** Share of the quota beyond which a device is nearly full. */
const nearlyFull = 0.9;

function roomOf({ ephemeral: { room } }: SyncState): Pick<SyncStatus, 'room' | 'risk'> {
  if (!room) return { room: null, risk: 'unknown' };
  const { usage, quota, persisted } = room;
  const isFull = quota > 0 && usage > nearlyFull * quota;
  return {
    room: { usage, quota },
    risk: isFull ? 'nearlyFull' : persisted ? 'none' : 'evictable',
  };
}

function phaseOf(
  state: SyncState,
  waiting: number,
  moving: number,
  online: boolean,
): SyncStatus['phase'] {
  const { role, run } = state.ephemeral;
  if (role === 'stopped') return 'stopped';
  if (role === 'hydrating' || role === 'electing' || role === 'frozen') return 'loading';
  if (role === 'blocked' || role === 'readOnly' || run === 'timeTravelling') return 'attention';
  if (moving > 0) return 'syncing';
  if (state.tail.size > 0) return 'saving';
  const { failed, conflicted } = state.shown.counts;
  if (failed + conflicted + state.shown.quarantine.size > 0) return 'attention';
  if (heldLine(state) === 'authRequired') return 'attention';
  if (hasPull(state, 'held')) return 'attention';
  const behind = waiting > 0 || Object.values(state.ephemeral.pulls).some(isBehind);
  return behind || !online || run === 'paused' ? 'waiting' : 'synced';
}

function isBehind(pull: PullProgress): boolean {
  return pull.state === 'failed' || pull.state === 'postponed';
}

/** The word for the line that is held, the one first that needs a person. */
function heldLine({ ephemeral }: SyncState): SyncReason | null {
  const states = Object.values(ephemeral.lines).map((line) => line.state);
  if (states.includes('authRequired')) return 'authRequired';
  if (states.includes('tripped') || states.includes('trying')) return 'tripped';
  return states.includes('pausedUntil') ? 'pausedUntil' : null;
}

function reasonOf(state: SyncState, online: boolean): SyncReason | null {
  const { role, run } = state.ephemeral;
  const { counts } = state.shown;
  if (role === 'blocked' || role === 'readOnly') return role;
  if (run !== 'running') return run;
  if (role === 'following' && state.ephemeral.connection === 'starting') return 'leaderless';
  if (!online) {
    return state.ephemeral.connection === 'unsuited' ? 'networkUnsuited' : 'offline';
  }
  const held = heldLine(state);
  if (held) return held;
  if (counts.failed > 0) return 'deadLetters';
  if (counts.conflicted > 0) return 'conflicts';
  if (state.shown.quarantine.size > 0) return 'quarantined';
  if (hasPull(state, 'held')) return 'deletesHeld';
  if (counts.backoff > 0 && counts.pending === 0 && counts.syncing === 0) return 'backoff';
  if (state.ephemeral.dependent > 0 && state.ephemeral.dependent === counts.pending) {
    return 'dependency';
  }
  return hasPull(state, 'failed') ? 'pullFailed' : null;
}

function hasPull(state: SyncState, is: PullProgress['state']): boolean {
  return Object.values(state.ephemeral.pulls).some((pull) => pull.state === is);
}

/** A conflict that waits for a person. */
export interface ParkedConflict extends ConflictFacts {
  readonly model: string;
  readonly recordId: string;
  readonly base: JsonObject | null;
  readonly local: JsonObject | null;
  readonly operations: readonly Operation[];
  readonly failure: Failure;
}

export function operationsOf(state: SyncState, model: string, recordId: string): Operation[] {
  return operationsIn(state.shown, laneKey(model, recordId));
}

export function selectConflicts(state: SyncState): readonly ParkedConflict[] {
  const conflicts: ParkedConflict[] = [];
  for (const { model, recordId } of valuesOf(state.shown.attention)) {
    const parked = getIn(state.shown.lanes, laneKey(model, recordId))?.parked;
    if (parked?.reason !== 'conflict' || !parked.conflict) continue;
    const entry = selectEntry(state, model, recordId);
    conflicts.push({
      ...{ model, recordId, ...parked.conflict, failure: parked.failure },
      base: entry?.base ?? null,
      local: entry?.shown ?? null,
      operations: operationsOf(state, model, recordId),
    });
  }
  return conflicts;
}

/** How an operation ended, if it is known. */
function selectSettlement(state: SyncState, operationId: string): Settlement | undefined {
  return getIn(state.sequenced.settlements, operationId);
}

/** `undefined`: not ended yet. `unknown`: neither waiting nor remembered. */
export function selectOutcome(state: SyncState, operationId: string): Outcome | undefined {
  const settlement = selectSettlement(state, operationId);
  if (settlement) return settlement.outcome;
  return getIn(state.shown.places, operationId) === undefined ? 'unknown' : undefined;
}
