import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './child.ts';
import type { Plant } from './plant.ts';

/** Where a bug was found last. */
export interface Recorded {
  /** A seed, or a scenario of the exhaustive mode. */
  readonly place: number | string;
  readonly invariant: string;
}

const recordFile = join(import.meta.dirname, 'found.json');
const page = join(import.meta.dirname, '../../../docs/planted-bugs.md');

/** What the last `npm run planted -- --write` found, by plant. */
export function readRecord(): Record<string, Recorded> {
  return JSON.parse(readFileSync(recordFile, 'utf8')) as Record<string, Recorded>;
}

export function readPage(): string {
  return readFileSync(page, 'utf8');
}

export interface Row {
  readonly plant: Plant;
  readonly report: Report;
}

/** Writes what was found, and the page that tells of it. */
export function writeRecord(rows: readonly Row[], control: string): void {
  const record: Record<string, Recorded> = {};
  for (const { plant, report } of rows) {
    const { found } = report;
    if (found) record[plant.id] = { place: found.place, invariant: found.invariant };
  }
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  writeFileSync(page, pageOf(rows, control));
}

function pageOf(rows: readonly Row[], control: string): string {
  const lines = rows.map(({ plant, report: { found, seconds } }) => {
    const where = found ? `${found.invariant} | ${found.place}` : '**not found** |';
    return `| ${plant.id} | ${plant.promise} | ${where} | ${seconds.toFixed(1)} |`;
  });
  const exhaustive = rows.filter(({ plant }) => plant.by !== undefined).length;
  return `# Planted bugs: the simulator is tested too

A simulator that finds nothing may be blind. So ${rows.length} bugs, each a mistake that somebody could make, are planted one
at a time in a throw-away copy of the kit (\`tests/simulation/planted\`; nothing of it ships), and random days
([the simulator](simulator.md)) are run in it, from seed 1 on, until a promise breaks. Each must be found within 2,000 seeds; bugs
of the second shelf within 2,000 days on which devices have one, bugs of tabs within 2,000 on which they have several tabs. ${exhaustive}
that need several rare things at once are found by the exhaustive mode, in the scenario that the table names.
Where the kit guards a promise twice, the plant takes away both guards: one alone covers for the other.

\`npm run planted\` repeats the table (\`-- --only words\` for some of it, \`-- --seeds N\` for another limit), \`-- --write\` records
it here. \`npm test\` plants each bug again and looks for it from the recorded seed on. ${control}

| bug | the promise | broken as | at seed, or in the scenario | seconds |
|---|---|---|---|---|
${lines.join('\n')}

A seed is one whole random day. Seconds are of one core that others used too, and count the start of the process.
`;
}
