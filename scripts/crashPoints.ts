import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { missedCells } from '../src/testing/crashPoints/crashPoints.ts';
import { CrashBroken, type Exploration, explore } from '../src/testing/crashPoints/explore.ts';
import { tabScenarios } from '../src/testing/crashPoints/scenarios/tabs.ts';
import { scenarios } from '../src/testing/crashPoints/scenarios.ts';
import { exploreStops, StopBroken } from '../src/testing/crashPoints/stops.ts';
import type { Plan } from '../src/testing/plan/plan.ts';

/**
 * `npm run crash-points [-- --seed S] [--pairs N] [--scenario words]`: a crash at every durable step
 * of every scenario, then a second one in the recovery from each; `--pairs N` runs one pair in N (0:
 * none). Then a stop of one of two tabs at every moment of every day of tabs. Prints what was hit;
 * ends with 1 at a broken promise, or where a kind of step was never hit.
 */
const { seed, pairs, scenario } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    pairs: { type: 'string', default: '1' },
    scenario: { type: 'string', default: '' },
  },
}).values;
const options = { seed: Number(seed), pairsOneIn: Number(pairs) };
const chosen = scenarios.filter(({ name }) => name.includes(scenario));
const chosenTabs = tabScenarios.filter(({ name }) => name.includes(scenario));
if (!Object.values(options).every((value) => Number.isSafeInteger(value) && value >= 0)) {
  console.error('--seed and --pairs take whole numbers from 0 on');
  process.exit(2);
}
if (chosen.length + chosenTabs.length === 0) {
  console.error(`no scenario has "${scenario}" in its name`);
  process.exit(2);
}

const began = performance.now();
const explored: Exploration[] = [];
for (const one of chosen) {
  try {
    explored.push(await explore(one, options));
  } catch (error) {
    console.error(error);
    if (error instanceof CrashBroken)
      console.error(await repeating(error.run.seed, error.run.plan));
    process.exit(1);
  }
}

let stops = 0;
for (const one of chosenTabs) {
  try {
    stops += (await exploreStops(one, { seed: options.seed, oneIn: 1 })).runs;
  } catch (error) {
    console.error(error);
    if (error instanceof StopBroken) console.error(await repeating(options.seed, error.plan));
    process.exit(1);
  }
}

const sum = (
  of: readonly Exploration[],
  field: 'steps' | 'moments' | 'runs' | 'pairs' | 'skipped',
) => of.reduce((total, item) => total + item[field], 0);
const groups = [...new Set(chosen.map(({ group }) => group))];
console.table(
  Object.fromEntries(
    [...groups, 'all'].map((group) => {
      const of = explored.filter((item) => group === 'all' || item.scenario.group === group);
      const { length } = of;
      const counts = { steps: sum(of, 'steps'), moments: sum(of, 'moments') };
      return [
        group,
        { scenarios: length, ...counts, runs: sum(of, 'runs'), pairs: sum(of, 'pairs') },
      ];
    }),
  ),
);
const cells = new Map<string, number>();
for (const item of explored) {
  for (const [cell, count] of item.cells) cells.set(cell, (cells.get(cell) ?? 0) + count);
}
const table: Record<string, Record<string, number>> = {};
for (const [cell, count] of [...cells].sort()) {
  const [name = '', kind = ''] = cell.split('/');
  table[name] = { ...table[name], [kind]: count };
}
console.table(table);

const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${chosen.length} scenarios, seed ${seed}: ${sum(explored, 'runs')} runs with one crash, ` +
    `${sum(explored, 'pairs')} with two (${sum(explored, 'skipped')} left out), ` +
    `${cells.size} distinct points x kinds; ` +
    `${chosenTabs.length} days of tabs, ${stops} runs with one stop; no promise broken; ${seconds} s`,
);
const missed = missedCells(cells);
if (missed.length > 0 && chosen.length === scenarios.length) {
  console.error(`no crash was ever put at: ${missed.join(', ')}`);
  process.exit(1);
}

/** Writes the plan that broke a promise and says how to run it again. */
async function repeating(seed: number, plan: Plan): Promise<string> {
  const file = '.reports/crashPoint.json';
  await mkdir('.reports', { recursive: true });
  await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  return `repeat it: npm run sim -- --seed ${seed} --plan ${file}`;
}
