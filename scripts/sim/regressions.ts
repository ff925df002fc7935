import { readdir, readFile } from 'node:fs/promises';
import type { Fault, Plan } from '../../src/testing/plan/plan.ts';
import { type PlanFile, readPlanFile } from '../../src/testing/plan/planFile.ts';
import type { SimulationResult } from '../../src/testing/simulate.ts';
import { SimulationError } from '../../src/testing/world/world.ts';
import { type Broken, outcomeOf } from './outcome.ts';

export interface Regression extends PlanFile {
  readonly name: string;
  readonly what: string;
  readonly invariant: string;
  readonly seed: number;
}

const regressionsFolder = 'tests/simulation/regressions';

/**
 * The plans that once broke a promise, in the order of their names.
 * @throws SimulationError for a file that is none
 */
export async function readRegressions(folder = regressionsFolder): Promise<Regression[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => readRegression(await readFile(`${folder}/${name}`, 'utf8'), name)),
  );
}

export function readRegression(text: string, name: string): Regression {
  const { what, invariant, seed, plan } = readPlanFile(text, name);
  if (!what || !invariant || seed === null) {
    throw new SimulationError(`${name}: a regression says "what" it broke, "invariant" and "seed"`);
  }
  return { name, what, invariant, seed, plan };
}

/**
 * Runs a kept plan; gives the promise that it breaks (again), or null.
 * @throws SimulationError if its faults do not strike any more: then it proves nothing
 */
export async function replay(name: string, seed: number, plan: Plan): Promise<Broken | null> {
  const outcome = await outcomeOf(seed, plan);
  if (outcome.kind === 'broken') return outcome.broken;
  const idle = idleFaults(plan, outcome.result);
  if (idle.length === 0) return null;
  const list = idle.map((fault) => JSON.stringify(fault)).join(', ');
  throw new SimulationError(`${name}: these faults of the plan never strike: ${list}`);
}

function idleFaults(plan: Plan, { struck }: SimulationResult): Fault[] {
  return plan.faults.filter((fault) => !struck.has(fault));
}
