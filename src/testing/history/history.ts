import { SimDevice, type SimDeviceHooks } from '../device/simDevice.ts';
import { remembered, SimDisk } from '../disk/simDisk.ts';
import { SimCredentials } from '../net/simCredentials.ts';
import { SimNet } from '../net/simNet.ts';
import type { Fault, Plan, TimeFault } from '../plan/plan.ts';
import { type Effect, idsOf, type ServerNeeds, type ServerPort } from '../server/serverPort.ts';
import { SimServer } from '../server/simServer.ts';
import { keyedBelow } from '../world/keyed.ts';
import { World } from '../world/world.ts';
import { Leads } from './leads.ts';
import type { Strike } from './strikes.ts';
import {
  noteDamage,
  noteRows,
  nothingWritten,
  type Sealed,
  type Written,
  withSuperseded,
} from './written.ts';

/** ms that it takes to take over, about. */
const takeover = 16;

/** How far a run had come when it broke a promise. */
export interface Evidence {
  readonly steps: number;
  readonly trace: string;
  /** The last that happened. */
  readonly tail: readonly string[];
  readonly strikes: readonly Strike[];
}

/** A broken promise: which, and what was seen. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  readonly invariant: string;
  /** Set by `simulate`. */
  evidence: Evidence | null = null;
  constructor(invariant: string, seen: string) {
    super(`${invariant}: ${seen}`);
    this.invariant = invariant;
  }
}

/** Everything that one run consists of and leaves behind. */
export interface Run {
  readonly world: World;
  readonly server: ServerPort;
  readonly net: SimNet;
  readonly devices: readonly SimDevice[];
  /** Who leads on each device, as its disk knows it. */
  readonly leads: readonly Leads[];
  readonly written: Written;
  readonly errors: unknown[];
  /** Faults that struck. */
  readonly fired: Set<Fault>;
  /** When the run began (virtual ms since 1970). */
  readonly start: number;
  /** How far everything was when it healed; null: not yet. */
  readonly healed: Healed | null;
  /** From here on nothing goes wrong any more. */
  heal(): void;
}

interface Healed {
  /** Durable steps of each device. */
  readonly points: readonly number[];
  readonly requests: number;
  readonly steps: number;
  readonly at: number;
}

/** What a plan asks of its server. */
export function needsOf(seed: number, plan: Plan): ServerNeeds {
  const { ids, seeded = 0, serverPage, keyless, versioning, demandsVersions, plainLists } = plan;
  return {
    seed,
    serverIds: ids === 'server' ? ['todos'] : [],
    seeded: Array.from({ length: seeded }, (_, n) => ({ id: `r${n}`, title: `s${n}` })),
    ...(serverPage !== undefined && { page: serverPage }),
    ...(keyless && { keyless }),
    ...(versioning && { versioning }),
    ...(demandsVersions && { demandsVersions }),
    ...(plainLists && { plainLists }),
  };
}

/** The server in memory, as a run needs it. */
export function simulatedServer({ seed, seeded = [], ...options }: ServerNeeds): ServerPort {
  const server = new SimServer({ ...options, newId: idsOf(seed) });
  for (const record of seeded) server.seed('todos', record);
  return server;
}

export function makeRun(
  seed: number,
  plan: Plan,
  hooks: SimDeviceHooks,
  server: ServerPort = simulatedServer(needsOf(seed, plan)),
): Run {
  const world = new World(seed);
  const errors: unknown[] = [];
  const fired = new Set<Fault>();
  const written = nothingWritten();
  /** Devices of which the next database goes too, while it takes over what the second shelf has. */
  const again = new Set<number>();
  const cuts: [from: number, to: number][][] = Array.from({ length: plan.devices }, () => []);
  const start = world.now;
  let healed: Healed | null = null;

  const find = <On extends 'request' | 'disk'>(on: On, device: number, n: number) => {
    if (healed) return undefined;
    const fault = plan.faults.find(
      (item) => item.on === on && item.device === device && item.n === n,
    ) as (Fault & { readonly on: On }) | undefined;
    if (fault) fired.add(fault);
    return fault?.do as Extract<Fault, { on: On }>['do'] | undefined;
  };
  const devices: SimDevice[] = [];
  const leads = cuts.map((_, device) => {
    return new Leads({
      ...{ world, device },
      onWrong: (seen) => errors.push(new InvariantBroken('I20', seen)),
    });
  });
  const onError = (error: unknown) => void errors.push(error);
  const credentials = !plan.auth
    ? []
    : cuts.map((_, device) => {
        const signedIn = () => devices[device]?.signedIn();
        const onWrong = (seen: string) => onError(new InvariantBroken('I25', seen));
        return new SimCredentials({ world, device, onWrong, signedIn });
      });
  const net = new SimNet({
    ...{ world, server, bare: plan.bare, noDeletes: plan.noDeletes },
    ...(plan.auth && { credentials: (device) => credentials[device] as SimCredentials }),
    faultAt: (device, n) => find('request', device, n),
    isCut: (device) =>
      (cuts[device] ?? []).some(([from, to]) => world.now >= from && world.now < to),
  });
  for (let index = 0; index < plan.devices; index++) {
    const disk: SimDisk = new SimDisk({
      ...{ world, device: index },
      faultAt: (n) => find('disk', index, n),
      fallsBack: plan.faults.some(({ do: what }) => what === 'fallBack'),
      onKill: (tab) => devices[index]?.kill(tab),
      onTaken: (tab, batch) => leads[index]?.taken(devices[index]?.tabs[tab]?.page ?? '', batch),
      onRows: (rows) => {
        noteRows(written, index, rows);
        if (!rows.some(({ text }) => text.includes('"type":"recovered"'))) return;
        const after = keyedBelow(world.seed, `takeover/${index}/${written.wipes.length}`, takeover);
        if (!healed && again.delete(index))
          world.schedule(after, () => takeAway(devices[index] as SimDevice));
      },
    });
    devices.push(
      new SimDevice({
        ...{ world, index, plan, net, disk, onError, hooks },
        credentials: credentials[index],
      }),
    );
  }
  const takeAway = (device: SimDevice): void => {
    written.wipes.push({ device: device.index, known: device.knownDatabase });
    device.disk.wipe();
    device.kill();
  };
  const strike = (fault: TimeFault, device: SimDevice): boolean => {
    switch (fault.do) {
      case 'offline':
        cuts[fault.device]?.push([world.now, world.now + (fault.for ?? 1_000)]);
        return true;
      case 'kill':
        return device.kill();
      case 'powerLoss':
        device.disk.losePower();
        return device.kill();
      case 'corruptRow':
      case 'foreignRow': {
        const row = device.disk.corruptLastRow(fault.do === 'corruptRow' ? 'cut' : 'foreign');
        if (row) noteDamage(written, fault.device, row);
        device.kill();
        return row !== null;
      }
      case 'wipe':
        takeAway(device);
        return true;
      case 'fallBack': {
        const count =
          1 + keyedBelow(world.seed, `fallBack/${fault.device}/${fault.at}`, remembered);
        device.disk.fallBack(count);
        // What its rows told is judged by what the second shelf brings back.
        written.wipes.push({ device: device.index, known: undefined, fellBack: true });
        return device.kill();
      }
      case 'wipeTwice':
        again.add(device.index);
        takeAway(device);
        return true;
      case 'wipeLater':
        world.schedule(500, () => takeAway(device));
        device.kill();
        return true;
      case 'fullShelf':
        device.shelf?.fill(fault.for ?? 1_000);
        return true;
      case 'shelfDies':
        device.shelf?.breakOnce();
        return true;
      case 'loseMessages':
      case 'doubleMessages':
      case 'delayMessages':
        device.weather.worsen(fault.do, fault.for ?? 1_000);
        return true;
      default:
        return strikeTab(world, device, fault);
    }
  };
  for (const fault of plan.faults) {
    if (fault.on !== 'time') continue;
    const device = devices[fault.device] as SimDevice;
    world.schedule(fault.at, () => {
      world.note(`${fault.do} ${fault.device}`);
      if (strike(fault, device)) fired.add(fault);
    });
  }
  world.note(`start ${start}`);
  const heal = () => {
    const points = devices.map((device) => device.disk.points.length);
    for (const { shelf } of devices) shelf?.heal();
    healed = { points, requests: net.attempts.length, steps: world.steps, at: world.now };
  };
  return {
    ...{ world, server, net, devices, leads, written, errors, fired, start, heal },
    get healed() {
      return healed;
    },
  };
}

/** False: there is no page that it could strike. */
function strikeTab(world: World, device: SimDevice, fault: TimeFault): boolean {
  const { do: what, tab: number = 0, for: duration } = fault;
  const tab = device.tabs[number];
  if (!tab) return false;
  const later = (end: () => void) => {
    if (duration !== undefined) world.schedule(duration, end);
    return true;
  };
  switch (what) {
    case 'closeTab':
      return tab.leave();
    case 'crashTab':
      return device.kill(number);
    case 'hangTab':
      return tab.stop('hung') && later(() => tab.wake());
    case 'freezeTab':
      return tab.stop('frozen') && later(() => tab.wake());
    case 'throttleTab':
      return tab.throttle('hidden') && later(() => tab.throttle('shown'));
    default:
      return false;
  }
}

/** The seal under which an effect left; undefined: nobody sealed it. */
export function sealOf({ written }: Run, { key, body }: Effect): Sealed | undefined {
  const seals = key === null ? [] : (written.seals.get(key) ?? []);
  return seals.find((seal) => (seal.body ?? '') === body);
}

/**
 * Operations of a create that was told as done and was not, where somebody else has made a record of that
 * id before the device looked: it can not be told from one that was made and then written over.
 */
export function mistakenFor(run: Run): string[] {
  const { net, server, written } = run;
  return [...net.gateway.falseYeses].flatMap((key) => {
    const record = written.operations.get(key)?.recordId;
    const isThere = server.ledger.some((effect) => effect.recordId === record);
    const seals = isThere ? (written.seals.get(key) ?? []) : [];
    const ids = seals.flatMap(({ operationIds }) => operationIds);
    return [...withSuperseded(written, ids)];
  });
}

/** Operations that an effect carries: those sealed, and those that they stand for. */
export function carriedBy(run: Run, effect: Effect): Set<string> {
  return withSuperseded(run.written, sealOf(run, effect)?.operationIds ?? []);
}

/** Whether an effect carries an operation: one that was sealed for it, or one that such a one stands for. */
export function isCarriedBy(run: Run, effect: Effect, operationId: string): boolean {
  const sealed = sealOf(run, effect)?.operationIds;
  if (!sealed) return false;
  if (sealed.includes(operationId)) return true;
  const { supersedes } = run.written;
  return (
    sealed.some((id) => supersedes.has(id)) && withSuperseded(run.written, sealed).has(operationId)
  );
}
