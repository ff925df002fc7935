import { defaultBackoff } from '../../../machines/backoff.ts';
import { conflictLogCap, settlementCap, writerCap } from '../../../store/caps.ts';
import { type Facts, type Lane, type LaneState, laneKey, orderKey } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, scan, valuesOf } from '../../../store/pages.ts';
import { rebase } from '../../../store/rebase.ts';
import type { SimDevice } from '../device/simDevice.ts';
import { InvariantBroken, type Run } from '../history/history.ts';
import { eraOf } from '../history/written.ts';
import type { Attempt } from '../net/simNet.ts';

function broken(invariant: string, seen: string): never {
  throw new InvariantBroken(invariant, seen);
}

/** Object.prototype as it was when the module was loaded. */
const prototypeNames = Object.getOwnPropertyNames(Object.prototype).join();

/** Cheap ones, after every step. */
export function checkStep(run: Run): void {
  const first = run.errors[0];
  if (first !== undefined) {
    if (first instanceof InvariantBroken) throw first;
    broken('no error', first instanceof Error ? (first.stack ?? first.message) : String(first));
  }
  checkNet(run);
}

/** ms after which a page that was overtaken, or has just gone on, knows that it leads no more. */
const grace = 100;

/**
 * I19: at most one request of a record and six of an origin under way, for each device: for all its
 * tabs together. What a leader left under way that was then overtaken is not its own any more.
 */
function checkNet(run: Run): void {
  const { net, devices } = run;
  // Only what leaves can break it.
  const from = checkedTo.get(net) ?? 0;
  if (from === net.attempts.length) return;
  checkedTo.set(net, net.attempts.length);
  for (const attempt of net.attempts.slice(from)) checkSender(run, attempt);
  for (const { index, isShared } of devices) {
    const leading = run.leads[index]?.page;
    const open = [...net.open].filter(
      (item) =>
        item.device === index && item.writes.length > 0 && (!isShared || item.page?.id === leading),
    );
    if (open.length > 6) broken('I19', `${open.length} writes under way at once`);
    const writes = open.flatMap((item) => item.writes);
    const paths = writes.filter((item) => item.method !== 'POST').map((item) => item.path);
    if (new Set(paths).size < paths.length) broken('I19', 'two writes of one record under way');
  }
}

/** Only the tab that leads sends; a probe of the network is nobody's work. */
function checkSender({ world, devices, leads }: Run, { device: index, page, ...said }: Attempt) {
  const device = devices[index];
  const lead = leads[index];
  if (!device?.isShared || !page || !lead || lead.page === page.id) return;
  if (said.path.endsWith('?limit=1')) return;
  const tab = device.tabs[page.tab];
  if (!tab?.isRunning) return;
  const knownSince = Math.max(lead.since, tab.wokeAt);
  if (world.now - knownSince <= grace) return;
  const { method, path } = said;
  broken('I19', `device ${index}: page ${page.id} sent ${method} ${path}, ${lead.page} leads`);
}

/** Requests that had left when each net was last looked at. */
const checkedTo = new WeakMap<Run['net'], number>();

/** I7: what the app is told is saved stands on the platter by then. */
export function checkAccepted(device: SimDevice, operationId: string): void {
  if (device.disk.holds(operationId)) return;
  broken('I7', `device ${device.index}: ${operationId} was told as saved and is not durable`);
}

/** What must hold on a disk at any moment, read as a start would read it. */
export function checkDisk(run: Run, device: SimDevice, facts: Facts): void {
  const reference = `device ${device.index}`;
  if (Object.getOwnPropertyNames(Object.prototype).join() !== prototypeNames) {
    broken('I26', 'Object.prototype was changed');
  }
  checkNothingLost(run, device, facts);
  // I9: what is shown is the base with what waits.
  for (const [model, { records }] of Object.entries(facts.models)) {
    scan(records, '', (entry, id) => {
      const key = laneKey(model, id);
      const parked = getIn(facts.lanes, key)?.parked ?? null;
      const expected = rebase(entry.base, operationsIn(facts, key), parked);
      if (!sameJson(entry.shown ?? undefined, expected ?? undefined)) {
        broken('I9', `${reference}: ${id} is not its base with what waits`);
      }
      return true;
    });
  }
  checkLanes(run, reference, facts);
  const { settlements, settled, conflictLog, lastSeen } = facts;
  const sizes: [what: string, size: number, cap: number][] = [
    ['settlements', settlements.size, settlementCap],
    ['places of settlements', settled.size, settlements.size],
    ['entries of the conflict log', conflictLog.size, conflictLogCap],
    ['writers', Object.keys(lastSeen).length, writerCap],
  ];
  for (const [what, size, cap] of sizes) {
    if (size > cap) broken('I22', `${reference} keeps ${size} ${what}, ${cap} at most`);
  }
}

/**
 * I1: what became durable in this database is in the outbox, among the settlements or in quarantine,
 * also what nobody was told of. What stood in a damaged row is excused, and stands in quarantine.
 */
function checkNothingLost(run: Run, device: SimDevice, facts: Facts): void {
  const { written } = run;
  const { index } = device;
  const era = eraOf(written, index);
  const damages = written.damages.filter((item) => item.device === index && item.era === era);
  for (const { sequence, row } of damages) {
    // A clear takes what could not be read as well.
    if (facts.generation > 0 || getIn(facts.quarantine, orderKey(sequence))) continue;
    broken('I1', `device ${index}: the damaged ${row.type} row ${sequence} is not in quarantine`);
  }
  for (const { id, device: owner, era: made } of written.operations.values()) {
    if (owner !== index || made !== era || isKnown(facts, id)) continue;
    if (damages.some((damage) => damage.made.has(id))) continue;
    // Endings are forgotten beyond the cap, those that were told.
    if (facts.settlements.size === settlementCap && device.ended.has(id)) continue;
    broken('I1', `device ${index} has lost ${id}`);
  }
}

/** Whether it waits, has ended, or stands behind a row that can not be read. */
export function isKnown(facts: Facts, operationId: string): boolean {
  if (getIn(facts.settlements, operationId)) return true;
  const place = getIn(facts.places, operationId);
  if (place !== undefined && getIn(facts.outbox, place)) return true;
  return valuesOf(facts.quarantine).some(({ text }) => text.includes(operationId));
}

/** I8: an operation is in the outbox if and only if it is in a lane, and a lane is of one piece. */
function checkLanes(run: Run, reference: string, facts: Facts): void {
  const counts: Record<string, number> = {};
  let inLanes = 0;
  for (const lane of valuesOf(facts.lanes)) {
    const key = laneKey(lane.model, lane.recordId);
    const ids = operationsIn(facts, key).map(({ id }) => id);
    const ill = illLane(facts, lane, ids);
    if (ill) broken('I8', `${reference}: ${lane.recordId} is ${lane.state}, ${ill}`);
    inLanes += ids.length;
    counts[lane.state] = (counts[lane.state] ?? 0) + 1;
    // A server that works on it may say when it is to be asked.
    const longest = lane.failure?.code === 'underWay' ? 86_400_000 : defaultBackoff.cap;
    const bound = run.world.now + longest;
    if (lane.state === 'backoff' && (lane.retryAt ?? 0) > bound) {
      broken('I24', `${reference}: a retry is due beyond the cap`);
    }
  }
  if (inLanes !== facts.outbox.size) broken('I8', `${reference}: operations outside of lanes`);
  for (const [state, count] of Object.entries(facts.counts)) {
    const seen = counts[state as LaneState] ?? 0;
    if (seen !== count) broken('I8', `${reference} counts ${count} ${state} records, not ${seen}`);
  }
}

/** What is wrong with a lane, if something is. */
function illLane(facts: Facts, lane: Lane, ids: readonly string[]): string | undefined {
  const { state, sealed, parked, count } = lane;
  if (ids.length !== count) return `counts ${count} operations, not ${ids.length}`;
  if ((sealed !== null) !== (state === 'syncing' || state === 'backoff'))
    return 'and sealed or not';
  if ((parked !== null) !== (state === 'failed' || state === 'conflicted'))
    return 'and parked or not';
  if (sealed?.operationIds.some((id, i) => ids[i] !== id))
    return 'and sealed what is not its first';
  if (parked?.operationIds.some((id) => !ids.includes(id))) return 'and parked what is not there';
  // A dead letter is in one place: still in the lane, and told as refused.
  if (parked?.reason === 'rejected') {
    const open = parked.operationIds.find((id) => !getIn(facts.settlements, id));
    if (open && facts.settlements.size < settlementCap) return `and ${open} has not ended`;
  }
  return undefined;
}
