import { readFile } from 'node:fs/promises';
import { generate } from '../src/testing/plan/generate.ts';
import type { Plan } from '../src/testing/plan/plan.ts';
import { readPlanFile } from '../src/testing/plan/planFile.ts';
import { SimulationError } from '../src/testing/world/world.ts';
import { coverageOf } from './sim/coverage.ts';
import { keep, smallest, told } from './sim/finding.ts';
import { readOptions, type SimOptions, usage } from './sim/options.ts';
import { type Broken, watchUnheard } from './sim/outcome.ts';
import { sweepSeeds } from './sim/pool.ts';
import { readRegressions, replay } from './sim/regressions.ts';

/**
 * `npm run sim -- --seeds N [--seed S]`: the regressions, then N random plans from seed S on, on all
 * cores; `--plan file.json` repeats one plan. Ends with 1 at the first broken promise, made small
 * and kept in a file; with 2 for what is no option, no plan, or a plan that proves nothing.
 */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    return 0;
  }
  watchUnheard();
  return options.plan === null ? await sweep(options) : await repeat(options, options.plan);
}

/**
 * Steps of a full seed: what the speed is told in, however long the seeds of a run are. A step is one
 * event of virtual time that happens, with all promise jobs that follow from it, and the checks.
 */
const fullSeed = 300;
/** Seeds after which a run says where it is. */
const every = 1_000;

async function sweep({ seed, seeds, workers }: SimOptions): Promise<number> {
  const regressions = await readRegressions();
  for (const { name, seed: once, plan } of regressions) {
    const broken = await replay(name, once, plan);
    if (broken) return await explain(once, plan, broken, `the regression ${name} is back`);
  }
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const onProgress = progress(seeds);
  const { tally, finding } = await sweepSeeds({ seed, seeds, workers, onProgress });
  if (finding?.kind === 'mistake') {
    throw new SimulationError(`seed ${finding.seed}: ${finding.message}`);
  }
  if (finding?.kind === 'differs') {
    console.error(`seed ${finding.seed} broke I32: two runs of it differ`);
    console.error(`repeat it: npm run sim -- --seeds 1 --seed ${finding.seed}`);
    return 1;
  }
  if (finding) return await explain(finding.seed, generate(finding.seed), finding.broken, null);
  const { steps, requests, faults, struck } = tally;
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1_000_000;
  console.log(
    `${regressions.length} regressions and ${seeds} seeds from ${seed}: no promise broken. ` +
      `${steps} steps (${Math.round(steps / seeds)} a seed), ${requests} requests, ` +
      `${struck} of ${faults} faults struck`,
  );
  const stepsASecond = steps / cpuSeconds;
  console.log(
    `${Math.round(stepsASecond)} steps a CPU second of all threads: ` +
      `${Math.round(stepsASecond / fullSeed)} full seeds of ${fullSeed} steps a second of one core, ` +
      `${Math.round(seeds / cpuSeconds)} as they are; ` +
      `${Math.round(seeds / seconds)} a second of the clock with ${workers} workers`,
  );
  console.log(coverageOf(tally));
  return 0;
}

/** Says now and then how far a long run has come. */
function progress(seeds: number): (done: number) => void {
  let told = 0;
  return (done) => {
    if (done - told < every || done === seeds) return;
    told = done;
    console.error(`${done} of ${seeds} seeds`);
  };
}

async function repeat({ seed, isSeedGiven }: SimOptions, path: string): Promise<number> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new SimulationError(`${path}: there is no such file`);
  });
  const file = readPlanFile(text, path);
  const used = isSeedGiven ? seed : (file.seed ?? seed);
  const broken = await replay(path, used, file.plan);
  if (broken) return await explain(used, file.plan, broken, null);
  console.log(`${path} with seed ${used}: no promise broken, every fault struck`);
  return 0;
}

async function explain(
  seed: number,
  plan: Plan,
  broken: Broken,
  heading: string | null,
): Promise<number> {
  if (heading) console.error(heading);
  const shrunk = await smallest(seed, plan, broken);
  console.error(told(seed, shrunk, plan, await keep(seed, shrunk)));
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SimulationError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
