import type { Failure } from '../../machines/failure.ts';
import type { RecordState } from '../../machines/record.ts';
import { type Lane, laneKey } from '../facts.ts';
import { getIn } from '../pages.ts';
import type { SyncState } from '../slice.ts';
import { keyOf } from './records.ts';

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
