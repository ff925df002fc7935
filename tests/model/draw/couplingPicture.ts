import type { AnyMachineSnapshot } from 'xstate';
import { statesByRegion } from '../cells.ts';
import { pathsOf, type Subject, situationsOf } from '../machineCheck.ts';
import type { Part } from '../part.ts';
import type { Bounds } from '../space.ts';
import { partSubject } from '../subjects.ts';
import { layout, type Point } from './layout.ts';
import { actorColours, arrow, box, picture, text, widthOf } from './svg.ts';

/** What was seen while everything was explored. */
export interface Seen {
  readonly bounds: Bounds;
  readonly sent: ReadonlySet<string>;
  readonly notices: ReadonlySet<string>;
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly lines: readonly string[];
  readonly colour: string;
  /** From the records back to a machine. */
  readonly isBack?: boolean;
}

const actorWords: Readonly<Record<string, string>> = {
  person: 'a person',
  server: 'the server',
  network: 'the network',
  platform: 'the platform',
  otherTab: 'another tab',
  devTools: 'DevTools',
  kit: 'the kit',
  disk: 'the disk',
  time: 'time',
  power: 'power',
};

/** `disk > engine: role.hydrating × hydrated → …` is an arrow from the disk to the engine. */
function linksOf(sent: ReadonlySet<string>): Link[] {
  const links = new Map<string, { from: string; to: string; lines: Set<string> }>();
  for (const words of sent) {
    const [, from = '', to = '', event = ''] =
      /^(\w+) > (\w+): .* × (.*?)( →.*| \(.*)?$/.exec(words) ?? [];
    const link = links.get(`${from}|${to}`) ?? { from, to, lines: new Set() };
    link.lines.add(event);
    links.set(`${from}|${to}`, link);
  }
  // What a person decided goes through the disk as well where it waits in the tail.
  for (const line of links.get('person|record')?.lines ?? [])
    links.get('disk|record')?.lines.delete(line);
  const colours = new Map<string, string>(actorColours);
  return [...links.values()]
    .map((link) => ({
      ...link,
      lines: [...link.lines].sort(),
      colour: colours.get(link.from) ?? 'ink',
    }))
    .sort((a, b) => (`${a.from}${a.to}` < `${b.from}${b.to}` ? -1 : 1));
}

/** Where a machine permits something, in its own words; null where it always does. */
function where(
  subject: Subject,
  isPermitted: (snapshot: AnyMachineSnapshot) => boolean,
): string | null {
  const all = situationsOf(subject);
  const some = all.filter(isPermitted);
  if (some.length === all.length) return null;
  const within = (snapshots: readonly AnyMachineSnapshot[]) => new Set(snapshots.flatMap(pathsOf));
  const [here, anywhere] = [within(some), within(all)];
  const words = statesByRegion(subject.machine).flatMap((region) => {
    const met = region.filter((path) => anywhere.has(path));
    const permitting = met.filter((path) => here.has(path));
    if (permitting.length === met.length) return [];
    const others = met.filter((path) => !here.has(path));
    const isShorter = others.length < permitting.length;
    const names = (isShorter ? others : permitting).map((path) => path.split('.').at(-1));
    return [`${isShorter ? 'not ' : ''}${names.join(' or ')}`];
  });
  return words.join(', ');
}

/** What a machine permits the records and lets them know, and what they let it know. */
function linksOfPart(part: Part, notices: ReadonlySet<string>): Link[] {
  const subject = partSubject(part);
  const permitted = (['accepts', 'folds', 'works'] as const).flatMap((what) => {
    const place = where(subject, (snapshot) => part.view(snapshot)[what] ?? true);
    const words = { accepts: 'takes writes', folds: 'writes rows', works: 'seals and sends' }[what];
    return place === null ? [] : [`${words}: ${place}`];
  });
  const told = [...notices]
    .filter((words) => words.startsWith(`${part.name} > `))
    .map((words) => words.split(' > ')[1]);
  const tells = told.length > 0 ? [`tells them: ${told.sort().join(', ')}`] : [];
  const heard = Object.entries(part.hears).map(([outcome, event]) => `${outcome}: ${event?.type}`);
  const [name, colour] = [part.name, 'kit'];
  const links = [{ from: name, to: 'record', lines: [...permitted, ...tells], colour }];
  return heard.length > 0
    ? [...links, { from: 'record', to: name, lines: heard, colour, isBack: true }]
    : links;
}

const [margin, line] = [20, 15];
const swapped = ({ x, y }: Point): Point => ({ x: y, y: x });

/** Who sends what to which machine, and what the machines are to each other, as it was explored. */
export function couplingPicture(parts: readonly Part[], { bounds, sent, notices }: Seen): string {
  const links = [...linksOf(sent), ...parts.flatMap((part) => linksOfPart(part, notices))];
  const machines = [...parts.map(({ name }) => name), 'record'];
  const actors = [...new Set(links.map(({ from }) => from))].filter((id) => !machines.includes(id));
  const title = (id: string) =>
    id === 'record' ? `record × ${bounds.records}` : (actorWords[id] ?? id);
  const sizes = [...actors, ...machines].map((id) => {
    const isMachine = machines.includes(id);
    return { id, width: widthOf(title(id), 14) + 24, height: isMachine ? 46 : 30 };
  });
  const labels = links.map(({ from, to, lines, isBack = false }) => ({
    ...{ from, to, isBack, width: lines.length * line + 4 },
    height: Math.max(...lines.map((words) => widthOf(words, 12))) + 8,
  }));
  // Laid out from top to bottom and turned on its side: labels are wide, and there are many.
  const turned = sizes.map(({ id, width, height }) => ({ id, width: height, height: width }));
  const laid = layout(turned, labels);
  const moved = (point: Point): Point => {
    const { x, y } = swapped(point);
    return { x: x + margin, y: y + margin };
  };
  const lines = laid.ways.map(({ points }) => arrow(points.map(moved), 'across'));
  const words = laid.ways.flatMap(({ label }, i) => {
    const { width = 0, height = 0 } = labels[i] ?? {};
    const centre = moved(label);
    const { lines: events = [], colour = 'ink' } = links[i] ?? {};
    return [
      box(centre, height, width, 'under', 3),
      ...events.map((event, n) =>
        text(event, { x: centre.x, y: centre.y - width / 2 + 12 + n * line }, `event ${colour}`),
      ),
    ];
  });
  const drawn = sizes.flatMap(({ id, width, height }) => {
    const centre = moved(laid.boxes.get(id) ?? { x: 0, y: 0 });
    const className = machines.includes(id) ? 'busy' : 'box';
    return [
      box(centre, width, height, className),
      text(title(id), { x: centre.x, y: centre.y + 5 }, 'title'),
    ];
  });
  const size = { width: laid.height + 2 * margin, height: laid.width + 2 * margin };
  const name = 'Who sends what to which machine, and what the machines permit each other';
  return picture(name, size.width, size.height, [...lines, ...words, ...drawn]);
}
