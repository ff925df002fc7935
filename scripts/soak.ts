import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type SoakDay, soak } from '../src/testing/soak/soak.ts';
import { brokenHeap, type Measure } from '../src/testing/soak/soakBounds.ts';

/**
 * `npm run soak -- [--days 30] [--seed 1] [--ids client]`: two devices in use for a month, from full
 * caps on. Prints every evening; of both devices the larger figure. Ends with 1 beyond a bound.
 */
const { days, seed, ids } = parseArgs({
  options: {
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    ids: { type: 'string', default: 'client' },
  },
}).values;

if (!/^[1-9]\d{0,3}$/.test(days) || !/^\d{1,9}$/.test(seed) || !/^(client|server)$/.test(ids)) {
  console.error('--days takes 1 to 9999, --seed a whole number, --ids client or server');
  process.exit(2);
}

const { gc } = globalThis;
if (!gc) {
  // The heap can be measured only where garbage can be collected on demand.
  const self = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawnSync(process.execPath, ['--expose-gc', ...self], { stdio: 'inherit' });
  process.exit(child.status ?? 1);
}

function heap(): number {
  gc?.();
  gc?.();
  return process.memoryUsage().heapUsed;
}

const kilo = (characters: number) => `${Math.round(characters / 1_000)}k`;
const columns: readonly [head: string, cell: (day: SoakDay, most: Most) => string | number][] = [
  ['day', ({ day }) => day],
  ['edits', ({ edits }) => edits],
  ['requests', ({ requests }) => requests],
  ['reloads', ({ reloads }) => reloads],
  ['faults', ({ faults }) => faults],
  ['records', (_, most) => most('records')],
  ['waiting', (_, most) => most('waiting')],
  ['settled', (_, most) => most('settlements')],
  ['log', (_, most) => most('logged')],
  ['aliases', (_, most) => most('aliases')],
  ['writers', (_, most) => most('writers')],
  ['checkpoint', (_, most) => kilo(most('checkpoint'))],
  ['pages', (_, most) => most('pages')],
  ['rows', (_, most) => most('rows')],
  ['journal', (_, most) => kilo(most('journal'))],
  ['timers', (_, most) => most('timers')],
  ['requests open', (_, most) => most('requests')],
  ['listeners', (_, most) => most('listeners')],
  ['actors', (_, most) => most('actors')],
  ['heap', (day) => `${((day.heap ?? 0) / 1e6).toFixed(1)} MB`],
];

type Most = (figure: keyof Measure) => number;

function line(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => String(cell).padStart(columns[i]?.[0].length ?? 0)).join('  ');
}

const began = performance.now();
console.log(line(columns.map(([head]) => head)));
const evenings = await soak({
  ...{ seed: Number(seed), days: Number(days), ids: ids as 'client' | 'server' },
  ...{ full: true, heap },
  onDay: (day) => {
    const most: Most = (figure) => Math.max(...day.measures.map((measure) => measure[figure]));
    console.log(line(columns.map(([, cell]) => cell(day, most))));
    for (const broken of day.broken) console.error(`beyond a bound: ${broken}`);
  },
});
const grown = brokenHeap(evenings.map((evening) => evening.heap ?? 0));
for (const broken of grown) console.error(`beyond a bound: ${broken}`);
const beyond = grown.length + evenings.reduce((sum, { broken }) => sum + broken.length, 0);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${days} days, seed ${seed}, ids of the ${ids}: ${beyond} beyond a bound (${seconds} s)`,
);
if (beyond > 0) process.exitCode = 1;
