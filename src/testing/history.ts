import type { SealedRequest } from '../../store/rows/row.ts';
import type { Fault, Plan, TimeFault } from './plan.ts';
import { SimDevice } from './simDevice.ts';
import { SimDisk, type WrittenRow } from './simDisk.ts';
import { SimNet } from './simNet.ts';
import { SimServer } from './simServer.ts';
import { World } from './world.ts';

/** A broken promise: which, and what was seen. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
  readonly invariant: string;
  constructor(invariant: string, seen: string) {
    super(`${invariant}: ${seen}`);
    this.invariant = invariant;
  }
}

/** What was sealed on some disk: the bytes that a key stands for. */
export type Sealed = SealedRequest & { readonly model: string; readonly recordId: string };

/** Everything that one run consists of and leaves behind. */
export interface Run {
  readonly world: World;
  readonly server: SimServer;
  readonly net: SimNet;
  readonly devices: readonly SimDevice[];
  /** By idempotency key. */
  readonly sealed: Map<string, Sealed & { readonly device: number }>;
  /** Operations that stand for others, as the rows tell. */
  readonly supersedes: Map<string, readonly string[]>;
  /** Every operation that ever stood in a row, by its id. */
  readonly operations: Map<string, OperationLike>;
  /** Operations that a person has replaced in a conflict: what became of them was their choice. */
  readonly chosen: Set<string>;
  readonly errors: unknown[];
  /** Faults that struck. */
  readonly fired: Set<Fault>;
  /** Devices whose database was taken away. */
  readonly wiped: Set<number>;
  /** When the run began (virtual ms since 1970). */
  readonly start: number;
  /** Durable steps of each device and requests of all before everything healed; null: not yet. */
  readonly healed: { readonly points: readonly number[]; readonly requests: number } | null;
  /** From here on nothing goes wrong any more. */
  heal(): void;
}

/** `onCrash`: a page has died; its disk is as it will be found. */
export function makeRun(seed: number, plan: Plan, onCrash: (device: SimDevice) => void): Run {
  const world = new World(seed);
  const { seeded, serverPage } = plan;
  const server = new SimServer({
    ...(plan.ids === 'server' && { serverIds: ['todos'] }),
    ...(serverPage !== undefined && { page: serverPage }),
  });
  for (let n = 0; n < (seeded ?? 0); n++) server.seed('todos', { id: `seed-${n}`, title: `s${n}` });
  const errors: unknown[] = [];
  const fired = new Set<Fault>();
  const wiped = new Set<number>();
  const sealed: Run['sealed'] = new Map();
  const supersedes = new Map<string, readonly string[]>();
  const operations: Run['operations'] = new Map();
  const chosen = new Set<string>();
  const cuts: [from: number, to: number][][] = Array.from({ length: plan.devices }, () => []);
  const start = world.now;
  let healed: Run['healed'] = null;

  const find = <On extends 'request' | 'disk'>(on: On, device: number, n: number) => {
    if (healed) return undefined;
    const fault = plan.faults.find(
      (item) => item.on === on && item.device === device && item.n === n,
    ) as (Fault & { readonly on: On }) | undefined;
    if (fault) fired.add(fault);
    return fault?.do as Extract<Fault, { on: On }>['do'] | undefined;
  };
  const net = new SimNet({
    ...{ world, server },
    faultAt: (device, n) => find('request', device, n),
    isCut: (device) =>
      (cuts[device] ?? []).some(([from, to]) => world.now >= from && world.now < to),
  });
  const devices: SimDevice[] = [];
  const onError = (error: unknown) => void errors.push(error);
  for (let index = 0; index < plan.devices; index++) {
    const disk: SimDisk = new SimDisk({
      ...{ world, device: index },
      faultAt: (n) => find('disk', index, n),
      onKill: () => devices[index]?.kill(),
      onRows: (rows) =>
        noteRows(index, rows, { sealed, supersedes, operations, chosen }, wiped.has(index)),
    });
    const isDamaged = () => wiped.has(index);
    devices.push(new SimDevice({ world, index, plan, net, disk, onError, isDamaged, onCrash }));
  }
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
    healed = { points, requests: net.attempts.length };
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
      case 'corruptRow': {
        const row = device.disk.corruptLastRow();
        if (row) wiped.add(fault.device);
        device.kill();
        return row !== null;
      }
      case 'wipe':
      case 'wipeLater':
        wiped.add(fault.device);
        if (fault.do === 'wipe') device.disk.wipe();
        else world.schedule(500, () => takeAway(device));
        device.kill();
        return true;
    }
  };
  return {
    ...{
      world,
      server,
      net,
      devices,
      sealed,
      supersedes,
      operations,
      chosen,
      errors,
      fired,
      wiped,
      start,
      heal,
    },
    get healed() {
      return healed;
    },
  };
}

function takeAway(device: SimDevice): void {
  device.disk.wipe();
  device.kill();
}

export interface OperationLike {
  readonly id: string;
  readonly recordId: string;
  readonly changes: Readonly<Record<string, unknown>>;
  readonly supersedes?: readonly string[];
}

interface RowLike {
  readonly type: string;
  readonly requests?: readonly Sealed[];
  readonly by?: 'policy' | 'person';
  readonly replaced?: readonly string[];
  readonly operation?: OperationLike | null;
  readonly behind?: OperationLike | null;
}

function noteRows(
  device: number,
  rows: readonly WrittenRow[],
  run: Pick<Run, 'sealed' | 'supersedes' | 'operations' | 'chosen'>,
  damaged: boolean,
): void {
  const { sealed, supersedes, operations, chosen } = run;
  for (const { text } of rows) {
    const row = JSON.parse(text) as RowLike;
    if (row.by === 'person') for (const id of row.replaced ?? []) chosen.add(id);
    for (const request of row.requests ?? []) {
      const before = sealed.get(request.key);
      // A seal that was damaged on the disk is made again, with what has come since.
      if (before && !damaged && before.body !== request.body) {
        throw new InvariantBroken('I18', `the key ${request.key} was sealed with two bodies`);
      }
      sealed.set(request.key, { ...request, device });
    }
    for (const operation of [row.operation, row.behind]) {
      if (operation) operations.set(operation.id, operation);
      if (operation?.supersedes) supersedes.set(operation.id, operation.supersedes);
    }
  }
}

/** Operations that an effect of this key carries: those sealed, and those that they stand for. */
export function carriedBy(run: Run, key: string): Set<string> {
  return withSuperseded(run, run.sealed.get(key)?.operationIds ?? []);
}

/** Operations, and those that they stand for. */
export function withSuperseded(run: Run, ids: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const add = (id: string): void => {
    if (all.has(id)) return;
    all.add(id);
    for (const older of run.supersedes.get(id) ?? []) add(older);
  };
  for (const id of ids) add(id);
  return all;
}
