import type { Fault, Plan } from '../plan/plan.ts';
import { type SimulationResult, simulate } from '../simulate.ts';
import { SimulationError } from '../world/world.ts';
import type { NamedFault, Scenario } from './scenarios/row.ts';

type Placeable = Pick<Scenario, 'name' | 'plan' | 'faults'>;

/** The scenario's plan, with its own faults at the steps that they name. */
export async function placed(scenario: Placeable, seed: number): Promise<Plan> {
  let plan: Plan = { ...scenario.plan, faults: [] };
  for (const fault of scenario.faults) {
    // Where a step stands depends on the faults in front of it: each is looked for in a run.
    const made = 'on' in fault ? fault : placedFault(scenario, fault, await simulate(seed, plan));
    plan = { ...plan, faults: [...plan.faults, made] };
  }
  return plan;
}

function placedFault(
  { name }: Placeable,
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
export function isStep(point: string, wanted: string): boolean {
  const types = (name: string) => (name.startsWith('append ') ? name.slice(7).split('+') : [name]);
  return types(wanted).every((type) => types(point).includes(type));
}

/** The names of a durable step: `append sealed+cancelled` is both. */
export function namesOf(point: string): string[] {
  if (!point.startsWith('append ')) return [point];
  return point
    .slice(7)
    .split('+')
    .map((type) => `append ${type}`);
}
