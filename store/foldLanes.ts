import type { Lane, LaneRef } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';

/** An answer ends an attempt, also one that began (`attemptStarted` is not durable) in backoff. */
export function attempted(lane: Lane) {
  return lane.state === 'backoff' ? [{ type: 'attemptStarted' } as const] : [];
}

/** Writes a lane after operations came or went, with its counts, and shows the record anew. */
export function refresh(draft: FactsDraft, key: string, lane: Lane | null, from: LaneRef): void {
  if (lane) {
    const operations = draft.operationsOf(key);
    const hidden = operations.filter((item) => !item.operation.visible).length;
    draft.putLane(key, { ...lane, count: operations.length, hidden });
  } else {
    draft.putLane(key, null);
  }
  draft.rebaseRecord(from.model, from.recordId);
  // Its id is another's on the server: it stood here for what waited of it.
  if (!lane && draft.ownerOf(from.model, from.recordId) !== undefined) {
    draft.putClean(from.model, from.recordId, null, null);
  }
}
