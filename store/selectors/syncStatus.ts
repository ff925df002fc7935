import type { Failure } from '../../machines/failure.ts';
import type { PullProgress, SyncState } from '../slice.ts';

export type { PullProgress } from '../slice.ts';

/** Why nothing moves, if nothing does. */
export type SyncReason =
  | 'blocked'
  | 'readOnly'
  | 'paused'
  | 'timeTravelling'
  /** This device has no room for the second shelf: nothing is called saved or sent before it has. */
  | 'deviceFull'
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
  if (isFull(state)) return 'attention';
  if (moving > 0) return 'syncing';
  if (state.tail.size > 0) return 'saving';
  const { failed, conflicted } = state.shown.counts;
  if (failed + conflicted + state.shown.quarantine.size > 0) return 'attention';
  if (heldLine(state) === 'authRequired') return 'attention';
  if (hasPull(state, 'held')) return 'attention';
  const behind = waiting > 0 || Object.values(state.ephemeral.pulls).some(isBehind);
  return behind || !online || run === 'paused' ? 'waiting' : 'synced';
}

function isFull({ ephemeral }: SyncState): boolean {
  return ephemeral.shelf === 'full';
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
  if (isFull(state)) return 'deviceFull';
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
