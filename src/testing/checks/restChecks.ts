import { type Facts, laneKey, orderKey } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import { eachLeaf, getIn, type Pages, scan, valuesOf } from '../../../store/pages.ts';
import type { SimDevice } from '../device/simDevice.ts';
import type { Life } from '../device/simTab.ts';
import { InvariantBroken, type Run, sealOf } from '../history/history.ts';
import { eraOf } from '../history/written.ts';
import { checkFeed } from './feedChecks.ts';
import { leftNoTrace } from './ledgerChecks.ts';
import { checkSame } from './recovery.ts';
import { isHeld, keysByServerId, underKeys } from './relations.ts';

function broken(invariant: string, seen: string): never {
  throw new InvariantBroken(invariant, seen);
}

/** After faults have ended and everything is quiet. */
export function checkQuiet(run: Run, device: SimDevice, disk: Facts): void {
  const reference = `device ${device.index}`;
  const life = device.life;
  if (!life) broken('I14', `${reference} does not run`);
  for (const lane of valuesOf(disk.lanes)) {
    if (lane.state === 'failed' || lane.state === 'conflicted') continue;
    if (isHeld(disk, lane)) continue;
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
  for (const tab of device.tabs) {
    const here = tab.life ?? broken('I14', `${reference}: tab ${tab.number} does not run`);
    const name = device.isShared ? `${reference}, tab ${tab.number}` : reference;
    checkSame(`${name}, disk and memory`, disk, here.state().sequenced);
    checkAlike(name, life, here);
    const [unsaved] = tab.unsaved;
    if (unsaved) broken('I7', `${name}: ${unsaved} was neither saved nor refused`);
  }
  checkFeed(run, device, disk);
  checkConvergence(run, device, disk);
  checkTold(run, device, disk);
  checkDeleted(run, device, disk);
  checkIdle(run, device, disk);
}

/** P21: all tabs show the same records, in the same order. */
function checkAlike(name: string, one: Life, other: Life): void {
  if (one === other) return;
  const [here, there] = [one, other].map(({ sync, state }) => {
    return sync.models.todo.selectAll({ sync: state() });
  });
  if (sameJson(here as never, there as never)) return;
  broken('I30', `${name} shows ${JSON.stringify(there)}, another tab ${JSON.stringify(here)}`);
}

/** I13: nobody is told that others deleted what stands on the server under the id that it gave us. */
function checkDeleted(run: Run, { index }: SimDevice, facts: Facts): void {
  const gone = valuesOf(facts.lanes).filter(({ parked }) => parked?.conflict?.remote === null);
  if (gone.length === 0) return;
  // The id of what it made in those may be lost with them, until a list tells.
  if (run.written.wipes.some(({ device, fellBack }) => device === index && fellBack)) return;
  /** The id that the server gave last, by the record's key here. */
  const given = new Map<string, string>();
  for (const effect of run.server.ledger) {
    const [id] = sealOf(run, effect)?.operationIds ?? [];
    const made = id === undefined ? undefined : run.written.operations.get(id);
    if (made?.device === index) given.set(made.recordId, effect.recordId);
  }
  const rows = run.server.rows('todos');
  for (const { recordId } of gone) {
    const id = given.get(recordId) ?? recordId;
    if (id === recordId || !rows.has(id)) continue;
    broken('I13', `device ${index} tells that ${recordId} was deleted, and it is there`);
  }
}

/** I13: every record that waits for nobody is what the server has. */
function checkConvergence(run: Run, device: SimDevice, facts: Facts): void {
  const server = run.server.rows('todos');
  const model = facts.models.todo;
  if (!model) return;
  const here = new Set<string>();
  const keys = keysByServerId(facts);
  scan(model.records, '', (entry, id) => {
    const serverId = entry.alias ?? id;
    here.add(serverId);
    if (entry.base === null || getIn(facts.lanes, laneKey('todo', id))) return true;
    const there = server.get(serverId);
    if (!there) broken('I13', `device ${device.index} has ${id}, the server has not`);
    const expected = { ...underKeys(run, there.record, keys, entry.base), id } as typeof entry.base;
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

/** What nobody may miss: every ending, every row that can not be read, every database that is gone. */
function checkTold(run: Run, device: SimDevice, facts: Facts): void {
  const { index, events, ended } = device;
  const era = eraOf(run.written, index);
  for (const operation of run.written.operations.values()) {
    if (operation.device !== index || operation.era !== era || ended.has(operation.id)) continue;
    if (!getIn(facts.settlements, operation.id)) continue;
    broken('I17', `device ${index}: nobody was told how ${operation.id} ended`);
  }
  for (const { device: owner, era: damaged, sequence } of run.written.damages) {
    if (owner !== index || damaged !== era) continue;
    if (facts.generation > 0 && !getIn(facts.quarantine, orderKey(sequence))) continue;
    const told = events.some(
      (event) => event.type === 'quarantined' && event.sequence === sequence,
    );
    if (!told) broken('I1', `device ${index}: nobody was told of the damaged row ${sequence}`);
  }
  for (const { device: owner, known } of run.written.wipes) {
    if (owner !== index || known === undefined) continue;
    const told = events.some((event) => event.type === 'dataLoss' && event.known === known);
    if (!told) broken('I1', `device ${index}: nobody was told that the database ${known} is gone`);
  }
}

/** Requests of one key after everything healed: one that was under way, and one that is answered. */
const attemptsInPeace = 2;
/** Those of one that is refused: an origin that had refused everything is believed at the third time. */
const refusalsInPeace = 3;
/** One more where credentials were not accepted, and those that took their place were not either. */
const attemptsWithAuth = 4;
/** Of one that the plan has refused: some refusals are believed when they have been met again. */
const attemptsRefused = 12;
/** Times that a request for which the server has no way trips its line. */
const tripsOfOne = 5;
/** Steps of one device, from the healing until all is quiet. */
const stepsInPeace = 2_000;
/** Steps a second of a tab that watches its leader: looks, questions, answers, and what was late. */
const watchSteps = 12;
/** Timers of a page with nothing to do. */
const idleTimers = 0;

/** I15: what heals comes to rest without going in circles. I23: nothing is left running. */
function checkIdle(run: Run, device: SimDevice, disk: Facts): void {
  const { net, healed, world, devices } = run;
  const counts = new Map<string, number>();
  // A tab that goes on after it was stopped may send once more what another has sent since.
  const again = device.tabs.length - 1;
  // An answer that meets the beginning of a pull from the start is asked for again: there each one is.
  const { plainLists, noDeletes } = device.plan;
  // Each try of a line that a request without a way has tripped begins a pull as well.
  const met = plainLists ? 1 + (noDeletes ? tripsOfOne : 0) : 0;
  const usual = (device.plan.auth ? attemptsWithAuth : attemptsInPeace) + again + met;
  const left = run.server.ledger.filter((effect) => leftNoTrace(run, effect));
  const traceless = new Set(left.map(({ key }) => key));
  for (const { key } of net.attempts.slice(healed?.requests).flatMap((it) => it.writes)) {
    if (key === null) continue;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    const isRefused = devices.some(({ ended }) => ended.get(key) === 'rejected');
    const most = isRefused ? Math.max(usual, refusalsInPeace) : usual;
    const isTold = net.gateway.refused.has(key) || traceless.has(key);
    if (isTold && count <= attemptsRefused) continue;
    if (count > most) broken('I15', `${key} was sent ${count} times in peace`);
  }
  const steps = world.steps - (healed?.steps ?? 0);
  const tabs = devices.reduce((sum, { isShared, tabs }) => sum + (isShared ? tabs.length : 0), 0);
  const watching = tabs * watchSteps * ((world.now - (healed?.at ?? 0)) / 1_000);
  if (steps > stepsInPeace * devices.length + watching)
    broken('I15', `${steps} steps until all was quiet`);
  const open = net.attempts.filter((item) => item.device === device.index && item.to === null);
  if (open.length > 0) broken('I23', `still open: ${JSON.stringify(open)}`);
  // What waits for another record is watched; what was there at the start is looked at once.
  const isWatched = disk.lanes.size > 0;
  const timers = device.timers.filter((label) => {
    if (label === 'watch' || label === 'tell') return !device.isShared;
    return !isWatched || label !== 'watchdog';
  });
  if (timers.length > idleTimers) broken('I23', `timers are still set: ${timers.join(', ')}`);
}

/** Bytes of an empty database, of a node beside what stands in it, and of a key with its commas. */
const overhead = { database: 4_000, node: 400, entry: 100 };

/** I22: after a checkpoint the disk holds what is true, and nothing that it was made of. */
export function checkBytes(device: SimDevice, facts: Facts): void {
  const { lanes, outbox, settlements, settled, conflictLog, quarantine, models } = facts;
  const trees: Pages<unknown>[] = [lanes, outbox, settlements, settled, conflictLog, quarantine];
  for (const { records, aliases, former } of Object.values(models)) {
    trees.push(records, aliases, former);
  }
  let bound = overhead.database + Object.keys(facts.lastSeen).length * overhead.entry;
  for (const tree of trees) {
    eachLeaf(tree, ({ keys, values }) => {
      bound += overhead.node + keys.length * overhead.entry;
      bound += JSON.stringify(values).length + keys.join().length;
    });
  }
  const { bytes, rows } = device.disk;
  if (rows > 0)
    broken('I22', `device ${device.index}: ${rows} rows stand beside a checkpoint of all`);
  if (bytes > bound)
    broken('I22', `device ${device.index} holds ${bytes} bytes, ${bound} would do`);
}
