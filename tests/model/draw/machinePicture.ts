import type { AnyStateMachine } from 'xstate';
import { type Box, type Diagram, diagramsOf } from '../../../src/inspect/diagram.ts';
import { layout, type Point } from './layout.ts';
import { actorColours, arrow, box, picture, text, widthOf } from './svg.ts';

const line = 16;
const margin = 20;

/** Who uses a transition of a machine, as a class of the style. */
function colourOf(sent: ReadonlySet<string>, machine: string, from: string, event: string): string {
  const [name] = event.split(' [');
  if (name === 'at once') return 'kit';
  const cell = `${machine}: ${from} × ${name}`;
  const users = [...sent].filter(
    (text) => text.includes(` > ${cell} `) || text.endsWith(` > ${cell}`),
  );
  const found = actorColours.find(([actor]) =>
    users.some((text) => text.startsWith(`${actor} > `)),
  );
  return found?.[1] ?? 'ink';
}

function sizeOf({ title, notes }: Box) {
  const widths = [widthOf(title, 14), ...notes.map((note) => widthOf(note, 11))];
  return { width: Math.max(90, ...widths) + 20, height: 30 + notes.length * 14 };
}

function classOf({ tags, isFinal }: Box): string {
  if (isFinal) return 'final';
  if (tags.includes('attention')) return 'attention';
  return tags.includes('busy') ? 'busy' : 'box';
}

function drawnBox(item: Box, centre: Point): string[] {
  const { width, height } = sizeOf(item);
  const top = centre.y - height / 2;
  const first = item.isFirst ? [box(centre, width + 8, height + 8, 'open', 11)] : [];
  const notes = item.notes.map((note, i) =>
    text(note, { x: centre.x, y: top + 34 + i * 14 }, 'note'),
  );
  return [
    ...first,
    box(centre, width, height, classOf(item)),
    text(item.title, { x: centre.x, y: top + 20 }, 'title'),
    ...notes,
  ];
}

interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly parts: readonly string[];
}

function drawnDiagram(
  { title, boxes, arrows }: Diagram,
  colour: (from: string, event: string) => string,
  at: Point,
): Drawn {
  const labels = arrows.map(({ from, to, events }) => ({
    ...{ from, to, height: events.length * line + 2 },
    width: Math.max(...events.map((event) => widthOf(event, 12))) + 8,
  }));
  const sizes = boxes.map((item) => ({ id: item.id, ...sizeOf(item) }));
  const laid = layout(sizes, labels);
  const head = title ? 26 : 6;
  const moved = ({ x, y }: Point): Point => ({ x: x + at.x, y: y + at.y + head });
  const lines = laid.ways.map(({ points }) => arrow(points.map(moved)));
  const words = laid.ways.flatMap(({ label }, i) => {
    const { width = 0, height = 0 } = labels[i] ?? {};
    const centre = moved(label);
    const events = arrows[i]?.events ?? [];
    return [
      box(centre, width, height, 'under', 3),
      ...events.map((event, n) =>
        text(
          event,
          { x: centre.x, y: centre.y - height / 2 + 13 + n * line },
          `event ${colour(arrows[i]?.from ?? '', event)}`,
        ),
      ),
    ];
  });
  const drawn = boxes.flatMap((item) => drawnBox(item, moved(laid.boxes.get(item.id) ?? at)));
  const name = title ? [text(title, { x: at.x, y: at.y + 12 }, 'title', 'start')] : [];
  const width = Math.max(laid.width, widthOf(title, 14));
  return { width, height: laid.height + head, parts: [...name, ...lines, ...words, ...drawn] };
}

/** Its regions side by side; what colours mean stands below. */
export function machinePicture(
  name: string,
  machine: AnyStateMachine,
  sent: ReadonlySet<string>,
): string {
  const parts: string[] = [];
  const used = new Set<string>();
  const colour = (id: string, event: string) => {
    // `engine.role.leading` is `role.leading` of the engine.
    const from = id.slice(machine.id.length + 1);
    const found = colourOf(sent, name, from, event);
    used.add(found);
    return found;
  };
  let [x, height] = [margin, 0];
  for (const diagram of diagramsOf(machine)) {
    const drawn = drawnDiagram(diagram, colour, { x, y: margin });
    parts.push(...drawn.parts);
    x += drawn.width + 2 * margin;
    height = Math.max(height, drawn.height);
  }
  const width = Math.max(x - margin, 420);
  const below = legend(used, { x: margin, y: height + 2 * margin + 12 });
  return picture(`The states of the ${name} machine`, width, height + 2 * margin + 44, [
    ...parts,
    ...below,
  ]);
}

const colourWords: Readonly<Record<string, string>> = {
  person: 'a person',
  server: 'the server',
  tab: 'another tab, DevTools',
  net: 'network, platform',
  time: 'time',
  kit: 'the kit, the disk',
  ink: 'nobody, see below',
};

/** What the colours stand for. */
function legend(used: ReadonlySet<string>, { x, y }: Point): string[] {
  const spans = Object.entries(colourWords)
    .filter(([colour]) => used.has(colour))
    .map(([colour, words]) => `<tspan class="${colour}">${words}</tspan>`);
  const joined = spans.join('<tspan class="note"> · </tspan>');
  const boxes =
    'dashed ring: the first state · blue: busy · orange: needs attention · green: final';
  return [
    `<text class="note" x="${x}" y="${y}">sent by: ${joined}</text>`,
    text(boxes, { x, y: y + 16 }, 'note', 'start'),
  ];
}
