import { keyedBelow } from './keyed.ts';
import type { DiskFault, Fault, Plan } from './plan.ts';
import type { NamedFault, Scenario } from './scenarios/row.ts';
import { type SimulationResult, simulate } from './simulate.ts';
import { durablePoints } from './strikes.ts';
import { SimulationError } from './world.ts';

/** Crashes at a durable step: before or after it is written, with what only the system had or without. */
const stepCrashes = [
  'killBefore',
  'killAfter',
  'powerLossBefore',
  'powerLossAfter',
] as const satisfies readonly DiskFault[];
type StepCrash = (typeof stepCrashes)[number];

/** Moments at which nothing is written: the page dies there as well. */
const moments = ['request sent', 'answer on its way', 'answer received', 'disk read'] as const;

/** Points that no crash was put at; a mode that leaves one out is not exhaustive. */
export function missedCells(cells: ReadonlyMap<string, number>): string[] {
  const wanted = [
    ...durablePoints.flatMap((step) => stepCrashes.map((kind) => `${step}/${kind}`)),
    ...moments.map((moment) => `${moment}/kill`),
  ];
  return wanted.filter((cell) => !cells.has(cell));
}

/** Where and how a page dies. */
export interface CrashPoint {
  readonly device: number;
  /** The kind of the durable step, or a moment of a request. */
  readonly name: string;
  readonly kind: StepCrash | 'kill';
  /** The number of the durable step. */
  readonly n: number | null;
  readonly fault: Fault;
}

/** A run with its crashes: one, or a second one while the next page recovers from the first. */
export interface CrashRun {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly plan: Plan;
  readonly crashes: readonly CrashPoint[];
}

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

/** Durable steps of the page after a crash that count as its recovery: a second crash hits each. */
const recoverySteps = 4;
/** ms by which a crash is put behind a request's beginning, or around its end; a leg takes 1 at least. */
const besides = 0.01;

/** The scenario's plan, with its own faults at the steps that they name. */
export async function placed(scenario: Scenario, seed: number): Promise<Plan> {
  let plan: Plan = { ...scenario.plan, faults: [] };
  for (const fault of scenario.faults) {
    // Where a step stands depends on the faults in front of it: each is looked for in a run.
    const made = 'on' in fault ? fault : placedFault(scenario, fault, await simulate(seed, plan));
    plan = { ...plan, faults: [...plan.faults, made] };
  }
  return plan;
}

function placedFault(
  { name }: Scenario,
  fault: Exclude<NamedFault, { readonly on: string }>,
  result: SimulationResult,
): Fault {
  const { device = 0, nth = 1 } = fault;
  const isIt = (_: unknown, i: number, all: readonly boolean[]) =>
    all[i] === true && all.slice(0, i + 1).filter(Boolean).length === nth;
  if ('step' in fault) {
    const points = result.points[device] ?? [];
    const at = points.map((point) => isStep(point, fault.step)).findIndex(isIt);
    if (at >= 0) return { on: 'disk', device, n: at + 1, do: fault.do };
    throw new SimulationError(`${name}: the step "${fault.step}" never happens`);
  }
  const asked = result.exchanges.filter((exchange) => exchange.device === device);
  const at = asked.map(({ method }) => method === fault.request).findIndex(isIt);
  if (at >= 0) return { on: 'request', device, n: at + 1, do: fault.do };
  throw new SimulationError(`${name}: the request ${fault.request} never happens`);
}

/** Whether a durable step is of this kind; rows of several types may go in one transaction. */
function isStep(point: string, wanted: string): boolean {
  const types = (name: string) => (name.startsWith('append ') ? name.slice(7).split('+') : [name]);
  return types(wanted).every((type) => types(point).includes(type));
}

/** The names of a durable step: `append sealed+cancelled` is both. */
function namesOf(point: string): string[] {
  if (!point.startsWith('append ')) return [point];
  return point
    .slice(7)
    .split('+')
    .map((type) => `append ${type}`);
}

/** Every crash that a run can be given: durable steps x kinds, and the moments between them. */
function crashPointsOf({ group }: Scenario, result: SimulationResult): CrashPoint[] {
  const points = result.points.flatMap((_, device) => stepPoints(result, device, 0));
  const add = (name: (typeof moments)[number], device: number, at: number) => {
    const fault: Fault = { on: 'time', device, at, do: 'kill' };
    points.push({ device, name, kind: 'kill', n: null, fault });
  };
  for (const { device, from, to } of result.exchanges) {
    add('request sent', device, from + besides);
    const died = result.crashes.some((crash) => {
      return crash.device === device && crash.at > from && crash.at <= (to ?? 0);
    });
    if (to === null || died || to - from <= 4 * besides) continue;
    add('answer on its way', device, to - besides);
    add('answer received', device, to + besides);
  }
  // A read changes nothing: that a start is cut short matters where it finds something amiss.
  if (group !== 'damage') return points;
  result.reads.forEach((spans, device) => {
    for (const { to } of spans) {
      if (to !== null && to < result.healedAt) add('disk read', device, to + besides);
    }
  });
  return points;
}

/** The durable steps of a device after a moment, each with every kind of crash. */
function stepPoints(result: SimulationResult, device: number, after: number): CrashPoint[] {
  const spans = result.spans[device] ?? [];
  return (result.points[device] ?? []).slice(0, result.crashable[device]).flatMap((name, i) => {
    const span = spans[i];
    // What its page did not live to hear of can not be crashed once more.
    if (!span || span.to === null || span.from < after) return [];
    const n = i + 1;
    return stepCrashes.map((kind): CrashPoint => {
      return { device, name, kind, n, fault: { on: 'disk', device, n, do: kind } };
    });
  });
}

/** Crashes while the page after `point` recovers: at its first durable steps. */
function recoveryPointsOf(
  { device, n, fault }: CrashPoint,
  result: SimulationResult,
): CrashPoint[] {
  const from = fault.on === 'time' ? fault.at : (result.spans[device]?.[(n ?? 1) - 1]?.from ?? 0);
  const crash = result.crashes.find((item) => item.device === device && item.at >= from);
  const points = crash ? stepPoints(result, device, crash.at) : [];
  return points.slice(0, recoverySteps * stepCrashes.length);
}

function withCrash(plan: Plan, { fault }: CrashPoint): Plan {
  // At the step of a fault of its own the crash takes its place: a step has one fate.
  const others = plan.faults.filter(
    (own) =>
      !(fault.on === 'disk' && own.on === 'disk') ||
      own.n !== fault.n ||
      own.device !== fault.device,
  );
  return { ...plan, faults: [...others, fault] };
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
  /** Crashes that are put; the default is all. */
  readonly only?: (point: CrashPoint) => boolean;
  /** Sees every run that kept all promises. */
  readonly onRun?: (run: CrashRun, result: SimulationResult, calm: SimulationResult) => void;
}

/**
 * Runs a scenario without a crash, then once for every crash point of that run, then with a second
 * crash in the recovery from each.
 * @throws CrashBroken for a broken promise
 * @throws SimulationError for a scenario whose steps or crashes never happen
 */
export async function explore(scenario: Scenario, options: ExploreOptions): Promise<Exploration> {
  const { seed, pairsOneIn, only = () => true, onRun } = options;
  const plan = await placed(scenario, seed);
  const calm = await runIt({ scenario, seed, plan, crashes: [] });
  for (const step of scenario.steps) {
    if (!calm.points.flat().some((point) => isStep(point, step))) {
      throw new SimulationError(`${scenario.name}: the step "${step}" never happens`);
    }
  }
  const cells = new Map<string, number>();
  const count = { runs: 0, pairs: 0, skipped: 0 };
  const hit = ({ name, kind }: CrashPoint) => {
    for (const one of namesOf(name)) {
      const cell = `${one}/${kind}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    }
  };
  const points = crashPointsOf(scenario, calm);
  for (const point of points.filter(only)) {
    const once: CrashRun = { scenario, seed, plan: withCrash(plan, point), crashes: [point] };
    const result = await runIt(once);
    checkStruck(once, result);
    count.runs++;
    hit(point);
    onRun?.(once, result, calm);
    if (pairsOneIn === 0) continue;
    for (const second of recoveryPointsOf(point, result)) {
      const twice = { ...once, plan: withCrash(once.plan, second), crashes: [point, second] };
      if (!isDrawn(twice, pairsOneIn)) {
        count.skipped++;
        continue;
      }
      const after = await runIt(twice);
      checkStruck(twice, after);
      count.pairs++;
      hit(second);
      onRun?.(twice, after, calm);
    }
  }
  const steps = points.filter(({ n }) => n !== null).length / stepCrashes.length;
  const moments = points.filter(({ n }) => n === null).length;
  return { scenario, steps, moments, ...count, cells };
}

async function runIt(run: CrashRun): Promise<SimulationResult> {
  return simulate(run.seed, run.plan).catch((error: unknown) => {
    throw new CrashBroken(run, error);
  });
}

/** A crash that never struck, or struck another step than the one it names, proves nothing. */
function checkStruck({ scenario, crashes }: CrashRun, result: SimulationResult): void {
  for (const { fault, device, n, name, kind } of crashes) {
    const there = n === null ? name : result.points[device]?.[n - 1];
    if (!result.struck.has(fault) || there !== name) {
      throw new SimulationError(`${scenario.name}: ${kind} at ${name} (step ${n}) never struck`);
    }
  }
}

function isDrawn({ scenario, seed, crashes }: CrashRun, oneIn: number): boolean {
  if (oneIn === 1) return true;
  const what = crashes.map(({ device, kind, fault }) => {
    return `${device}/${kind}/${fault.on === 'time' ? fault.at : fault.n}`;
  });
  return keyedBelow(seed, `${scenario.name}/${what.join('/')}`, oneIn) === 0;
}
