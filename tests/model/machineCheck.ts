import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type AdjacencyMap, getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import { readableEvent } from '../../src/inspect/diagram.ts';
import { allCells, statesOf } from './cells.ts';

/** A machine by itself, whatever is around it. */
export interface Subject {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly inputs: readonly unknown[];
  /** One of each type and guard class. */
  readonly events: readonly AnyEventObject[];
  readonly keyOf: (snapshot: AnyMachineSnapshot) => string;
  /** Where a final state leads, since a new life begins: the record's next edit. */
  readonly reborn?: { readonly from: string; readonly to: string };
  /** States that wait for a person, and what each thing is that a person may do about them. */
  readonly parked: Readonly<Record<string, readonly string[]>>;
}

export const machineProperties = {
  reached: 'each state can be reached, or it is said why not',
  exit: 'each state that is not final can be left',
  noTrap: 'each state can be reached from each other one',
  person: 'what waits for a person is ended by each thing that a person may do',
} as const;

export type MachinePropertyId = keyof typeof machineProperties;

export interface MachineViolation {
  readonly property: MachinePropertyId;
  readonly why: string;
  /** The shortest way to where it shows. */
  readonly path: readonly string[];
}

export interface MachineChecked {
  readonly name: string;
  /** As declared; a transition of a compound state counts for each of its states. */
  readonly states: number;
  readonly transitions: number;
  readonly events: number;
  /** What it can come to: the states of all regions, with what of the context matters. */
  readonly situations: number;
  readonly counts: Readonly<Record<MachinePropertyId, number>>;
  readonly violations: readonly MachineViolation[];
}

type Graph = AdjacencyMap<AnyMachineSnapshot, AnyEventObject>;
type Edge = { readonly state: AnyMachineSnapshot };

/** Everything that a machine can come to by its own events, from each of its beginnings. */
function graphOf({ machine, inputs, events, keyOf }: Subject): Graph {
  const options = { events, serializeState: keyOf } as const;
  const graphs = inputs.map((input) => getAdjacencyMap(machine, { ...options, input } as never));
  return Object.assign({}, ...graphs) as Graph;
}

/** Everything that a machine can be in. */
export function situationsOf(subject: Subject): readonly AnyMachineSnapshot[] {
  return Object.entries(graphOf(subject)).map(([, { state }]) => state);
}

function wayTo(subject: Subject, key: string): readonly string[] {
  const { machine, inputs, events, keyOf } = subject;
  const paths = inputs.flatMap((input) =>
    getShortestPaths(machine, {
      ...{ events, serializeState: keyOf, input },
      toState: (snapshot: AnyMachineSnapshot) => keyOf(snapshot) === key,
    } as never),
  );
  const [path] = paths.toSorted((a, b) => a.weight - b.weight);
  return (path?.steps ?? []).map(
    ({ event, state }) => `${readableEvent(event.type)}  [${keyOf(state as AnyMachineSnapshot)}]`,
  );
}

/** @param unreached states that are known not to be reached */
export function checkMachine(subject: Subject, unreached: readonly string[]): MachineChecked {
  const { name, machine, keyOf, parked } = subject;
  const graph = graphOf(subject);
  const violations: MachineViolation[] = [];
  const counts = { reached: 0, exit: 0, noTrap: 0, person: 0 };
  const fail = (property: MachinePropertyId, why: string, key: string) =>
    violations.push({ property, why, path: wayTo(subject, key) });

  const seen = new Set(Object.values(graph).flatMap(({ state }) => pathsOf(state)));
  const declared = statesOf(machine);
  counts.reached = declared.length;
  for (const state of declared) {
    if (seen.has(state) !== unreached.includes(state)) continue;
    fail('reached', seen.has(state) ? `${state} is met after all` : `${state} is never met`, '');
  }
  const next = nextOf(subject, graph);
  for (const [key, targets] of next) {
    counts.exit++;
    if (targets.size === 0) fail('exit', `${key} can not be left`, key);
    counts.noTrap += next.size - 1;
    const met = reachable(key, next);
    const missed = [...next.keys()].find((to) => !met.has(to));
    if (missed !== undefined) fail('noTrap', `from ${key} no way leads to ${missed}`, key);
  }
  for (const [key, decisions] of Object.entries(parked)) {
    const ways = Object.values(graph[key as keyof Graph]?.transitions ?? {});
    for (const decision of decisions) {
      counts.person++;
      if (!ways.some(({ event, state }) => event.type === decision && keyOf(state) !== key))
        fail('person', `${decision} does not end ${key}`, key);
    }
  }
  return {
    ...{ name, states: declared.length, situations: next.size },
    ...{ transitions: allCells(machine).length, events: machine.events.length },
    ...{ counts, violations },
  };
}

/** Where the events of each state lead that lead anywhere else. */
function nextOf({ keyOf, reborn }: Subject, graph: Graph): Map<string, Set<string>> {
  const next = new Map<string, Set<string>>();
  for (const [key, { transitions }] of Object.entries(graph)) {
    const targets = new Set(Object.values<Edge>(transitions).map(({ state }) => keyOf(state)));
    targets.delete(key);
    if (reborn?.from === key) targets.add(reborn.to);
    next.set(key, targets);
  }
  return next;
}

function reachable(from: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const met = new Set([from]);
  for (const key of met) for (const to of next.get(key) ?? []) met.add(to);
  return met;
}

export function pathsOf(snapshot: AnyMachineSnapshot): string[] {
  return (snapshot._nodes as readonly { path: readonly string[] }[]).map(({ path }) =>
    path.join('.'),
  );
}
