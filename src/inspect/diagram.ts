import type { AnyStateMachine } from 'xstate';
import { type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';

/** A state as it is drawn. */
export interface Box {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly isFirst: boolean;
  readonly isFinal: boolean;
  /** Small lines below the title: what leaves it where it is, what leads here from everywhere. */
  readonly notes: readonly string[];
}

/** All transitions from one state to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
}

/** One region of a machine. */
export interface Diagram {
  readonly title: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

/** `xstate.after.retryIn.connection.waiting` is `after retryIn`; no event at all is `at once`. */
export function readableEvent(type: string): string {
  if (type === '') return 'at once';
  return type.startsWith('xstate.after.') ? `after ${type.split('.')[2]}` : type;
}

/** As many states that one event leads to the same place from are said in words, not drawn. */
const manySources = 4;

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

/** What to draw of a machine: one diagram for each region, from the machine's own graph. */
export function diagramsOf(machine: AnyStateMachine): readonly Diagram[] {
  const graph = toDirectedGraph(machine);
  if (graph.stateNode.type !== 'parallel') return [diagramOf(graph, '')];
  return graph.children.map((region) => diagramOf(region, region.stateNode.key));
}

function edgesOf({ stateNode, edges }: DirectedGraphNode): Edge[] {
  const atOnce = (stateNode.always ?? []).flatMap((transition) =>
    (transition.target ?? []).map((target) => ({ target, transition })),
  );
  return [...atOnce, ...edges].map(({ target, transition }) => {
    const { guard } = transition as { guard?: unknown };
    const event = readableEvent(transition.eventType);
    return {
      from: stateNode.id,
      to: target.id,
      event: typeof guard === 'string' ? `${event} [${words(guard)}]` : event,
    };
  });
}

/** `nothingLeft` is `nothing left`. */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function diagramOf(region: DirectedGraphNode, title: string): Diagram {
  const edges = region.children.flatMap(edgesOf);
  const names = region.children.map(({ stateNode }) => stateNode);
  const outer = edgesOf(region).map(({ to, event }) => ({
    to,
    event,
    from: names.map(({ id }) => id),
  }));
  const common = [...outer, ...commonOf(edges)];
  const isCommon = (edge: Edge) =>
    common.some(({ to, event }) => edge.to === to && edge.event === event);
  /** `purged: from every state` */
  const arriving = (box: string) =>
    common
      .filter(({ to }) => to === box)
      .flatMap(({ event, from }) => {
        const others = names.filter(({ id, type }) => id !== box && type !== 'final');
        const some = others.filter(({ id }) => from.includes(id));
        const who = some.length === others.length ? ['every state'] : some.map(({ key }) => key);
        return broken(`${event}: from ${who.join(', ')}`);
      });
  const initial = region.stateNode.initial.target.map(({ id }) => id);
  const boxes = region.children.map(({ stateNode: { id, key, tags, type } }): Box => {
    const stays = edges.filter(({ from, to }) => from === id && to === id);
    const notes = [
      ...(stays.length > 0 ? [`stays at ${stays.map(({ event }) => event).join(', ')}`] : []),
      ...arriving(id),
    ];
    const isFirst = initial.includes(id);
    return { id, title: key, tags: [...tags], isFirst, isFinal: type === 'final', notes };
  });
  const drawn = edges.filter((edge) => edge.from !== edge.to && !isCommon(edge));
  return { title, boxes, arrows: merged(drawn) };
}

/** Events that lead to one place from many. */
function commonOf(edges: readonly Edge[]): { to: string; event: string; from: string[] }[] {
  const ways = new Map<string, { to: string; event: string; from: Set<string> }>();
  for (const { from, to, event } of edges) {
    const way = ways.get(`${to}|${event}`) ?? { to, event, from: new Set() };
    way.from.add(from);
    ways.set(`${to}|${event}`, way);
  }
  return [...ways.values()]
    .filter(({ from }) => from.size >= manySources)
    .map((way) => ({ ...way, from: [...way.from] }));
}

/** In lines of at most 40 characters. */
function broken(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= 40) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

function merged(edges: readonly Edge[]): Arrow[] {
  const arrows = new Map<string, { from: string; to: string; events: string[] }>();
  for (const { from, to, event } of edges) {
    const arrow = arrows.get(`${from}|${to}`) ?? { from, to, events: [] };
    arrow.events.push(event);
    arrows.set(`${from}|${to}`, arrow);
  }
  return [...arrows.values()];
}
