import type { LaneRef } from '../../store/facts.ts';
import { scan } from '../../store/pages.ts';
import type { SyncState } from '../../store/slice.ts';

/** Records listed at once: more than that is searched for. */
export const listLimit = 60;
/** Lanes and ids looked at for one search: a keystroke must not cost a frame. */
const searchLimit = 20_000;

export interface FoundRecords {
  readonly records: readonly LaneRef[];
  /** Records that wait, in all. */
  readonly dirty: number;
}

function refOf(lane: string): LaneRef {
  const [model = '', recordId = ''] = lane.split('\u0000');
  return { model, recordId };
}

/**
 * Records by a part of their model or id: those that need a person first, then all others that
 * wait, then the rest. Costs what is listed, and with a search `searchLimit` look-ups at most.
 */
export function findRecords({ shown }: SyncState, search: string): FoundRecords {
  const words = search.trim().toLowerCase();
  const found = new Map<string, LaneRef>();
  const isFull = () => found.size >= listLimit;
  const take = (ref: LaneRef) => {
    const name = `${ref.model} ${ref.recordId}`;
    if (name.toLowerCase().includes(words)) found.set(name, ref);
    return !isFull();
  };
  let looked = 0;
  const mayGoOn = () => ++looked < searchLimit && !isFull();
  scan(shown.attention, '', (ref) => take(ref));
  scan(shown.quarantine, '', ({ lane }) => (lane === null || take(lane)) && mayGoOn());
  scan(shown.lanes, '', (_, key) => take(refOf(key)) && mayGoOn());
  for (const [model, { records }] of Object.entries(shown.models)) {
    scan(records, '', (_, recordId) => take({ model, recordId }) && mayGoOn());
  }
  return { records: [...found.values()], dirty: shown.lanes.size };
}
