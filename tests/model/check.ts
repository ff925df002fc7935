import type { Actor } from './actor.ts';
import { askedOf } from './asked.ts';
import type { DeviceMove } from './device.ts';
import { explore, type Step, type Visitor } from './explore.ts';
import { Liveness } from './liveness.ts';
import { pathTo } from './path.ts';
import { type PropertyId, properties, type Trouble } from './properties.ts';
import type { RecordMove } from './recordMove.ts';
import { type Bounds, type Composition, Space } from './space.ts';

/** A broken promise, with the shortest way to it. */
export interface Violation {
  readonly property: PropertyId;
  readonly why: string;
  readonly path: readonly string[];
}

export interface Checked {
  readonly bounds: Bounds;
  readonly states: number;
  readonly transitions: number;
  readonly devices: number;
  readonly records: number;
  /** How many states or steps each property was asked of. */
  readonly counts: Readonly<Record<PropertyId, number>>;
  readonly violation: Violation | null;
  /** Cells that were used, by machine. */
  readonly used: ReadonlyMap<string, ReadonlySet<string>>;
  /** Who used which cell of which machine: `person > engine: role.stopped × started → …`. */
  readonly sent: ReadonlySet<string>;
  /** What the machines let the records know: `connection > reached`. */
  readonly notices: ReadonlySet<string>;
}

/** A promise that is broken in a state, or by the step that leads on from it. */
interface Broken {
  readonly property: PropertyId;
  readonly why: string;
  readonly place: number;
  readonly step: Step | null;
}

/** Asked of each record of each state. */
const askedOfStates = ['kept', 'single', 'truthful', 'goesOn'] as const;

/** Who is needed for rest where nobody is waited for. A hint of the platform's may never come. */
const isAlone: Readonly<Record<Actor, boolean>> = {
  ...{ kit: true, disk: true, server: true, network: true, time: true },
  ...{ person: false, platform: false, otherTab: false, devTools: false, power: false },
};

/** Explores everything within the bounds, until a promise is broken. */
export function check(composition: Composition, bounds: Bounds): Checked {
  const space = new Space(composition, bounds);
  const asked = askedOf(space);
  const counts = Object.fromEntries(Object.keys(properties).map((id) => [id, 0]));
  const count = counts as Record<PropertyId, number>;
  const liveness = new Liveness();
  const found: Broken[] = [];

  const onState: Visitor['onState'] = (device, records, place) => {
    const view = space.viewOf(device);
    for (const record of records) {
      for (const property of askedOfStates) count[property]++;
      const trouble = asked.trouble(record) ?? asked.standstill(record, view);
      if (trouble) return found.push({ ...trouble, place, step: null }) > 0;
    }
    return false;
  };

  const onStep: Visitor['onStep'] = (step, device, records, place) => {
    const { move, slot, problem } = step;
    const trouble =
      problem ??
      (slot < 0
        ? ofDevice(move as DeviceMove, step, device, records)
        : ofRecord(move as RecordMove, device, records, slot));
    if (trouble) {
      const copy = { ...step, records: [...step.records] };
      return found.push({ ...trouble, place, step: copy }) > 0;
    }
    if (move.heals) liveness.add(place, step.to, isAlone[move.actor]);
    return false;
  };

  const ofDevice = (
    { notices, wakes }: DeviceMove,
    step: Step,
    device: number,
    records: readonly number[],
  ): Trouble | null => {
    if (notices.length > 0) count.legal++;
    if (wakes) return null;
    count.woken++;
    return asked.works(step.device) ? asked.unwoken(step, device, records) : null;
  };

  const ofRecord = (
    { row, scheduled }: RecordMove,
    device: number,
    records: readonly number[],
    slot: number,
  ): Trouble | null => {
    if (row) count.legal++;
    if (!scheduled) return null;
    if (scheduled !== 'sends') count.sealed++;
    if (scheduled === 'sealsLate') return null;
    count.held++;
    const why = space.forbidden(device, scheduled, space.others(records, slot));
    return why === null ? null : { property: 'held', why };
  };

  const reached = explore(space, { onState, onStep });
  if (found.length === 0) {
    const { rests, alone: unaided } = liveness.check(
      reached,
      (packed) => reached.packing.records(packed).every(asked.isResting),
      (packed) =>
        !asked.needsSomebody(reached.packing.device(packed)) &&
        reached.packing.records(packed).every(asked.needsNobody),
    );
    count.rests = rests.asked;
    count.alone = unaided.asked;
    const why = 'no way leads to rest from here';
    for (const [property, { trapped: place }] of [
      ['rests', rests],
      ['alone', unaided],
    ] as const)
      if (place !== null) found.push({ property, why, place, step: null });
  }
  const [broken] = found;
  return {
    ...{ bounds, states: reached.states.length, transitions: reached.transitions },
    ...{ devices: space.devices.size, records: space.records.size, counts: count },
    violation: broken
      ? {
          property: broken.property,
          why: broken.why,
          path: pathTo(space, reached, broken.place, broken.step),
        }
      : null,
    ...{ used: space.used, sent: space.sent, notices: space.notices },
  };
}
