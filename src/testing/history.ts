import type { SealedRequest } from '../../store/rows/row.ts';
import type { Fault, Plan } from './plan.ts';
import type { ServerPort } from './serverPort.ts';
import { SimDevice } from './simDevice.ts';
import { SimDisk } from './simDisk.ts';
import { SimNet } from './simNet.ts';
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
  readonly server: ServerPort;
  readonly net: SimNet;
  readonly devices: readonly SimDevice[];
  /** By idempotency key. */
  readonly sealed: Map<string, Sealed & { readonly device: number }>;
  /** Operations that stand for others, as the rows tell. */
  readonly supersedes: Map<string, readonly string[]>;
  readonly errors: unknown[];
  /** Faults that struck. */
  readonly fired: Set<Fault>;
  /** Devices whose database was taken away. */
  readonly wiped: Set<number>;
  /** From here on nothing goes wrong any more. */
  heal(): void;
}

export function makeRun(seed: number, plan: Plan, server: ServerPort): Run {
  const world = new World(seed);
  const errors: unknown[] = [];
  const fired = new Set<Fault>();
  const wiped = new Set<number>();
  const sealed: Run['sealed'] = new Map();
  const supersedes = new Map<string, readonly string[]>();
  const cuts: [from: number, to: number][][] = Array.from({ length: plan.devices }, () => []);
  const start = world.now;
  let phase: 'troubled' | 'healed' = 'troubled';

  const find = <On extends 'request' | 'disk'>(on: On, device: number, n: number) => {
    if (phase === 'healed') return undefined;
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
      onRows: (texts) => noteRows(index, texts, sealed, supersedes, wiped.has(index)),
    });
    const isDamaged = () => wiped.has(index);
    devices.push(new SimDevice({ world, index, plan, net, disk, onError, isDamaged }));
  }
  for (const fault of plan.faults) {
    if (fault.on !== 'time') continue;
    const device = devices[fault.device] as SimDevice;
    world.schedule(fault.at, () => {
      fired.add(fault);
      world.note(`${fault.do} ${fault.device}`);
      if (fault.do === 'offline') {
        cuts[fault.device]?.push([world.now, world.now + (fault.for ?? 1_000)]);
        return;
      }
      if (fault.do === 'corruptRow' && device.disk.corruptLastRow()) wiped.add(fault.device);
      if (fault.do === 'wipe' || fault.do === 'wipeLater') {
        wiped.add(fault.device);
        if (fault.do === 'wipe') device.disk.wipe();
        else world.schedule(500, () => takeAway(device));
      }
      device.kill();
    });
  }
  world.note(`start ${start}`);
  const heal = () => {
    phase = 'healed';
  };
  return { world, server, net, devices, sealed, supersedes, errors, fired, wiped, heal };
}

function takeAway(device: SimDevice): void {
  device.disk.wipe();
  device.kill();
}

interface OperationLike {
  readonly id: string;
  readonly supersedes?: readonly string[];
}

interface RowLike {
  readonly type: string;
  readonly requests?: readonly Sealed[];
  readonly operation?: OperationLike | null;
  readonly behind?: OperationLike | null;
}

function noteRows(
  device: number,
  texts: readonly string[],
  sealed: Run['sealed'],
  supersedes: Map<string, readonly string[]>,
  damaged: boolean,
): void {
  for (const text of texts) {
    const row = JSON.parse(text) as RowLike;
    for (const request of row.requests ?? []) {
      const before = sealed.get(request.key);
      // A seal that was damaged on the disk is made again, with what has come since.
      if (before && !damaged && before.body !== request.body) {
        throw new InvariantBroken('I18', `the key ${request.key} was sealed with two bodies`);
      }
      sealed.set(request.key, { ...request, device });
    }
    for (const operation of [row.operation, row.behind]) {
      if (operation?.supersedes) supersedes.set(operation.id, operation.supersedes);
    }
  }
}

/** Operations that an effect of this key carries: those sealed, and those that they stand for. */
export function carriedBy(run: Run, key: string): Set<string> {
  const carried = new Set<string>();
  const add = (id: string): void => {
    if (carried.has(id)) return;
    carried.add(id);
    for (const older of run.supersedes.get(id) ?? []) add(older);
  };
  for (const id of run.sealed.get(key)?.operationIds ?? []) add(id);
  return carried;
}
