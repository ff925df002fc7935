import { defaultBackoff } from '../../machines/backoff.ts';
import { type Facts, laneKey, outboxPrefix } from '../../store/facts.ts';
import { sameJson } from '../../store/json.ts';
import { getIn, scan, valuesOf } from '../../store/pages.ts';
import { rebase } from '../../store/rebase.ts';
import type { Operation } from '../../store/rows/row.ts';
import { carriedBy, InvariantBroken, type Run } from './history.ts';
import type { SimDevice } from './simDevice.ts';

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

/** I19: at most one request of a record and six of an origin under way, for each device. */
function checkNet({ net, devices }: Run): void {
  for (const { index } of devices) {
    const open = net.attempts.filter(
      (item) => item.to === null && item.device === index && item.key !== null,
    );
    if (open.length > 6) broken('I19', `${open.length} writes under way at once`);
    const paths = open.filter((item) => item.method !== 'POST').map((item) => item.path);
    if (new Set(paths).size < paths.length) broken('I19', 'two writes of one record under way');
  }
}

/** What must hold on a disk at any moment, read as a start would read it. */
export function checkDisk(run: Run, device: SimDevice, facts: Facts): void {
  const reference = `device ${device.index}`;
  if (Object.getOwnPropertyNames(Object.prototype).join() !== prototypeNames) {
    broken('I26', 'Object.prototype was changed');
  }
  const lost = device.accepted.filter(({ operationId }) => !isKnown(facts, operationId));
  if (lost.length > 0 && !isExcused(run, device)) {
    broken('I1', `${reference} has lost ${lost.map((item) => item.operationId).join(', ')}`);
  }
  // I8, I9: what is shown is the base with what waits, and nothing waits outside of a lane.
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
  let inLanes = 0;
  for (const lane of valuesOf(facts.lanes)) {
    const count = operationsIn(facts, laneKey(lane.model, lane.recordId)).length;
    if (count !== lane.count)
      broken('I8', `${reference}: a lane counts ${lane.count}, not ${count}`);
    inLanes += count;
    const bound = defaultBackoff.cap;
    if (lane.state === 'backoff' && (lane.retryAt ?? 0) > run.world.now + bound) {
      broken('I24', `${reference}: a retry is due beyond the cap`);
    }
  }
  if (inLanes !== facts.outbox.size) broken('I8', `${reference}: operations outside of lanes`);
}

function operationsIn(facts: Facts, lane: string): Operation[] {
  const prefix = outboxPrefix(lane);
  const operations: Operation[] = [];
  scan(facts.outbox, prefix, (operation, key) => {
    if (!key.startsWith(prefix)) return false;
    operations.push(operation);
    return true;
  });
  return operations;
}

function isKnown(facts: Facts, operationId: string): boolean {
  if (getIn(facts.settlements, operationId) || getIn(facts.places, operationId)) return true;
  let quarantined = false;
  scan(facts.quarantine, '', ({ text }) => {
    quarantined = text.includes(operationId);
    return !quarantined;
  });
  return quarantined;
}

/** The disk was taken away or damaged by the plan: then the app must have been told. */
function isExcused(run: Run, device: SimDevice): boolean {
  return run.wiped.has(device.index);
}

/** What the server's ledger must say, whatever the devices believe. */
export function checkLedger(run: Run): void {
  const keys = new Map<string, number>();
  const newest = new Map<string, number>();
  for (const { key, n, recordId, body } of run.server.ledger) {
    if (key === null) continue;
    const before = keys.get(key);
    if (before !== undefined) broken('I2', `the key ${key} took effect twice (${before}, ${n})`);
    keys.set(key, n);
    if (!run.sealed.has(key)) broken('I18', `the key ${key} was never sealed`);
    for (const { index } of run.devices) {
      const value = valueIn(body, `d${index}`);
      // A record made anew by somebody else carries our old values with it.
      if (value === null || run.sealed.get(key)?.device !== index) continue;
      const lane = `${index}/${recordId}`;
      // A device that was wiped counts on, but requests of its life before may still arrive.
      if (value < (newest.get(lane) ?? 0) && !run.wiped.has(index)) {
        broken('I5', `device ${index}: ${recordId} took ${value} after ${newest.get(lane)}`);
      }
      newest.set(lane, value);
    }
  }
}

function valueIn(body: string, field: string): number | null {
  const raw: unknown = body === '' ? null : JSON.parse(body);
  const value = raw === null ? undefined : (raw as Record<string, unknown>)[field];
  return typeof value === 'number' ? value : null;
}

/** I3, I4: confirmed means applied, refused means not. */
export function checkEndings(run: Run): void {
  const applied = new Set<string>();
  const direct = new Set<string>();
  for (const { key } of run.server.ledger) {
    if (key === null) continue;
    for (const id of carriedBy(run, key)) applied.add(id);
    for (const id of run.sealed.get(key)?.operationIds ?? []) direct.add(id);
  }
  for (const device of run.devices) {
    // A seal that was damaged on the disk is forgotten: what it had sent is not known any more.
    if (run.wiped.has(device.index)) continue;
    for (const [operationId, outcome] of device.ended) {
      if (outcome === 'rejected' && direct.has(operationId)) {
        broken('I4', `${operationId} was told as rejected and took effect`);
      }
      if (outcome === 'cancelled' && direct.has(operationId)) {
        broken('I4', `${operationId} was told as cancelled and took effect`);
      }
    }
  }
}

/** After faults have ended and everything is quiet. */
export function checkQuiet(run: Run, device: SimDevice, disk: Facts): void {
  const reference = `device ${device.index}`;
  const life = device.life;
  if (!life) broken('I14', `${reference} does not run`);
  for (const lane of valuesOf(disk.lanes)) {
    if (lane.state === 'failed' || lane.state === 'conflicted') continue;
    if (isQuarantined(disk, lane.recordId)) continue;
    broken('I14', `${reference}: ${lane.recordId} is ${lane.state} and nothing moves it`);
  }
  const status = life.sync.selectSyncStatus({ sync: life.state() });
  if (status.phase === 'synced' && disk.outbox.size > 0) {
    broken('I16', `${reference} says synced with ${disk.outbox.size} operations on the disk`);
  }
  const isStill = status.phase === 'waiting' || status.phase === 'attention';
  if (isStill && status.reason === null) {
    broken('I16', `${reference} is ${status.phase} and does not say why`);
  }
  const memory = life.state().sequenced;
  if (memory.head !== disk.head || memory.outbox.size !== disk.outbox.size) {
    broken('I16', `${reference}: memory and disk differ`);
  }
  // A row that was damaged on the disk may have been a base: only a sweep could tell.
  if (!run.wiped.has(device.index)) checkConvergence(run, device, disk);
}

function isQuarantined(facts: Facts, recordId: string): boolean {
  return valuesOf(facts.quarantine).some((item) => item.lane?.recordId === recordId);
}

/** I12, I13: every record that waits for nobody is what the server has. */
function checkConvergence(run: Run, device: SimDevice, facts: Facts): void {
  const server = run.server.rows('todos');
  const model = facts.models.todo;
  if (!model) return;
  const here = new Set<string>();
  scan(model.records, '', (entry, id) => {
    const serverId = entry.alias ?? id;
    here.add(serverId);
    if (entry.base === null || getIn(facts.lanes, laneKey('todo', id))) return true;
    const there = server.get(serverId);
    if (!there) broken('I13', `device ${device.index} still has ${id}`);
    const expected = { ...there.record, id } as typeof entry.base;
    if (!sameJson(entry.base, expected)) {
      broken(
        'I13',
        `device ${device.index}: ${id} is ${JSON.stringify(entry.base)}, the server has ${JSON.stringify(expected)}`,
      );
    }
    return true;
  });
  for (const id of server.keys()) {
    if (!here.has(id)) broken('I13', `device ${device.index} lacks ${id}`);
  }
}
