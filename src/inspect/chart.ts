import dagre from '@dagrejs/dagre';
import type { AnyStateMachine } from 'xstate';
import { type Box, type Diagram, diagramsOf } from './diagram.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A state where it is drawn: `x`, `y` are its centre. */
export interface DrawnState extends Point {
  readonly box: Box;
  readonly width: number;
  readonly height: number;
}

export interface DrawnArrow {
  readonly key: string;
  readonly events: readonly string[];
  readonly points: readonly Point[];
  readonly label: Point;
}

/** A region of a machine, laid out. */
export interface Chart {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly states: readonly DrawnState[];
  readonly arrows: readonly DrawnArrow[];
}

const letter = { title: 8, event: 6.2 } as const;
const line = 14;

function laidOut({ title, boxes, arrows }: Diagram): Chart {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 26,
    edgesep: 14,
    ranksep: 22,
    marginx: 12,
    marginy: 12,
  });
  for (const { id, title: name } of boxes) {
    graph.setNode(id, { width: Math.max(86, name.length * letter.title + 28), height: 34 });
  }
  for (const { from, to, events } of arrows) {
    const width = Math.max(...events.map((event) => event.length)) * letter.event + 8;
    graph.setEdge(from, to, { width, height: events.length * line + 4, labelpos: 'c' });
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    ...{ title, width, height },
    states: boxes.map((box) => ({ box, ...(graph.node(box.id) as Omit<DrawnState, 'box'>) })),
    arrows: arrows.map(({ from, to, events }) => {
      const { points, x, y } = graph.edge(from, to) as Point & { points: readonly Point[] };
      return { key: `${from}>${to}`, events, points, label: { x, y } };
    }),
  };
}

const charts = new WeakMap<AnyStateMachine, readonly Chart[]>();

/** A machine as it is drawn, a chart for each of its regions; laid out once. */
export function chartsOf(machine: AnyStateMachine): readonly Chart[] {
  let known = charts.get(machine);
  if (!known) {
    known = diagramsOf(machine).map(laidOut);
    charts.set(machine, known);
  }
  return known;
}

/** A line through the points, its corners rounded. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const parts = rest.map((point, i) => {
    const next = rest[i + 1];
    if (!next) return `L${point.x.toFixed(1)},${point.y.toFixed(1)}`;
    const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x.toFixed(1)},${point.y.toFixed(1)} ${middle.x.toFixed(1)},${middle.y.toFixed(1)}`;
  });
  return `M${first.x.toFixed(1)},${first.y.toFixed(1)} ${parts.join(' ')}`;
}
