import { type Facts, laneKey, outboxPrefix } from '../../store/facts.ts';
import { type JsonObject, sameJson } from '../../store/json.ts';
import { getIn, scan, valuesOf } from '../../store/pages.ts';
import type { Operation, PersonRow } from '../../store/rows/row.ts';
import { selectSyncStatus } from '../../store/selectors.ts';
import type { SyncState } from '../../store/slice.ts';
import { InvariantBroken } from './history.ts';
import type { SimDevice } from './simDevice.ts';

/** The last state of a page that was looked at: most steps change none. */
const seen = new WeakMap<SimDevice, SyncState>();

/** What an open page shows and says, after every step that changed it. */
export function checkPage(device: SimDevice): void {
  const state = device.life?.state();
  if (!state) return;
  const before = seen.get(device);
  if (state === before) return;
  seen.set(device, state);
  checkWords(device, state);
  if (before?.shown !== state.shown || before.sequenced !== state.sequenced) {
    checkShown(device, state);
  }
}

/** I16: synced means that nothing waits, neither on the disk nor on its way there. */
function checkWords({ index }: SimDevice, state: SyncState): void {
  const { phase } = selectSyncStatus(state);
  const waiting = state.sequenced.outbox.size + state.tail.size;
  if (phase === 'synced' && waiting > 0) {
    throw new InvariantBroken('I16', `device ${index} says synced and ${waiting} changes wait`);
  }
}

/**
 * I9, I10: the page shows the base with all that was written since, whichever way it came to that.
 * Reckoned anew here: the kit's own `rebase` would agree with its own mistakes.
 */
function checkShown({ index }: SimDevice, { sequenced, tail, shown }: SyncState): void {
  const rows = tail.size > 0 ? valuesOf(tail) : [];
  // Retries, edits, cancellations move operations about: what they leave is looked at once durable.
  if (!rows.every((row) => row.type === 'recorded' && row.generation === sequenced.generation))
    return;
  // What waits behind an unreadable row is not shown.
  if (sequenced.quarantine.size > 0) return;
  for (const [model, { records }] of Object.entries(shown.models)) {
    scan(records, '', (entry, id) => {
      const expected = shownOf(sequenced, rows, model, id);
      if (!sameJson(entry.shown ?? undefined, expected ?? undefined)) {
        const [is, should] = [JSON.stringify(entry.shown), JSON.stringify(expected)];
        throw new InvariantBroken('I9', `device ${index} shows ${id} as ${is}, not as ${should}`);
      }
      return true;
    });
  }
}

function shownOf(
  facts: Facts,
  tail: readonly PersonRow[],
  model: string,
  id: string,
): JsonObject | null {
  const lane = laneKey(model, id);
  const parked = getIn(facts.lanes, lane)?.parked;
  const hidden = parked?.rollback ? parked.operationIds : [];
  const records = facts.models[model]?.records;
  let record = (records && getIn(records, id)?.base) ?? null;
  const add = ({ id: operationId, kind, changes }: Operation): void => {
    if (hidden.includes(operationId)) return;
    if (kind === 'delete') record = null;
    else if (record || kind !== 'update') record = { ...record, ...changes };
  };
  const prefix = outboxPrefix(lane);
  scan(facts.outbox, prefix, (operation, key) => {
    if (!key.startsWith(prefix)) return false;
    add(operation);
    return true;
  });
  for (const row of tail) {
    if (row.type !== 'recorded') continue;
    const { operation } = row;
    if (operation.model === model && operation.recordId === id) add(operation);
  }
  return record;
}
