import { mkdir, writeFile } from 'node:fs/promises';
import type { Plan } from '../../src/testing/plan/plan.ts';
import { type Shrunk, shrink } from '../../src/testing/plan/shrink.ts';
import { type Broken, outcomeOf } from './outcome.ts';

/** How long a plan is made smaller. */
const shrinkLimits = { runs: 3_000, seconds: 60 } as const;

export interface Smallest extends Shrunk {
  readonly broken: Broken;
}

/** The smallest plan found that breaks the same promise. */
export async function smallest(seed: number, plan: Plan, broken: Broken): Promise<Smallest> {
  const end = performance.now() + shrinkLimits.seconds * 1_000;
  let last = broken;
  const fails = async (candidate: Plan): Promise<boolean> => {
    // A candidate that never ends is no candidate.
    const outcome = await outcomeOf(seed, candidate).catch(() => null);
    if (outcome?.kind !== 'broken' || outcome.broken.invariant !== broken.invariant) return false;
    last = outcome.broken;
    return true;
  };
  const struck = { ...plan, faults: broken.strikes.map(({ fault }) => fault) };
  const start = (await fails(struck)) ? struck : plan;
  const isOver = () => performance.now() > end;
  const shrunk = await shrink(start, { fails, isOver, runs: shrinkLimits.runs });
  return { ...shrunk, broken: last };
}

/** Keeps a plan where it can be repeated from; a regression file but for its words. */
export async function keep(seed: number, { plan, broken }: Smallest): Promise<string> {
  const path = `.reports/sim/seed-${seed}.json`;
  const { invariant, seen, trace, tail } = broken;
  await mkdir('.reports/sim', { recursive: true });
  const text = JSON.stringify({ what: '', invariant, seed, plan, seen, trace, tail }, null, 2);
  await writeFile(path, `${text}\n`);
  return path;
}

/** All that a reader needs: the promise, how it came to it, and the one command that repeats it. */
export function told(seed: number, shrunk: Smallest, original: Plan, path: string): string {
  const { plan, broken, runs, ended } = shrunk;
  const why = {
    smallest: 'nothing more can go',
    runs: `the limit of ${shrinkLimits.runs} runs`,
    time: `the limit of ${shrinkLimits.seconds} s`,
  }[ended];
  const size = ({ devices, steps, faults }: Plan) =>
    `${devices} devices, ${steps.length} steps, ${faults.length} faults`;
  return [
    `seed ${seed} broke ${broken.invariant}: ${broken.seen.replace(`${broken.invariant}: `, '')}`,
    '',
    'the last that happened:',
    ...broken.tail.slice(-15).map((line) => `  ${line}`),
    '',
    `the plan, made smaller in ${runs} runs (${why}): ${size(original)} became ${size(plan)}`,
    ...[...plan.steps, ...plan.faults].map((item) => `  ${JSON.stringify(item)}`),
    `  ${othersOf(plan)}`,
    '',
    `repeat it: npm run sim -- --seed ${seed} --plan ${path}`,
  ].join('\n');
}

/** What a plan says beside its lists. */
function othersOf({ steps: _, faults: __, ...others }: Plan): string {
  return Object.entries(others)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
