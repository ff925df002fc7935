import { laneKey } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import { getIn, scan, valuesOf } from '../../../store/pages.ts';
import { SimDisk } from '../disk/simDisk.ts';
import { SimNet } from '../net/simNet.ts';
import { idsOf } from '../server/serverPort.ts';
import { SimServer } from '../server/simServer.ts';
import { SimulationError, World } from '../world/world.ts';
import { brokenBounds, type Measure } from './soakBounds.ts';
import * as days from './soakDay.ts';
import { SoakDevice } from './soakDevice.ts';
import { fillCaps } from './soakFill.ts';

export interface SoakOptions {
  readonly seed: number;
  /** Virtual days. */
  readonly days: number;
  readonly devices?: number;
  readonly ids?: 'client' | 'server';
  /** Begin with devices on which everything that has a cap has reached it: as after a year. */
  readonly full?: boolean;
  /** Bytes of heap in use, after garbage was collected; asked every evening. */
  readonly heap?: () => number;
  readonly onDay?: (day: SoakDay) => void;
}

/** An evening: what was done that day, and what is left of it. */
export interface SoakDay {
  /** From 1. */
  readonly day: number;
  readonly edits: number;
  readonly requests: number;
  readonly reloads: number;
  readonly faults: number;
  readonly steps: number;
  readonly measures: readonly Measure[];
  readonly heap: number | null;
  /** What is beyond its bound. */
  readonly broken: readonly string[];
}

/** Virtual ms in which all must come to rest in the evening: three times the longest backoff. */
const restWithin = 15 * 60_000;
const stepsOfADay = 200_000;
/** Answers by key that the server remembers: more than any device has under way. */
const keysKept = 500;

export interface Running extends days.Soak {
  start: number;
  readonly net: SimNet;
  readonly server: SimServer;
  readonly errors: unknown[];
}

/**
 * Lets devices be used for days: bursts of edits, hours without network, reloads, crashes, faults of
 * disk and network, others' edits, nights asleep. Every evening all comes to rest and is measured
 * against `soakBounds`.
 * @throws SimulationError if it does not come to rest
 */
export async function soak(options: SoakOptions): Promise<SoakDay[]> {
  const running = begin(options);
  const { world, devices, net, server, counts, errors } = running;
  days.furnish(running);
  for (const device of devices) device.open();
  if (options.full) await fill(running);
  running.start = world.now;
  const told: SoakDay[] = [];
  for (let day = 0; day < options.days; day++) {
    const before = { ...counts, steps: world.steps };
    days.planDay(running, day);
    await until(world, running.start + day * days.dayLength + days.clock.night);
    await rest(running);
    if (errors.length > 0) throw errors[0];
    const measures: Measure[] = [];
    for (const device of devices) measures.push(await measure(running, device));
    const requests = net.attempts.length;
    // The history of the simulation itself must not look like growth.
    net.forget();
    server.ledger.length = 0;
    server.changes.length = 0;
    for (const { disk } of devices) {
      disk.points.length = 0;
      disk.spans.length = 0;
    }
    const evening: SoakDay = {
      ...{ day: day + 1, requests, measures },
      edits: counts.edits - before.edits,
      reloads: counts.reloads - before.reloads,
      faults: counts.faults - before.faults,
      steps: world.steps - before.steps,
      heap: options.heap?.() ?? null,
      broken: measures.flatMap(brokenBounds),
    };
    told.push(evening);
    options.onDay?.(evening);
    for (const device of devices) device.sleep();
  }
  return told;
}

/** A world with devices that are not opened yet. */
export function begin({ seed, ids = 'client', devices: count = 2 }: SoakOptions): Running {
  const world = new World(seed);
  const serverIds = ids === 'server' ? ['todos'] : [];
  const server = new SimServer({ serverIds, newId: idsOf(seed), keysKept });
  const devices: SoakDevice[] = [];
  const errors: unknown[] = [];
  const net: SimNet = new SimNet({
    ...{ world, server },
    faultAt: (device, n) => days.netFaultOf(running, device, n),
    isCut: (device) => days.isAway(running, device),
  });
  const running: Running = {
    ...{ world, server, net, devices, errors, start: Number.POSITIVE_INFINITY },
    cuts: Array.from({ length: count }, () => []),
    counts: { edits: 0, reloads: 0, faults: 0 },
  };
  for (let index = 0; index < count; index++) {
    const disk = new SimDisk({
      ...{ world, device: index },
      faultAt: (n) => days.diskFaultOf(running, index, n),
      onKill: () => devices[index]?.kill(),
      onRows: () => {},
    });
    const onError = (error: unknown) => void errors.push(error);
    devices.push(new SoakDevice({ world, index, net, disk, ids, onError }));
  }
  return running;
}

/** As after a year of use. One device after the other: the others' conflicts are with nobody. */
export async function fill({ world, server, devices }: Running): Promise<void> {
  const until = async (holds: () => boolean): Promise<void> => {
    await world.run(holds, stepsOfADay);
    if (!holds()) throw new SimulationError('a device can not be filled: nothing goes on');
  };
  for (const device of devices) await fillCaps({ server, device, until });
}

async function until(world: World, time: number): Promise<void> {
  let state: 'waiting' | 'reached' = 'waiting';
  world.schedule(time - world.now, () => {
    state = 'reached';
  });
  await world.run(() => state === 'reached', stepsOfADay);
}

async function rest(running: Running): Promise<void> {
  const { world, devices } = running;
  const end = world.now + restWithin;
  while (!devices.every((device) => isAtRest(running, device))) {
    if (world.now > end) throw new SimulationError('a day does not come to rest');
    await until(world, world.now + 1_000);
  }
}

/** Nothing is under way, and nothing could be. */
function isAtRest(running: Running, device: SoakDevice): boolean {
  const { page } = device;
  if (!page || device.held().requests > 0) return false;
  const { sequenced, tail, ephemeral } = page.state();
  const { pending, syncing, backoff } = sequenced.counts;
  const isPulling = Object.values(ephemeral.pulls).some(({ state }) => state === 'running');
  if (ephemeral.role !== 'leading' || tail.size > 0 || isPulling) return false;
  return days.isAway(running, device.index) || pending + syncing + backoff === 0;
}

/** What stands on a device, and what its page holds. */
export async function measure(running: Running, device: SoakDevice): Promise<Measure> {
  const { page, disk, index } = device;
  if (!page) throw new SimulationError(`device ${index} does not run`);
  const { sequenced, ephemeral } = page.state();
  const todo = sequenced.models.todo;
  if (!todo) throw new SimulationError('the model is gone');
  const isAway = days.isAway(running, index);
  const connection = disk.inspect();
  const rows = await connection.readRows(0, Number.POSITIVE_INFINITY);
  const journal = rows.reduce((sum, { text }) => sum + String(text).length, 0);
  return {
    ...{ device: index, ...device.held(), journal, rows: rows.length },
    checkpoint: disk.bytes - journal,
    pages: (await connection.pageKeys()).length,
    records: todo.records.size,
    waiting: sequenced.outbox.size,
    settlements: sequenced.settlements.size,
    logged: sequenced.conflictLog.size,
    ...{ aliases: todo.aliases.size, former: todo.former.size },
    quarantined: sequenced.quarantine.size,
    writers: Object.keys(sequenced.lastSeen).length,
    illegal: ephemeral.illegal.length,
    differing: isAway ? 0 : differing(running, device),
  };
}

/** Records for which nothing waits and that are not what the server has; and those that lack. */
function differing({ server }: Running, { page }: SoakDevice): number {
  const facts = page?.state().sequenced;
  const todo = facts?.models.todo;
  if (!facts || !todo) return 0;
  const there = server.rows('todos');
  let count = 0;
  const busy = new Set(valuesOf(facts.lanes).map(({ recordId }) => laneKey('todo', recordId)));
  scan(todo.records, '', ({ base, alias }, id) => {
    const serverId = alias ?? id;
    const row = there.get(serverId);
    there.delete(serverId);
    if (busy.has(laneKey('todo', id))) return true;
    const expected = row && ({ ...row.record, id } as NonNullable<typeof base>);
    if (!sameJson(base ?? undefined, expected)) count++;
    return true;
  });
  const lacking = [...there.keys()].filter((id) => getIn(todo.records, id) === undefined);
  return count + lacking.length;
}
