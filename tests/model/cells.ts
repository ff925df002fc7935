import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import { readableEvent } from '../../src/inspect/diagram.ts';

/**
 * The cells of a machine: a state, an event, and where it leads (a guard may choose). Read from the
 * machine's own graph; a transition of a compound state is a cell of each of its states.
 */
interface Definition {
  readonly eventType: string;
  readonly source: Node;
  readonly target?: readonly Node[] | undefined;
}

interface Node {
  readonly id: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly states: Readonly<Record<string, Node>>;
}

function isLeaf(node: Node): boolean {
  return Object.keys(node.states).length === 0;
}

function leavesOf(node: Node): Node[] {
  return isLeaf(node) ? [node] : Object.values(node.states).flatMap(leavesOf);
}

function cell(leaf: Node, { eventType, target }: Definition): string {
  const to = target?.map((node) => node.path.join('.')).join(', ') ?? 'stays';
  return `${leaf.path.join('.')} × ${readableEvent(eventType)} → ${to}`;
}

/** The states of a machine that have none within. */
export function statesOf(machine: AnyStateMachine): string[] {
  return leavesOf(machine.root as unknown as Node).map(({ path }) => path.join('.'));
}

/** The same, by region. */
export function statesByRegion(machine: AnyStateMachine): string[][] {
  const { root } = machine;
  const regions = root.type === 'parallel' ? Object.values(root.states) : [root];
  return regions.map((region) => leavesOf(region as Node).map(({ path }) => path.join('.')));
}

/** Every cell that the machine has. */
export function allCells(machine: AnyStateMachine): string[] {
  const nodes = (graph: DirectedGraphNode): DirectedGraphNode[] => [
    graph,
    ...graph.children.flatMap(nodes),
  ];
  return nodes(toDirectedGraph(machine)).flatMap(({ stateNode, edges }) => {
    const atOnce = stateNode.always ?? [];
    const definitions = [...atOnce, ...edges.map(({ transition }) => transition)];
    return (definitions as unknown as Definition[]).flatMap((definition) =>
      leavesOf(stateNode as unknown as Node).map((leaf) => cell(leaf, definition)),
    );
  });
}

/** The cells that an event uses where the machine is. */
export function cellsOf(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
): string[] {
  const taken = machine.getTransitionData(snapshot, event) as unknown as readonly Definition[];
  const nodes = snapshot._nodes as unknown as readonly Node[];
  return taken.flatMap((definition) =>
    nodes
      .filter((node) => isLeaf(node) && leavesOf(definition.source).includes(node))
      .map((leaf) => cell(leaf, definition)),
  );
}

/** The transitions without an event that led to a first state. */
export function startCells(machine: AnyStateMachine, first: AnyMachineSnapshot): string[] {
  const targets = (first._nodes as unknown as readonly Node[]).map((node) => node.path.join('.'));
  return allCells(machine).filter(
    (text) => text.includes(' × at once → ') && targets.includes(text.split(' → ')[1] ?? ''),
  );
}
