import { type Entry, laneKey } from '../../../store/facts.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, type Pages, scan, valuesOf } from '../../../store/pages.ts';
import type { Operation, PersonRow } from '../../../store/rows/row.ts';
import { lanesOfRow, type SyncState } from '../../../store/slice.ts';
import { ownField, type SimDevice } from '../device/simDevice.ts';
import type { SimTab } from '../device/simTab.ts';
import { InvariantBroken, type Run } from '../history/history.ts';
import { eraOf, isTakenBackLate, type Written, type WrittenOperation } from '../history/written.ts';
import { versionOf } from './feedChecks.ts';

/** What was seen in a tab so far, by which it is measured from now on. */
interface Seen {
  state: SyncState | null;
  /** Operations of the device, in the order in which they became durable, by record. */
  readonly writes: Map<string, WrittenOperation[]>;
  noted: number;
  /** Those whose versions were looked at last. */
  records: Pages<Entry> | null;
  /** Newest version of each record, by the server's id. */
  readonly versions: Map<string, number>;
  lastSyncedAt: number;
  /** Of the database that this was seen of. */
  era: number;
  damages: number;
}

const views = new WeakMap<SimTab, Seen>();

function seenOf(tab: SimTab): Seen {
  const known = views.get(tab);
  if (known) return known;
  const fresh: Seen = {
    ...{ state: null, writes: new Map(), noted: 0, versions: new Map(), lastSyncedAt: 0 },
    records: null,
    ...{ era: 0, damages: 0 },
  };
  views.set(tab, fresh);
  return fresh;
}

/** I10, I11, I16: what a page shows, at every change of its state. */
export function checkView(run: Run, device: SimDevice, tab: SimTab): void {
  const { life } = tab;
  const state = life?.isReady ? life.state() : null;
  const seen = seenOf(tab);
  if (!state || state === seen.state) return;
  const isSame = state.shown === seen.state?.shown && state.sequenced === seen.state.sequenced;
  seen.state = state;
  if (isSame) return;
  forgetWiped(run, seen, device);
  note(run, seen, device);
  forgetDamaged(run, seen, device, state);
  for (const writes of seen.writes.values()) checkWrites(run, device, state, writes);
  checkVersions(seen, device, state);
  const { lastSyncedAt } = state.sequenced;
  if ((lastSyncedAt ?? 0) < seen.lastSyncedAt) {
    throw new InvariantBroken('I16', `device ${device.index}: lastSyncedAt went back`);
  }
  seen.lastSyncedAt = lastSyncedAt ?? 0;
}

/** What stood in a database that is gone is not asked for any more. */
function forgetWiped({ written }: Run, seen: Seen, { index }: SimDevice): void {
  const era = eraOf(written, index);
  if (era !== seen.era) {
    seen.writes.clear();
    seen.versions.clear();
    seen.records = null;
    seen.lastSyncedAt = 0;
    seen.era = era;
  }
}

/** What stood in a damaged row is not asked for any more. */
function forgetDamaged(
  { written }: Run,
  seen: Seen,
  { index }: SimDevice,
  { sequenced }: SyncState,
): void {
  const held = sequenced.models.todo?.records;
  if (written.damages.length === 0) return;
  const own = written.damages.filter((damage) => damage.device === index);
  for (const { records, made, row } of own.slice(seen.damages)) {
    for (const id of records) {
      seen.versions.delete(id);
      const alias = held && getIn(held, id)?.alias;
      if (alias) seen.versions.delete(alias);
    }
    if ('alias' in row && row.alias) seen.versions.delete(row.alias);
    if (row.type === 'pulled') for (const { alias } of row.items) seen.versions.delete(alias ?? '');
    for (const [recordId, writes] of seen.writes) {
      seen.writes.set(
        recordId,
        writes.filter(({ id }) => !made.has(id)),
      );
    }
    seen.lastSyncedAt = 0;
  }
  seen.damages = own.length;
}

function note({ written }: Run, seen: Seen, { index }: SimDevice): void {
  if (written.operations.size === seen.noted) return;
  let at = 0;
  for (const operation of written.operations.values()) {
    if (at++ < seen.noted) continue;
    const { device, era, by, recordId } = operation;
    if (device !== index || era !== seen.era || by !== 'recorded') continue;
    const writes = seen.writes.get(recordId);
    if (writes) writes.push(operation);
    else seen.writes.set(recordId, [operation]);
  }
  seen.noted = at;
}

/**
 * I10: the newest write of a record that became durable and has not ended is in what is shown (or a
 * newer one is): the device's own field has its value, or the record is gone if it was a delete.
 */
function checkWrites(
  { written }: Run,
  device: SimDevice,
  state: SyncState,
  writes: WrittenOperation[],
): void {
  const { shown, tail } = state;
  // An operation ends once: what has ended is not looked at again.
  while (writes.length > 0 && getIn(shown.settlements, writes.at(-1)?.id ?? '')) writes.pop();
  if (writes.length === 0) return;
  // What other tabs have written is asked for when it has come here.
  const { head } = state.sequenced;
  const newest = device.isShared
    ? writes.findLast(({ id, sequence }) => sequence <= head && !getIn(shown.settlements, id))
    : writes.at(-1);
  if (!newest) return;
  const { recordId } = newest;
  const key = laneKey('todo', recordId);
  const waits =
    shown.quarantine.size > 0 &&
    valuesOf(shown.quarantine).some((item) => item.lane?.recordId === recordId);
  // Waits behind a row that can not be read; or something newer of that person's is in front of it.
  if (waits || !valuesOf(tail).every((row) => isPlain(row, key))) return;
  const place = getIn(shown.places, newest.id);
  const standing = place === undefined ? undefined : getIn(shown.outbox, place);
  if (!standing) {
    throw new InvariantBroken('I10', `device ${device.index}: ${newest.id} is nowhere`);
  }
  const { parked: hidden = null, sealed = null } = getIn(shown.lanes, key) ?? {};
  const isHidden = (id: string) => hidden?.rollback === true && hidden.operationIds.includes(id);
  if (isHidden(standing.id)) return;
  // Ours is the delete: so a person has decided, over the edit that came meanwhile.
  if (standing.kind === 'delete' && written.chosen.has(newest.id)) return;
  const entry = shown.models.todo && getIn(shown.models.todo.records, recordId);
  const record = entry?.shown ?? null;
  const operations = operationsIn(shown, key);
  if (newest.kind === 'delete') {
    const isRemade = device.isShared && isMadeAgain(written, operations, newest.id);
    if (record && standing.kind === 'delete' && !isRemade) {
      throw new InvariantBroken(
        'I10',
        `device ${device.index} shows ${recordId}, which was deleted`,
      );
    }
    return;
  }
  // Others have deleted it before it was durable: there is nothing that it could be shown on.
  const hasGround =
    entry?.base || operations.some(({ id, kind }) => kind === 'create' && !isHidden(id));
  if (!hasGround) return;
  // So has the person in another tab, which had not heard of it yet.
  if (device.isShared && operations.some(({ kind }) => kind === 'delete')) return;
  // So has the person, who took it back too late.
  const bound = [...(sealed?.operationIds ?? []), ...(hidden?.operationIds ?? [])];
  const isGoing = operations.some(
    ({ id, kind }) => kind === 'delete' && bound.includes(id) && isTakenBackLate(written, id),
  );
  if (isGoing || isBehindRetriedDelete(written, operations, newest.id)) return;
  const field = ownFieldOf(newest.changes, device);
  if (field === null) return;
  const value = Number(record?.[field] ?? 0);
  if (value < Number(newest.changes[field])) {
    const seen = `device ${device.index} shows ${recordId} as ${JSON.stringify(record)}`;
    throw new InvariantBroken('I10', `${seen} without ${field}: ${newest.changes[field]}`);
  }
}

/** Whether an act leaves a lane alone, or only changes fields in it. */
function isPlain(row: PersonRow, lane: string): boolean {
  if (row.type === 'purged') return false;
  return (
    (row.type === 'recorded' && row.operation.kind === 'update') || !lanesOfRow(row).includes(lane)
  );
}

/** The field of the tab that made it: others have theirs. */
function ownFieldOf(changes: Operation['changes'], { index, tabs }: SimDevice): string | null {
  const own = tabs.map(({ number }) => ownField(index, number));
  return own.find((field) => Object.hasOwn(changes, field)) ?? null;
}

/**
 * Another tab has made it again, and this one has read that: the system has taken it, but it is not on
 * the platter yet, and `written` tells of the platter alone.
 */
function isMadeAgain(
  { operations: all }: Written,
  operations: readonly Operation[],
  removal: string,
): boolean {
  const behind = operations.slice(operations.findIndex(({ id }) => id === removal) + 1);
  return behind.some(({ id, kind }) => kind === 'create' && !all.has(id));
}

/** Rows in which a person asks for a refused write again, as it was or otherwise. */
const asksAgain: ReadonlySet<string | undefined> = new Set(['retried', 'edited']);

/** A delete that was refused and rolled back was asked for again, over the edit that came meanwhile. */
function isBehindRetriedDelete(
  { operations: all }: Written,
  operations: readonly Operation[],
  newest: string,
): boolean {
  const before = operations.slice(
    0,
    operations.findIndex(({ id }) => id === newest),
  );
  return before.some(({ id, kind }) => kind === 'delete' && asksAgain.has(all.get(id)?.by));
}

/** I11: the version of what the server confirmed never goes back. */
function checkVersions(seen: Seen, { index }: SimDevice, { sequenced }: SyncState): void {
  const records = sequenced.models.todo?.records;
  if (!records || records === seen.records) return;
  seen.records = records;
  const { versions } = seen;
  scan(records, '', ({ base, version, alias }, id) => {
    const serverId = alias ?? id;
    const now = versionOf(version);
    if (base === null || now === 0) return true;
    const before = versions.get(serverId) ?? 0;
    if (now < before) {
      const went = `device ${index}: ${serverId} went from version ${before} back to ${now}`;
      throw new InvariantBroken('I11', went);
    }
    versions.set(serverId, now);
    return true;
  });
}
