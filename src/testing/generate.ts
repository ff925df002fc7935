import { keyed, keyedBelow, keyedPick } from './keyed.ts';
import {
  type DeviceFault,
  type DiskFault,
  deviceFaults,
  diskFaults,
  type Fault,
  type NetFault,
  netFaults,
  type Plan,
  type UserStep,
} from './plan.ts';

export interface Appetite {
  /** What people do, at most. */
  readonly steps: number;
  readonly devices: number;
  /** Kinds that may be used. */
  readonly net: readonly NetFault[];
  readonly disk: readonly DiskFault[];
  readonly time: readonly DeviceFault[];
}

const wholeAppetite: Appetite = {
  ...{ steps: 40, devices: 3 },
  ...{ net: netFaults, disk: diskFaults, time: deviceFaults },
};

const doings = [
  ...['create', 'update', 'update', 'update', 'update', 'upsert', 'remove', 'refused'],
  ...['cancel', 'retry', 'edit', 'discard', 'resolve', 'pull', 'checkpoint', 'reload'],
] as UserStep['do'][];

/**
 * A random plan: each seed turns on its own subset of fault kinds, with its own rates (a swarm), and
 * few records are shared by all devices, so that conflicts are common.
 */
export function generate(seed: number, appetite: Appetite = wholeAppetite): Plan {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const devices = 1 + at('devices', appetite.devices);
  const records = 1 + at('records', 5);
  const span = 2_000 + at('span', 60_000);
  const count = 3 + at('steps', appetite.steps);
  const steps: UserStep[] = [];
  for (let i = 0; i < count; i++) {
    steps.push({
      at: at(`at/${i}`, span),
      device: at(`device/${i}`, devices),
      record: at(`record/${i}`, records),
      do: keyedPick(seed, `do/${i}`, doings),
    });
  }
  steps.sort((a, b) => a.at - b.at);
  return {
    ...{ devices, steps, faults: faultsOf(seed, appetite, devices, span) },
    ids: keyed(seed, 'ids') < 0.25 ? 'server' : 'client',
    onReject: keyed(seed, 'reject') < 0.3 ? 'rollback' : 'keep',
  };
}

function faultsOf(seed: number, appetite: Appetite, devices: number, span: number): Fault[] {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const isOn = (kind: string) => keyed(seed, `on/${kind}`) < 0.3;
  const faults: Fault[] = [];
  for (const kind of appetite.net.filter(isOn)) {
    for (let i = 0; i < 1 + at(`many/${kind}`, 4); i++) {
      const key = `${kind}/${i}`;
      faults.push({
        on: 'request',
        device: at(`d/${key}`, devices),
        n: 1 + at(`n/${key}`, 30),
        do: kind,
      });
    }
  }
  for (const kind of appetite.disk.filter(isOn)) {
    for (let i = 0; i < 1 + at(`many/${kind}`, 3); i++) {
      const key = `${kind}/${i}`;
      faults.push({
        on: 'disk',
        device: at(`d/${key}`, devices),
        n: 1 + at(`n/${key}`, 40),
        do: kind,
      });
    }
  }
  for (const kind of appetite.time.filter(isOn)) {
    const key = `time/${kind}`;
    const fault = {
      on: 'time',
      device: at(`d/${key}`, devices),
      at: at(`t/${key}`, span),
      do: kind,
    } as const;
    faults.push(kind === 'offline' ? { ...fault, for: 500 + at(`for/${key}`, 40_000) } : fault);
  }
  return faults;
}
