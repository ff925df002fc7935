import type { Plan } from '../../src/testing/plan/plan.ts';
import type { SimulationResult } from '../../src/testing/simulate.ts';
import type { Broken } from './outcome.ts';

/** What a number of runs amounts to; plain data, so that workers can hand it over. */
export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly requests: number;
  readonly faults: number;
  readonly struck: number;
  /** How often a kind of fault struck at a point, by `cellKey`. */
  readonly cells: Readonly<Record<string, number>>;
}

export const noTally: Tally = {
  ...{ seeds: 0, steps: 0, requests: 0, faults: 0, struck: 0 },
  cells: {},
};

export function cellKey(on: string, point: string, kind: string): string {
  return `${on} | ${point} | ${kind}`;
}

export function tallyOf(plan: Plan, result: SimulationResult): Tally {
  const cells: Record<string, number> = {};
  for (const { fault, points } of result.strikes) {
    for (const point of points) {
      const key = cellKey(fault.on, point, fault.do);
      cells[key] = (cells[key] ?? 0) + 1;
    }
  }
  const { steps, requests, fired: struck } = result;
  return { seeds: 1, steps, requests, faults: plan.faults.length, struck, cells };
}

export function added(a: Tally, b: Tally): Tally {
  const cells = { ...a.cells };
  for (const [key, count] of Object.entries(b.cells)) cells[key] = (cells[key] ?? 0) + count;
  return {
    seeds: a.seeds + b.seeds,
    steps: a.steps + b.steps,
    requests: a.requests + b.requests,
    faults: a.faults + b.faults,
    struck: a.struck + b.struck,
    cells,
  };
}

/** The first seed that ended otherwise than it should. */
export type Finding =
  | { readonly kind: 'broken'; readonly seed: number; readonly broken: Broken }
  /** Two runs of the seed differ (I32). */
  | { readonly kind: 'differs'; readonly seed: number }
  /** The scenario is at fault: it never ends, or is none. */
  | { readonly kind: 'mistake'; readonly seed: number; readonly message: string };

export interface Sweep {
  readonly tally: Tally;
  readonly finding: Finding | null;
}
