import { type DeviceMove, Devices, forbidden, keyOfDevice, newDevice, viewOf } from './device.ts';
import { Interned } from './interned.ts';
import { eventName, type RecordLaw } from './law.ts';
import { type Notice, type Noticed, noticed } from './notices.ts';
import type { Device, Part } from './part.ts';
import { cleanRecord, type RecordModel } from './recordModel.ts';
import type { MoveOptions, Outcome, RecordMove, Scheduler, View } from './recordMove.ts';
import { recordMoves } from './recordMoves.ts';

/** Everything that the check is of: the machines that ship, or with one that is wrong. */
export interface Composition {
  readonly parts: readonly Part[];
  readonly law: RecordLaw;
  readonly scheduler: Scheduler;
}

export interface Bounds {
  readonly records: number;
  /** Operations of a record at once, durable or not. */
  readonly operations: number;
  /** Acts in the tail of a record at once that are no writes; 0: they are durable in one step. */
  readonly acts: number;
  /** Whether a person may clear the store, which leaves requests that nobody waits for. */
  readonly clears: boolean;
  /** Whether the line to the server may close; false: it is always open. */
  readonly closes: boolean;
}

/** A step of a record, and the number of what comes of it. */
export interface RecordEdge {
  readonly move: RecordMove;
  readonly to: number;
}

/** A step of the device; `notices`: the number of what the records are told, 0: nothing. */
export interface DeviceEdge {
  readonly move: DeviceMove;
  readonly to: number;
  readonly notices: number;
}

export type Told = Omit<Noticed, 'next'> & { readonly to: number };

/**
 * All devices, records and views by number. What may happen to a device is worked out once for each;
 * what may happen to a record, once for each view that the device gives of itself.
 */
export class Space {
  readonly bounds: Bounds;
  readonly devices = new Interned<Device>();
  readonly records = new Interned<RecordModel>();
  readonly views = new Interned<View>();
  /** Cells that were used, by machine. */
  readonly used = new Map<string, Set<string>>();
  /** Who used which cell of which machine: `person > engine: role.stopped × started → …`. */
  readonly sent = new Set<string>();
  /** What the machines let the records know: `connection > reached`. */
  readonly notices = new Set<string>();
  readonly #parts: readonly Part[];
  readonly #scheduler: Scheduler;
  readonly #stepper: Devices;
  readonly #options: MoveOptions;
  readonly #deviceEdges: DeviceEdge[][] = [];
  readonly #recordEdges: RecordEdge[][] = [];
  readonly #heard = new Map<string, DeviceEdge>();
  readonly #notices = new Interned<readonly Notice[]>();
  /** By notices, then by record. */
  readonly #told: Told[][][] = [];
  readonly #views: number[] = [];
  readonly #forbidden = new Map<string, string | null>();

  constructor({ parts: all, law, scheduler }: Composition, bounds: Bounds) {
    this.bounds = bounds;
    const parts = all.filter(({ name }) => bounds.closes || name !== 'line');
    this.#parts = parts;
    this.#scheduler = scheduler;
    this.#notices.add('', []);
    const { operations, acts, clears, closes } = bounds;
    this.#stepper = new Devices(parts, clears, (part, cell) => this.#use(part, cell));
    this.#options = {
      ...{ law, scheduler, operations, acts, closes },
      onMove: (from, event, actor) => {
        this.#use('record', `${from} × ${eventName(event)}`);
        this.sent.add(`${actor} > record: ${from} × ${eventName(event)}`);
      },
    };
  }

  get firstDevice(): number {
    return this.#device(newDevice);
  }

  get firstRecord(): number {
    return this.#record(cleanRecord);
  }

  viewOf(device: number): number {
    let known = this.#views[device];
    if (known === undefined) {
      const view = viewOf(this.devices.get(device), this.#parts);
      known = this.views.add(JSON.stringify(view), view);
      this.#views[device] = known;
    }
    return known;
  }

  /** Why nothing may be sealed or sent on this device, or null. */
  forbidden(device: number, what: 'seals' | 'sends', others: number): string | null {
    const key = `${device}|${what}|${others}`;
    let known = this.#forbidden.get(key);
    if (known === undefined) {
      known = forbidden(this.devices.get(device), this.#parts, what, others);
      this.#forbidden.set(key, known);
    }
    return known;
  }

  /** Requests of the others: what has left and whose answer is not known (`Pusher.#room`). */
  others(records: readonly number[], slot: number): number {
    let open = 0;
    for (const [at, record] of records.entries()) {
      if (at === slot) continue;
      for (const { phase } of this.records.get(record).requests) if (phase !== 'failed') open++;
    }
    return open;
  }

  /** Whether one more would be too many. */
  isFull(view: number, records: readonly number[], slot: number): boolean {
    const most = this.#scheduler.mostAtOnce(this.views.get(view));
    return most !== null && this.others(records, slot) >= most;
  }

  /** Whether a device comes to lead by itself. */
  needsSomebody(device: number): boolean {
    const { page, snapshots } = this.devices.get(device);
    return (
      page !== 'open' ||
      this.#parts.some((part) => {
        const snapshot = snapshots[part.name];
        return snapshot !== undefined && part.waitsForSomebody(snapshot);
      })
    );
  }

  deviceEdges(device: number): readonly DeviceEdge[] {
    let edges = this.#deviceEdges[device];
    if (!edges) {
      edges = this.#stepper.moves(this.devices.get(device)).map((move) => this.#edge(move));
      this.#deviceEdges[device] = edges;
    }
    return edges;
  }

  recordEdges(record: number, view: number): readonly RecordEdge[] {
    const at = record * 64 + view;
    let edges = this.#recordEdges[at];
    if (!edges) {
      const moves = recordMoves(this.records.get(record), this.views.get(view), this.#options);
      edges = moves.map((move) => ({ move, to: this.#record(move.next) }));
      this.#recordEdges[at] = edges;
    }
    return edges;
  }

  /** The steps of a record under a view, if that was ever met. */
  knownEdges(record: number, view: number): readonly RecordEdge[] {
    return this.#recordEdges[record * 64 + view] ?? [];
  }

  /** What the device makes of the end of a request. */
  heard(device: number, outcome: Outcome): DeviceEdge {
    const key = `${device}|${outcome}`;
    let edge = this.#heard.get(key);
    if (!edge) {
      edge = this.#edge(this.#stepper.heard(this.devices.get(device), outcome));
      this.#heard.set(key, edge);
    }
    return edge;
  }

  /** What may become of a record that is told these notices, one after the other. */
  told(record: number, notices: number): readonly Told[] {
    this.#told[notices] ??= [];
    const known = this.#told[notices];
    let told = known[record];
    if (!told) {
      let after: Noticed[] = [{ next: this.records.get(record) }];
      for (const notice of this.#notices.get(notices)) {
        after = after.flatMap(({ next, problem }) =>
          noticed(next, notice, this.#options).map((one) => (problem ? { ...one, problem } : one)),
        );
      }
      told = after.map(({ next, ...more }) => ({ ...more, to: this.#record(next) }));
      known[record] = told;
    }
    return told;
  }

  #edge(move: DeviceMove): DeviceEdge {
    for (const event of move.sent) this.sent.add(`${move.actor} > ${event}`);
    const [machine] = move.sent[0]?.split(':') ?? [];
    if (machine) for (const notice of move.notices) this.notices.add(`${machine} > ${notice}`);
    const notices = this.#notices.add(move.notices.join(), move.notices);
    return { move, to: this.#device(move.next), notices };
  }

  #device(device: Device): number {
    return this.devices.add(keyOfDevice(device, this.#parts), device);
  }

  #record(record: RecordModel): number {
    return this.records.add(JSON.stringify(record), record);
  }

  #use(machine: string, cell: string): void {
    const used = this.used.get(machine) ?? new Set();
    this.used.set(machine, used.add(cell));
  }
}
