import { durablePoints } from '../history/strikes.ts';
import type { DiskFault, Fault, Plan } from '../plan/plan.ts';
import type { Crash, SimulationResult } from '../simulate.ts';
import { SimulationError } from '../world/world.ts';
import type { Scenario } from './scenarios/row.ts';

/** Crashes at a durable step: before or after it is written, with what only the system had or without. */
export const stepCrashes = [
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
  /** The idempotency key of the request, if it is a moment of one that has it. */
  readonly key: string | null;
  readonly fault: Fault;
}

/** A run with its crashes: one, or a second one while the next page recovers from the first. */
export interface CrashRun {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly plan: Plan;
  readonly crashes: readonly CrashPoint[];
}

/** Durable steps of the page after a crash that count as its recovery: a second crash hits each. */
const recoverySteps = 4;
/** ms by which a crash is put behind a request's beginning, or around its end; a leg takes 1 at least. */
const besides = 0.01;

/** Every crash that a run can be given: durable steps x kinds, and the moments between them. */
export function crashPointsOf({ group }: Scenario, result: SimulationResult): CrashPoint[] {
  const points = result.points.flatMap((_, device) => stepPoints(result, device, 0));
  type Moment = (typeof moments)[number];
  const add = (name: Moment, device: number, at: number, key: string | null = null) => {
    const fault: Fault = { on: 'time', device, at, do: 'kill' };
    points.push({ device, name, kind: 'kill', n: null, key, fault });
  };
  for (const { device, key, from, to } of result.exchanges) {
    add('request sent', device, from + besides, key);
    const died = result.crashes.some((crash) => {
      return crash.device === device && crash.at > from && crash.at <= (to ?? 0);
    });
    if (to === null || died || to - from <= 4 * besides) continue;
    add('answer on its way', device, to - besides, key);
    add('answer received', device, to + besides, key);
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
      return { device, name, kind, n, key: null, fault: { on: 'disk', device, n, do: kind } };
    });
  });
}

/** What the page that died at this point left behind. */
export function crashOf({ device, n, fault }: CrashPoint, result: SimulationResult): Crash {
  const from = fault.on === 'time' ? fault.at : (result.spans[device]?.[(n ?? 1) - 1]?.from ?? 0);
  // Times since 1970 as fractions of a ms: the last digits are lost.
  const isThen = (at: number) => at >= from - besides / 2;
  const crash = result.crashes.find((item) => item.device === device && isThen(item.at));
  if (!crash) throw new SimulationError(`device ${device} did not die at ${from} ms`);
  return crash;
}

/** Crashes while the page after `point` recovers: at its first durable steps. */
export function recoveryPointsOf(point: CrashPoint, result: SimulationResult): CrashPoint[] {
  const points = stepPoints(result, point.device, crashOf(point, result).at);
  return points.slice(0, recoverySteps * stepCrashes.length);
}

export function withCrash(plan: Plan, { fault }: CrashPoint): Plan {
  // At the step of a fault of its own the crash takes its place: a step has one fate.
  const others = plan.faults.filter(
    (own) =>
      !(fault.on === 'disk' && own.on === 'disk') ||
      own.n !== fault.n ||
      own.device !== fault.device,
  );
  return { ...plan, faults: [...others, fault] };
}
