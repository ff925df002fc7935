import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { Actor } from './actor.ts';
import type { Notice } from './notices.ts';
import type { Outcome, View } from './recordMove.ts';

/** A machine that all records share: the engine, the connection. One file each, one line in `parts`. */
export interface Part {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** What a life may begin with: a start is tried with each. */
  readonly inputs: readonly { readonly label: string; readonly input: unknown }[];
  /** Events that need more than their type. */
  readonly samples: readonly AnyEventObject[];
  /** Sent at the start of a life. */
  readonly begins: readonly AnyEventObject[];
  /** Sent when a person stops it. */
  readonly ends: readonly AnyEventObject[];
  /** What of a snapshot makes a difference; counters that only grow do not. */
  readonly keyOf: (snapshot: AnyMachineSnapshot) => string;
  /** What the world and the kit may do to it; its own delays are found by themselves. */
  readonly moves: (snapshot: AnyMachineSnapshot, device: Device) => readonly PartMove[];
  /** What it permits the records. All parts must agree to what is true or false. */
  readonly view: (snapshot: AnyMachineSnapshot) => Partial<View>;
  /** Whether it waits for somebody: a person, another tab, the DevTools. */
  readonly waitsForSomebody: (snapshot: AnyMachineSnapshot) => boolean;
  /** What it is told of the end of a request. */
  readonly hears: Partial<Record<Outcome, AnyEventObject>>;
  /** Gives such an event what it takes from the machine's own counters. */
  readonly completed?: (event: AnyEventObject, snapshot: AnyMachineSnapshot) => AnyEventObject;
  /** States that wait for a person among others, and what a person may do about them. */
  readonly parked?: Readonly<Record<string, readonly string[]>>;
  /** What all records are told when it has moved. */
  readonly tells: (before: AnyMachineSnapshot, after: AnyMachineSnapshot) => readonly Notice[];
  /** Whether the engine wakes its scheduler when it has moved (`Engine.wake`). */
  readonly wakes: (before: AnyMachineSnapshot, after: AnyMachineSnapshot) => boolean;
  /** An observer of its events alone, who knows without the machine when nothing may be sent. */
  readonly witness: Witness;
}

/** States are words: they stand in keys. */
export interface Witness {
  readonly starts: (input: unknown) => string;
  readonly next: (known: string, event: AnyEventObject) => string;
  /** Why nothing may be sealed or sent now, or null; `others`: requests of other records under way. */
  readonly forbids: (known: string, what: 'seals' | 'sends', others: number) => string | null;
}

export interface PartMove {
  readonly label: string;
  readonly actor: Actor;
  /** Whether it is a step towards rest. */
  readonly heals: boolean;
  /** Events, in order; `to` is a part's name. */
  readonly sends: readonly { readonly to: string; readonly event: AnyEventObject }[];
  readonly notices?: readonly Notice[];
  readonly lock?: Device['lock'];
  readonly wakes?: boolean;
  /** It leads no more: the machines of the line and the connection are stopped. */
  readonly retires?: boolean;
  /** It leads anew: the machines of the line and the connection begin anew with it. */
  readonly renews?: boolean;
  /** The page is opened anew. */
  readonly reopens?: boolean;
}

/** What all records share: the page, its lock, the machines. */
export interface Device {
  /** `fresh`: opened, not started. `ended`: stopped; it takes no writes until it is started again. */
  readonly page: 'fresh' | 'open' | 'ended';
  /** The lock of this name: nobody asked, ours (maybe in name only), or this tab waits for it. */
  readonly lock: 'none' | 'ours' | 'queued';
  /** By part; empty while the page is not open, the engine's alone in a tab that does not lead. */
  readonly snapshots: Readonly<Record<string, AnyMachineSnapshot>>;
  /** By part. */
  readonly known: Readonly<Record<string, string>>;
}
