import { type Entry, type Facts, laneKey } from '../../../store/facts.ts';
import { type JsonObject, sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, noPages, scan, valuesOf } from '../../../store/pages.ts';
import type { Operation, PersonRow } from '../../../store/rows/row.ts';
import { selectSyncStatus } from '../../../store/selectors/syncStatus.ts';
import type { SyncState } from '../../../store/slice.ts';
import type { SimDevice } from '../device/simDevice.ts';
import type { SimTab } from '../device/simTab.ts';
import { InvariantBroken } from '../history/history.ts';

/** The last state of a page that was looked at: most steps change none. */
const seen = new WeakMap<SimTab, SyncState>();
/** The last of which all records were found right, and what waited then. */
const right = new WeakMap<SimTab, { state: SyncState; waiting: ReadonlySet<string> }>();
/** Records of a device that are all looked at; of more, those that wait or have waited just now. */
const few = 30;
/** Operations in an outbox beyond which it counts as long. */
const long = 60;

/** What an open page shows and says, after every step that changed it. */
export function checkPage(device: SimDevice, tab: SimTab): void {
  const state = tab.life?.state();
  if (!state) return;
  const before = seen.get(tab);
  if (state === before) return;
  seen.set(tab, state);
  checkWords(device, state);
  if (before?.shown !== state.shown || before.sequenced !== state.sequenced) {
    checkShown(device, tab, state);
  }
}

/** I16: synced means that nothing waits, neither on the disk nor on its way there. */
function checkWords({ index }: SimDevice, state: SyncState): void {
  const waiting = state.sequenced.outbox.size + state.tail.size;
  if (waiting > 0 && selectSyncStatus(state).phase === 'synced') {
    throw new InvariantBroken('I16', `device ${index} says synced and ${waiting} changes wait`);
  }
}

/**
 * I9, I10: the page shows the base with all that was written since, whichever way it came to that.
 * Reckoned anew here: the kit's own `rebase` would agree with its own mistakes.
 */
function checkShown(device: SimDevice, tab: SimTab, state: SyncState): void {
  const { sequenced, tail, shown } = state;
  const rows = tail.size > 0 ? valuesOf(tail) : [];
  // Retries, edits, cancellations move operations about: what they leave is looked at once durable.
  if (!rows.every((row) => row.type === 'recorded' && row.generation === sequenced.generation))
    return;
  // What waits behind an unreadable row is not shown.
  if (sequenced.quarantine.size > 0) return;
  // Long lanes are looked at now and then: each look walks them.
  if (sequenced.outbox.size > long && sequenced.head % 16 !== 0) return;
  const records = shown.models.todo?.records ?? noPages<Entry>();
  const before = right.get(tab);
  if (before && isUntouched(before.state, state)) {
    right.set(tab, { state, waiting: before.waiting });
    return;
  }
  const isAsBefore = sameness(before?.state, { sequenced, shown, tail });
  const waiting = new Set<string>();
  const look = (id: string): void => {
    if (isAsBefore(id)) return;
    const is = getIn(records, id)?.shown ?? undefined;
    const should = shownOf(sequenced, rows, id) ?? undefined;
    if (sameJson(is, should)) return;
    const [shows, not] = [JSON.stringify(is), JSON.stringify(should)];
    throw new InvariantBroken(
      'I9',
      `device ${device.index} shows ${id} as ${shows}, not as ${not}`,
    );
  };
  const isAll = records.size <= few;
  if (isAll) scan(records, '', (_, id) => void look(id));
  const isSeen = (id: string): boolean => isAll && getIn(records, id) !== undefined;
  const wait = (id: string): void => {
    if (waiting.has(id)) return;
    waiting.add(id);
    if (!isSeen(id)) look(id);
  };
  scan(sequenced.lanes, '', (lane) => void wait(lane.recordId));
  for (const row of rows) if (row.type === 'recorded') wait(row.operation.recordId);
  for (const id of before?.waiting ?? []) if (!waiting.has(id) && !isSeen(id)) look(id);
  right.set(tab, { state, waiting });
}

/** Whether nothing that shown records are made of has changed: what is unchanged is the same object. */
function isUntouched(before: SyncState, now: SyncState): boolean {
  const [was, is] = [before.sequenced, now.sequenced];
  return (
    before.tail === now.tail &&
    was.quarantine.size === 0 &&
    was.outbox === is.outbox &&
    was.lanes === is.lanes &&
    was.models.todo?.records === is.models.todo?.records &&
    before.shown.models.todo?.records === now.shown.models.todo?.records
  );
}

/**
 * Whether a record was looked at before and nothing that it is made of has changed since: what is
 * unchanged is the same object. Operations change with their lane; where they changed and no lane
 * did, or the tail did, all are looked at.
 */
function sameness(
  before: SyncState | undefined,
  now: Pick<SyncState, 'sequenced' | 'shown' | 'tail'>,
): (id: string) => boolean {
  const [was, is] = [before?.sequenced, now.sequenced];
  const isAlike =
    before !== undefined &&
    before.tail === now.tail &&
    before.sequenced.quarantine.size === 0 &&
    (was?.outbox === is.outbox || was?.lanes !== is.lanes);
  if (!isAlike || !was) return () => false;
  const entryIn = (facts: Facts, id: string) => {
    const records = facts.models.todo?.records;
    return records && getIn(records, id);
  };
  return (id) =>
    entryIn(before.shown, id) === entryIn(now.shown, id) &&
    entryIn(was, id) === entryIn(is, id) &&
    getIn(was.lanes, laneKey('todo', id)) === getIn(is.lanes, laneKey('todo', id));
}

function shownOf(facts: Facts, tail: readonly PersonRow[], id: string): JsonObject | null {
  const lane = laneKey('todo', id);
  const parked = getIn(facts.lanes, lane)?.parked;
  const hidden = parked?.rollback ? parked.operationIds : [];
  const records = facts.models.todo?.records;
  let record = (records && getIn(records, id)?.base) ?? null;
  const add = ({ id: operationId, kind, changes }: Operation): void => {
    if (hidden.includes(operationId)) return;
    if (kind === 'delete') record = null;
    else if (record || kind !== 'update') record = { ...record, ...changes };
  };
  for (const operation of operationsIn(facts, lane)) add(operation);
  for (const row of tail) {
    if (row.type !== 'recorded') continue;
    const { operation } = row;
    if (operation.recordId === id) add(operation);
  }
  return record;
}
