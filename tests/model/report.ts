import type { Everything } from './everything.ts';
import { machineProperties } from './machineCheck.ts';
import { type PropertyId, properties } from './properties.ts';
import type { Bounds } from './space.ts';
import { unreachedCells, unreachedStates } from './unreached.ts';
import type { Found, Wrong } from './wrong.ts';

/** A table: the first row is its head. */
export type Table = readonly (readonly (string | number)[])[];

const figure = (value: number) => value.toLocaleString('en');

export function machineTable({ machines, coverage }: Everything): Table {
  const head = [
    'machine',
    'states',
    'transitions',
    'events',
    'situations',
    'cells',
    'used',
    'not used, with reason',
  ];
  const rows = machines.map(({ name, states, transitions, events, situations }) => {
    const found = coverage.find(({ machine }) => machine === name);
    const cells = [found?.cells ?? 0, found?.used ?? 0, found?.excused ?? 0];
    return [name, states, transitions, events, situations, ...cells];
  });
  return [head, ...rows];
}

export function machinePropertyTable({ machines }: Everything): Table {
  const rows = Object.entries(machineProperties).map(([id, words]) => {
    const asked = machines.map(({ counts }) => counts[id as keyof typeof counts]);
    return [id, words, ...asked.map(figure)];
  });
  return [['property', 'of each machine by itself', ...machines.map(({ name }) => name)], ...rows];
}

function boundsWords({ records, operations, acts, clears, closes }: Bounds): string {
  const decisions = acts > 0 ? `${acts} decision in the tail` : 'decisions durable at once';
  const one = records === 1 ? 'one record' : `${records} records`;
  return `${one}, ${operations} operations each at once, ${decisions}, ${clears ? 'with' : 'without'} clear, ${closes ? 'a line that closes' : 'the line open'}`;
}

export function explorationTable({ explorations }: Everything): Table {
  const rows = explorations.map(({ bounds, devices, records, states, transitions }) => [
    boundsWords(bounds),
    ...[devices, records, states, transitions].map(figure),
  ]);
  return [['bounds', 'devices', 'situations of a record', 'states', 'transitions'], ...rows];
}

export function propertyTable({ explorations }: Everything): Table {
  const rows = Object.entries(properties).map(([id, words]) => [
    id,
    words,
    ...explorations.map(({ counts }) => figure(counts[id as PropertyId])),
  ]);
  return [
    [
      'property',
      'of the whole',
      ...explorations.map(
        ({ bounds }) =>
          `${bounds.records === 1 ? 'one record' : `${bounds.records} records`}${bounds.closes ? ', line' : ''}`,
      ),
    ],
    ...rows,
  ];
}

export function wrongTable(found: readonly { wrong: Wrong; found: Found | undefined }[]): Table {
  const rows = found.map(({ wrong, found: one }) => [
    wrong.mistake,
    wrong.property,
    one ? one.why : 'NOT FOUND',
    one ? one.path.length : 0,
  ]);
  return [['mistake', 'property', 'found as', 'steps'], ...rows];
}

export function unreachedTable(): Table {
  const rows = [unreachedStates, unreachedCells].flatMap((all) =>
    Object.entries(all).flatMap(([machine, reasons]) =>
      Object.entries(reasons).map(([what, why]) => [machine, what, why]),
    ),
  );
  return [['machine', 'state, or state × event', 'why it is not met'], ...rows];
}

/** For a terminal: columns side by side. */
export function plain(table: Table): string {
  const widths = (table[0] ?? []).map((_, i) =>
    Math.max(...table.map((row) => String(row[i]).length)),
  );
  return table
    .map((row) =>
      row
        .map((cell, i) => {
          const isFigure = /^[\d,]+$/.test(String(cell));
          const words = String(cell);
          return isFigure ? words.padStart(widths[i] ?? 0) : words.padEnd(widths[i] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** For a page. */
export function markdown([head = [], ...rows]: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
