import type { Plan, TabFault, TimeFault } from '../plan/plan.ts';
import { openedAt } from '../plan/tabDays.ts';
import { type SimulationResult, type Span, simulate } from '../simulate.ts';
import { keyedBelow } from '../world/keyed.ts';
import { SimulationError } from '../world/world.ts';
import { placed } from './placed.ts';
import type { TabScenario } from './scenarios/tabs.ts';

/** How a tab is stopped: it hangs or is frozen until the others have come to rest, or it dies. */
export const stopKinds = [
  'hangTab',
  'freezeTab',
  'crashTab',
] as const satisfies readonly TabFault[];

/** A tab that stops at a moment. */
export interface Stop {
  readonly kind: (typeof stopKinds)[number];
  readonly tab: number;
  /** What had just begun or ended there: a durable step, a read, a request. */
  readonly name: string;
  readonly fault: TimeFault;
}

/** A promise that a stop has broken, with the plan that repeats it. */
export class StopBroken extends Error {
  override readonly name = 'StopBroken';
  readonly plan: Plan;
  constructor({ name }: TabScenario, plan: Plan, stop: Stop | null, cause: unknown) {
    const where = stop
      ? `${stop.kind} ${stop.tab} at ${stop.fault.at} ms, ${stop.name}`
      : 'without a stop';
    super(`${name}: ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.plan = plan;
  }
}

export interface StopsExplored {
  readonly runs: number;
  /** Stops that were left out by the sampling rule. */
  readonly skipped: number;
  /** How often a tab was stopped at each kind of moment (`name/kind`). */
  readonly cells: ReadonlyMap<string, number>;
}

/** ms behind a beginning or an end: what comes of it is on its way, or has just been heard. */
const besides = 0.01;

export interface StopsOptions {
  readonly seed: number;
  /** Of the stops one in this many is run, by a draw keyed with what the stop is. */
  readonly oneIn: number;
}

/**
 * Runs a day of two tabs once for every moment, each tab and each kind of stop. What the tab knew and
 * had begun meets what the other did meanwhile.
 * @throws StopBroken for a broken promise
 * @throws SimulationError for a stop that never strikes
 */
export async function exploreStops(
  scenario: TabScenario,
  { seed, oneIn }: StopsOptions,
): Promise<StopsExplored> {
  const { name, faults } = scenario;
  const calm = await placed({ name, faults, plan: scenario.plan(seed) }, seed);
  const broken = (plan: Plan, stop: Stop | null) => (cause: unknown) => {
    throw new StopBroken(scenario, plan, stop, cause);
  };
  const result = await simulate(seed, calm).catch(broken(calm, null));
  const cells = new Map<string, number>();
  let runs = 0;
  const stops = stopsOf(seed, calm, result);
  for (const stop of stops) {
    const { kind, tab, fault } = stop;
    if (keyedBelow(seed, `${name}/${kind}/${tab}/${fault.at}`, oneIn) > 0) continue;
    const plan: Plan = { ...calm, faults: [...calm.faults, stop.fault] };
    const { struck } = await simulate(seed, plan).catch(broken(plan, stop));
    if (!struck.has(stop.fault)) {
      throw new SimulationError(`${name}: ${stop.kind} at ${stop.name} never struck`);
    }
    runs++;
    const cell = `${stop.name}/${stop.kind}`;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  return { runs, skipped: stops.length - runs, cells };
}

/** Every moment of a run, for each tab that is open then. */
function stopsOf(seed: number, plan: Plan, result: SimulationResult): Stop[] {
  const [spans = [], reads = [], points = []] = [
    result.spans[0],
    result.reads[0],
    result.points[0],
  ];
  const moments: { readonly name: string; readonly at: number }[] = [];
  const add = (name: string, { from, to }: Span) => {
    moments.push({ name, at: from + besides });
    if (to !== null) moments.push({ name, at: to + besides });
  };
  for (const [i, span] of spans.entries()) add(points[i] ?? '', span);
  for (const span of reads) add('disk read', span);
  for (const exchange of result.exchanges) add('request', exchange);
  const tabs = Array.from({ length: plan.tabs ?? 1 }, (_, tab) => ({
    tab,
    opened: openedAt(seed, 0, tab, plan.together),
  }));
  return moments
    .filter(({ at }) => at < result.healedAt)
    .flatMap(({ name, at }) =>
      tabs
        .filter(({ opened }) => opened < at)
        .flatMap(({ tab }) =>
          stopKinds.map((kind): Stop => {
            return { kind, tab, name, fault: { on: 'time', device: 0, tab, at, do: kind } };
          }),
        ),
    );
}
