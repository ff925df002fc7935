import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  initialTransition,
  transition,
} from 'xstate';
import type { Actor } from './actor.ts';
import { cellsOf, startCells } from './cells.ts';
import type { Notice } from './notices.ts';
import type { Device, Part, PartMove } from './part.ts';
import type { Outcome, View } from './recordMove.ts';

/** A step of the device, with what the records are told of it. */
export interface DeviceMove {
  readonly label: string;
  readonly actor: Actor;
  readonly heals: boolean;
  readonly next: Device;
  readonly notices: readonly Notice[];
  readonly wakes: boolean;
  /** What the machines were sent, with the cells that it used: `engine: role.stopped × started → …`. */
  readonly sent: readonly string[];
}

export const newDevice: Device = { page: 'fresh', lock: 'none', snapshots: {}, known: {} };

export function keyOfDevice(device: Device, parts: readonly Part[]): string {
  const words = parts.map(({ name, keyOf }) => {
    const snapshot = device.snapshots[name];
    return snapshot ? `${keyOf(snapshot)}|${device.known[name]}` : '';
  });
  return [device.page, device.lock, ...words].join('|');
}

/** What all machines together permit. */
export function viewOf({ page, snapshots }: Device, parts: readonly Part[]): View {
  const view = {
    ...{ accepts: page !== 'ended', folds: page === 'open' },
    ...{ leads: page === 'open', works: page === 'open' },
    ...{ waits: false, doubtful: false, reach: 'asks' as View['reach'] },
    ...{ sends: 'all' as View['sends'], trusts: true },
  };
  for (const part of parts) {
    const snapshot = snapshots[part.name];
    if (!snapshot) continue;
    const { accepts = true, folds = true, leads = true, ...more } = part.view(snapshot);
    view.accepts &&= accepts;
    view.folds &&= folds;
    view.leads &&= leads;
    view.works &&= more.works ?? true;
    view.waits ||= more.waits ?? false;
    view.doubtful ||= more.doubtful ?? false;
    view.reach = more.reach ?? view.reach;
    view.sends = more.sends ?? view.sends;
    view.trusts &&= more.trusts ?? true;
  }
  return view;
}

/** Why nothing may be sealed or sent now, by those who know the events alone; null if it may. */
export function forbidden(
  { known }: Device,
  parts: readonly Part[],
  what: 'seals' | 'sends',
  others: number,
): string | null {
  for (const { name, witness } of parts) {
    if (known[name] === undefined) continue;
    const why = witness.forbids(known[name] ?? '', what, others);
    if (why) return why;
  }
  return null;
}

interface Begun {
  readonly label: string;
  readonly device: Device;
  readonly sent: readonly string[];
}

interface Transition {
  readonly after: AnyMachineSnapshot;
  readonly cells: readonly string[];
}

/** The steps of a device. Calls of `transition` are remembered: a state comes up many times. */
export class Devices {
  readonly #parts: readonly Part[];
  readonly #clears: boolean;
  readonly #onCell: (part: string, cell: string) => void;
  readonly #known = new Map<string, Transition>();

  constructor(
    parts: readonly Part[],
    clears: boolean,
    onCell: (part: string, cell: string) => void,
  ) {
    this.#parts = parts;
    this.#clears = clears;
    this.#onCell = onCell;
  }

  moves(device: Device): DeviceMove[] {
    const gone = this.#ended(device, 'the page dies', 'power', newDevice);
    if (device.page === 'fresh') return [...this.#starts(device), gone];
    if (device.page === 'ended') return this.#starts(device);
    const made = this.#parts.flatMap((part) => {
      const snapshot = device.snapshots[part.name];
      if (!snapshot) return [];
      const moves = [...delays(part, snapshot), ...part.moves(snapshot, device)];
      return moves.flatMap((move) => this.#variants(device, part, move));
    });
    if (this.#clears && viewOf(device, this.#parts).folds) made.push(clearing(device));
    return [...made, this.#stop(device), gone];
  }

  /** A move by which other machines begin anew is one for each way that they may begin. */
  #variants(device: Device, by: Part, move: PartMove): DeviceMove[] {
    if (!move.renews) return [this.#made(device, move)];
    const others = this.#parts.filter(({ name }) => name !== by.name);
    const begun = this.#begun({ label: '', device, sent: [] }, others);
    return begun.map(({ label, device: fresh, sent }) => {
      const made = this.#made(fresh, { ...move, label: `${move.label} ${label}`.trim() });
      return { ...made, sent: [...sent, ...made.sent] };
    });
  }

  /** What the machines make of the end of a request. */
  heard(device: Device, outcome: Outcome): DeviceMove {
    const sends = this.#parts.flatMap(({ name, hears, completed }) => {
      const event = hears[outcome];
      const snapshot = device.snapshots[name];
      if (!event || !snapshot) return [];
      return [{ to: name, event: completed?.(event, snapshot) ?? event }];
    });
    const actor = outcome === 'noAnswer' ? 'network' : 'server';
    return this.#made(device, { label: '', actor, heals: false, sends });
  }

  #starts(device: Device): DeviceMove[] {
    const opened: Device = { ...device, page: 'open', lock: 'none' };
    const first = { label: 'a person starts it', device: opened, sent: [] };
    const more = { actor: 'person', heals: true, notices: [], wakes: false } as const;
    return this.#begun(first, this.#parts).map(({ device: next, ...step }) => {
      return { ...step, next, ...more };
    });
  }

  /** Machines begin, each in every way that it may. */
  #begun(first: Begun, parts: readonly Part[]): Begun[] {
    let made = [first];
    for (const part of parts) {
      const { name, machine, inputs, begins, witness } = part;
      made = made.flatMap(({ label, device: so, sent }) =>
        inputs.map((start) => {
          const [snapshot] = initialTransition(machine, start.input as never);
          for (const cell of startCells(machine, snapshot)) this.#onCell(name, cell);
          const known = { ...so.known, [name]: witness.starts(start.input) };
          const begun = { ...so, known, snapshots: { ...so.snapshots, [name]: snapshot } };
          const sends = begins.map((event) => ({ to: name, event }));
          const step = this.#sent(begun, sends);
          return {
            label: start.label ? `${label} ${start.label}` : label,
            ...{ device: step.next, sent: [...sent, ...step.sent] },
          };
        }),
      );
    }
    return made;
  }

  #stop(device: Device): DeviceMove {
    const sends = this.#parts.flatMap(({ name, ends }) =>
      ends.map((event) => ({ to: name, event })),
    );
    const { sent } = this.#sent(device, sends);
    const next: Device = { ...newDevice, page: 'ended' };
    return { ...this.#ended(device, 'a person stops it', 'person', next), sent };
  }

  /** A life of the page ends. */
  #ended(device: Device, label: string, actor: Actor, next: Device): DeviceMove {
    const { doubtful } = viewOf(device, this.#parts);
    const notices = [doubtful ? 'endedInDoubt' : 'ended'] as const;
    return { label, actor, next, notices, heals: false, wakes: false, sent: [] };
  }

  #made(device: Device, move: PartMove): DeviceMove {
    const { label, actor, heals, lock = device.lock, wakes = false } = move;
    if (move.reopens) return { ...this.#ended(device, label, actor, newDevice), heals };
    const kept = move.retires ? retired(device) : device;
    const step = this.#sent({ ...kept, lock }, move.sends);
    const notices = [...(move.notices ?? []), ...step.notices];
    return { label, actor, heals, ...step, notices, wakes: wakes || step.wakes };
  }

  #sent(device: Device, sends: PartMove['sends']) {
    let next = device;
    let wakes = false;
    const notices: Notice[] = [];
    const sent: string[] = [];
    for (const { to, event } of sends) {
      const part = this.#parts.find(({ name }) => name === to);
      const before = next.snapshots[to];
      if (!part || !before) continue;
      const { after, cells } = this.#transition(part, before, event);
      sent.push(...cells.map((cell) => `${to}: ${cell}`));
      const known = { ...next.known, [to]: part.witness.next(next.known[to] ?? '', event) };
      next = { ...next, snapshots: { ...next.snapshots, [to]: after }, known };
      notices.push(...part.tells(before, after));
      wakes ||= part.wakes(before, after);
    }
    return { next, notices, wakes, sent };
  }

  #transition(part: Part, before: AnyMachineSnapshot, event: AnyEventObject): Transition {
    const key = `${part.name}|${part.keyOf(before)}|${JSON.stringify(event)}`;
    let made = this.#known.get(key);
    if (!made) {
      const cells = cellsOf(part.machine, before, event);
      for (const cell of cells) this.#onCell(part.name, cell);
      const [after] = transition(part.machine, before, event);
      made = { after, cells };
      this.#known.set(key, made);
    }
    return made;
  }
}

/** The engine's machine lives as long as the page. */
function retired(device: Device): Device {
  const engineOf = <T>(parts: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(parts).filter(([name]) => name === 'engine'));
  return { ...device, snapshots: engineOf(device.snapshots), known: engineOf(device.known) };
}

function clearing(device: Device): DeviceMove {
  const notices = ['cleared'] as const;
  const label = 'a person clears the store';
  return { label, actor: 'person', heals: false, next: device, notices, wakes: true, sent: [] };
}

/** Time passes: the delayed transitions of the states that the machine is in. */
function delays(part: Part, snapshot: AnyMachineSnapshot): PartMove[] {
  const nodes = snapshot._nodes as readonly { after: readonly { eventType: string }[] }[];
  const types = new Set(nodes.flatMap(({ after }) => after.map(({ eventType }) => eventType)));
  return [...types].map((type) => ({
    label: `time passes for the ${part.name}`,
    ...{ actor: 'time', heals: true, sends: [{ to: part.name, event: { type } }] },
  }));
}
