import type { ConflictLogEntry } from './facts.ts';
import { type Pages, valuesOf } from './pages.ts';
import type { SyncState } from './slice.ts';

const newestFirst = new WeakMap<Pages<ConflictLogEntry>, readonly ConflictLogEntry[]>();

/** What merges overwrote, newest first; at most 1,000 are kept. */
export function selectConflictLog(state: SyncState, limit: number): readonly ConflictLogEntry[] {
  const { conflictLog } = state.shown;
  let entries = newestFirst.get(conflictLog);
  if (!entries) {
    entries = valuesOf(conflictLog).toReversed();
    newestFirst.set(conflictLog, entries);
  }
  return entries.length > limit ? entries.slice(0, limit) : entries;
}
