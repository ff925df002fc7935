import { type SimulationResult, simulate } from '../simulate.ts';
import { keyedBelow } from '../world/keyed.ts';
import { SimulationError } from '../world/world.ts';
import {
  type CrashPoint,
  type CrashRun,
  crashOf,
  crashPointsOf,
  recoveryPointsOf,
  stepCrashes,
  withCrash,
} from './crashPoints.ts';
import { isStep, namesOf, placed } from './placed.ts';
import type { Scenario } from './scenarios/row.ts';

/** A promise that a crash has broken, with what repeats it. */
export class CrashBroken extends Error {
  override readonly name = 'CrashBroken';
  readonly run: CrashRun;
  constructor(run: CrashRun, cause: unknown) {
    const where = run.crashes.map(({ device, name, n, kind }) => {
      return `${kind} of device ${device} at ${n === null ? '' : `step ${n}, `}${name}`;
    });
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${run.scenario.name}: ${where.join(', then ') || 'without a crash'}: ${why}`, { cause });
    this.run = run;
  }
}

export interface Exploration {
  readonly scenario: Scenario;
  /** Durable steps of the run without a crash, of all devices, and moments of requests. */
  readonly steps: number;
  readonly moments: number;
  readonly runs: number;
  readonly pairs: number;
  /** Pairs that were left out by the sampling rule. */
  readonly skipped: number;
  /** How often each point (`name/kind`) was hit. */
  readonly cells: ReadonlyMap<string, number>;
}

export interface ExploreOptions {
  readonly seed: number;
  /** Of the pairs of crashes one in this many is run, by a draw keyed with what the pair is; 0: none. */
  readonly pairsOneIn: number;
  /** Sees every run that kept all promises; what it throws is a broken one. */
  readonly onRun?: (run: CrashRun, result: SimulationResult) => void;
  /** Hears of promises that a crash breaks, and the next crash is tried; without it the first ends all. */
  readonly onBroken?: (broken: CrashBroken) => void;
}

/**
 * Runs a scenario without a crash, then once for every crash point of that run, then with a second
 * crash in the recovery from each.
 * @throws CrashBroken for a broken promise
 * @throws SimulationError for a scenario whose steps or crashes never happen
 */
export async function explore(scenario: Scenario, options: ExploreOptions): Promise<Exploration> {
  const { seed, pairsOneIn, onRun = () => {}, onBroken } = options;
  const plan = await placed(scenario, seed);
  const calm = await crashRun({ scenario, seed, plan, crashes: [] });
  for (const step of scenario.steps) {
    if (!calm.points.flat().some((point) => isStep(point, step))) {
      throw new SimulationError(`${scenario.name}: the step "${step}" never happens`);
    }
  }
  const cells = new Map<string, number>();
  const count = { runs: 0, pairs: 0, skipped: 0 };
  const run = async (made: CrashRun): Promise<SimulationResult | null> => {
    const result = await crashRun(made, onRun).catch((error: unknown) => {
      if (!onBroken || !(error instanceof CrashBroken)) throw error;
      onBroken(error);
      return null;
    });
    const { name, kind } = made.crashes.at(-1) as CrashPoint;
    for (const one of namesOf(name)) {
      cells.set(`${one}/${kind}`, (cells.get(`${one}/${kind}`) ?? 0) + 1);
    }
    return result;
  };
  const points = crashPointsOf(scenario, calm);
  for (const point of points) {
    const once: CrashRun = { scenario, seed, plan: withCrash(plan, point), crashes: [point] };
    const result = await run(once);
    count.runs++;
    if (result) checkBefore(once, calm, result);
    if (!result || pairsOneIn === 0) continue;
    for (const second of recoveryPointsOf(point, result)) {
      const twice = { ...once, plan: withCrash(once.plan, second), crashes: [point, second] };
      if (isDrawn(twice, pairsOneIn)) {
        await run(twice);
        count.pairs++;
      } else {
        count.skipped++;
      }
    }
  }
  const steps = points.filter(({ n }) => n !== null).length / stepCrashes.length;
  const moments = points.filter(({ n }) => n === null).length;
  return { scenario, steps, moments, ...count, cells };
}

/**
 * One run with its crashes.
 * @throws CrashBroken for a broken promise
 * @throws SimulationError for a crash that never strikes, or strikes another step than it names
 */
export async function crashRun(
  run: CrashRun,
  onRun: (run: CrashRun, result: SimulationResult) => void = () => {},
): Promise<SimulationResult> {
  const broken = (cause: unknown): never => {
    throw new CrashBroken(run, cause);
  };
  const result = await simulate(run.seed, run.plan).catch(broken);
  for (const { fault, device, n, name, kind } of run.crashes) {
    const there = n === null ? name : result.points[device]?.[n - 1];
    if (result.struck.has(fault) && there === name) continue;
    throw new SimulationError(`${run.scenario.name}: ${kind} at ${name} never struck`);
  }
  try {
    onRun(run, result);
  } catch (cause) {
    broken(cause);
  }
  return result;
}

/** Up to the crash the run is the one without: otherwise it is no crash at the point that it names. */
function checkBefore(
  { scenario, crashes }: CrashRun,
  calm: SimulationResult,
  result: SimulationResult,
): void {
  const [point] = crashes;
  if (!point) return;
  const { at } = crashOf(point, result);
  result.spans.forEach((spans, device) => {
    const steps = spans.filter(({ from }) => from < at).length;
    const [was, is] = [calm, result].map(({ points }) => points[device]?.slice(0, steps).join());
    if (was === is) return;
    throw new SimulationError(`${scenario.name}: before ${point.name} it was ${was} and is ${is}`);
  });
}

function isDrawn({ scenario, seed, crashes }: CrashRun, oneIn: number): boolean {
  if (oneIn === 1) return true;
  const what = crashes.map(({ device, kind, fault }) => {
    return `${device}/${kind}/${fault.on === 'time' ? fault.at : fault.n}`;
  });
  return keyedBelow(seed, `${scenario.name}/${what.join('/')}`, oneIn) === 0;
}
