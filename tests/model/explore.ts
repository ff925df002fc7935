import type { DeviceMove } from './device.ts';
import { Numbers } from './numbers.ts';
import type { Problem, RecordMove } from './recordMove.ts';
import type { Space } from './space.ts';

/** A step of the whole. */
export interface Step {
  /** The state that it leads to, packed. */
  readonly to: number;
  /** The record whose step it is, or -1: the device's own. */
  readonly slot: number;
  readonly move: RecordMove | DeviceMove;
  readonly problem: Problem | undefined;
  /** The device and the records that it leads to, the records in their places. */
  readonly device: number;
  readonly records: readonly number[];
}

/** Bits of a packed state: one of 4,096 devices, and records that share the rest. */
const bits = { device: 12, all: 26 } as const;

/**
 * States of the whole as numbers. Records don't differ but by name, so a state is a device and its
 * records in rising order.
 */
export class Packing {
  readonly #records: number;
  readonly #width: number;

  constructor(records: number) {
    this.#records = records;
    this.#width = Math.floor((bits.all - bits.device) / records);
  }

  get size(): number {
    return 2 ** bits.all;
  }

  pack(device: number, records: readonly number[]): number {
    let packed = 0;
    for (const record of rising(records)) {
      if (record >= 1 << this.#width)
        throw new RangeError('more records than a state has room for');
      packed = (packed << this.#width) | record;
    }
    if (device >= 1 << bits.device) throw new RangeError('more devices than a state has room for');
    return (packed << bits.device) | device;
  }

  device(packed: number): number {
    return packed & ((1 << bits.device) - 1);
  }

  records(packed: number): number[] {
    const records: number[] = [];
    for (let i = 0; i < this.#records; i++) {
      const shift = bits.device + (this.#records - 1 - i) * this.#width;
      records.push((packed >> shift) & ((1 << this.#width) - 1));
    }
    return records;
  }
}

/** Sorted; most lists of two already are. */
function rising(records: readonly number[]): readonly number[] {
  for (let i = 1; i < records.length; i++) {
    if ((records[i - 1] as number) > (records[i] as number))
      return records.toSorted((a, b) => a - b);
  }
  return records;
}

/** Every step from a state. Made once: it is asked for hundreds of thousands of them. */
export class Steps {
  readonly #space: Space;
  readonly #packing: Packing;
  readonly #step: { -readonly [K in keyof Step]: Step[K] } & { records: number[] };
  #take: (step: Step) => void = () => {};

  constructor(space: Space, packing: Packing) {
    this.#space = space;
    this.#packing = packing;
    const move = undefined as unknown as RecordMove;
    this.#step = { to: 0, slot: -1, move, problem: undefined, device: 0, records: [] };
  }

  /** Gives the same object for every step, so nobody may keep it. */
  from(packed: number, take: (step: Step) => void): void {
    this.#take = take;
    const device = this.#packing.device(packed);
    const step = this.#step;
    step.records = this.#packing.records(packed);
    const view = this.#space.viewOf(device);
    for (let slot = 0; slot < step.records.length; slot++) {
      step.slot = slot;
      this.#ofRecord(device, view, slot);
    }
    step.slot = -1;
    step.problem = undefined;
    for (const { move, to, notices } of this.#space.deviceEdges(device)) {
      step.move = move;
      step.device = to;
      if (notices === 0) {
        step.to = packed - device + to;
        take(step);
      } else this.#tell(notices, 0, undefined);
    }
  }

  #ofRecord(device: number, view: number, slot: number): void {
    const step = this.#step;
    const record = step.records[slot] as number;
    for (const { move, to } of this.#space.recordEdges(record, view)) {
      if (move.scheduled === 'sends' && this.#space.isFull(view, step.records, slot)) continue;
      step.move = move;
      step.device = device;
      step.records[slot] = to;
      if (move.outcome === undefined) {
        this.#give(move.problem);
        continue;
      }
      const heard = this.#space.heard(device, move.outcome);
      step.device = heard.to;
      this.#tell(heard.notices, 0, move.problem);
    }
    step.records[slot] = record;
  }

  /** All that may become of the records when they are told. */
  #tell(notices: number, at: number, problem: Problem | undefined): void {
    const { records } = this.#step;
    if (notices === 0 || at === records.length) {
      this.#give(problem);
      return;
    }
    const record = records[at] as number;
    for (const told of this.#space.told(record, notices)) {
      records[at] = told.to;
      this.#tell(notices, at + 1, problem ?? told.problem);
    }
    records[at] = record;
  }

  #give(problem: Problem | undefined): void {
    const step = this.#step;
    step.to = this.#packing.pack(step.device, step.records);
    step.problem = problem;
    this.#take(step);
  }
}

/** Everything that was reached, in the order of its distance from the start. */
export interface Reached {
  readonly packing: Packing;
  readonly states: Numbers;
  /** The place in `states` of the one that a state was first reached from; -1: the start. */
  readonly parents: Numbers;
  readonly transitions: number;
  /** The place of a packed state in `states`, or -1. */
  readonly placeOf: (packed: number) => number;
}

/** Asked of each state and of each step; whoever answers true ends the exploration. */
export interface Visitor {
  readonly onState: (device: number, records: readonly number[], place: number) => boolean;
  readonly onStep: (
    step: Step,
    device: number,
    records: readonly number[],
    place: number,
  ) => boolean;
}

/** Breadth first, so that the way by the parents is a shortest one. */
export function explore(space: Space, visitor: Visitor): Reached {
  const packing = new Packing(space.bounds.records);
  // Places from 1 on: 0 is none, and memory that is never written costs nothing.
  const places = new Int32Array(packing.size);
  const states = new Numbers();
  const parents = new Numbers();
  let transitions = 0;
  let isOver = false;
  const add = (packed: number, parent: number) => {
    if (isOver) return;
    const place = states.push(packed);
    parents.push(parent);
    places[packed] = place + 1;
    isOver = visitor.onState(packing.device(packed), packing.records(packed), place);
  };
  const first = Array.from({ length: space.bounds.records }, () => space.firstRecord);
  add(packing.pack(space.firstDevice, first), -1);
  const steps = new Steps(space, packing);
  let place = 0;
  let device = 0;
  let records: readonly number[] = [];
  const take = (step: Step) => {
    if (isOver) return;
    transitions++;
    isOver = visitor.onStep(step, device, records, place);
    if (places[step.to] === 0) add(step.to, place);
  };
  for (; place < states.length && !isOver; place++) {
    const from = states.at(place);
    device = packing.device(from);
    records = packing.records(from);
    steps.from(from, take);
  }
  return { packing, states, parents, transitions, placeOf: (packed) => (places[packed] ?? 0) - 1 };
}
