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

/** ms that a page takes to read its disk, about: who writes then writes into the tail alone. */
const early = 12;
/** ms in which the steps of one moment come: about as long as a request takes. */
const burst = 150;

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
  const moments = 1 + at('moments', 8);
  const steps: UserStep[] = [];
  for (let i = 0; i < count; i++) {
    steps.push({
      at: momentOf(seed, i, moments, span),
      device: at(`device/${i}`, devices),
      record: at(`record/${i}`, records),
      do: keyedPick(seed, `do/${i}`, doings),
    });
  }
  steps.sort((a, b) => a.at - b.at);
  return {
    ...{ devices, steps, faults: faultsOf(seed, appetite, devices, span) },
    ...(keyed(seed, 'pages') < 0.4 && { serverPage: 1 + at('page', 4) }),
    ids: keyed(seed, 'ids') < 0.25 ? 'server' : 'client',
    onReject: keyed(seed, 'reject') < 0.3 ? 'rollback' : 'keep',
  };
}

/** When a person acts: before the page is ready, together with others, or at any time. */
function momentOf(seed: number, i: number, moments: number, span: number): number {
  const at = (key: string, below: number) => keyedBelow(seed, key, below);
  const kind = keyed(seed, `when/${i}`);
  if (kind < 0.06) return at(`early/${i}`, early);
  if (kind < 0.4) return at(`at/${i}`, span);
  return at(`moment/${at(`of/${i}`, moments)}`, span) + at(`burst/${i}`, burst);
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
