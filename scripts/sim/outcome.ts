import { InvariantBroken } from '../../src/testing/history/history.ts';
import type { Strike } from '../../src/testing/history/strikes.ts';
import type { Plan } from '../../src/testing/plan/plan.ts';
import { type SimulationResult, simulate } from '../../src/testing/simulate.ts';
import { SimulationError } from '../../src/testing/world/world.ts';

/** A promise that was broken, as plain data. */
export interface Broken {
  readonly invariant: string;
  readonly seen: string;
  readonly steps: number;
  readonly trace: string;
  /** The last that happened. */
  readonly tail: readonly string[];
  readonly strikes: readonly Strike[];
}

export type Outcome =
  | { readonly kind: 'kept'; readonly result: SimulationResult }
  | { readonly kind: 'broken'; readonly broken: Broken };

/** Promises of the kit that failed and that nobody listened to. */
const unheard: unknown[] = [];

/** From here on a promise that fails unheard is a finding of the run, not the end of the process. */
export function watchUnheard(): void {
  process.on('unhandledRejection', (reason) => void unheard.push(reason));
}

/**
 * Runs a plan; a broken promise is a value.
 * @throws SimulationError for a plan that is none, or one that never ends
 */
export async function outcomeOf(seed: number, plan: Plan): Promise<Outcome> {
  try {
    const result = await simulate(seed, plan);
    const [reason] = unheard.splice(0);
    if (reason === undefined) return { kind: 'kept', result };
    const { steps, trace, strikes } = result;
    const seen = `a promise failed and nobody listened: ${textOf(reason)}`;
    return {
      kind: 'broken',
      broken: { invariant: 'no error', seen, steps, trace, tail: [], strikes },
    };
  } catch (error) {
    unheard.length = 0;
    if (error instanceof SimulationError) throw error;
    const { invariant, evidence } =
      error instanceof InvariantBroken ? error : { invariant: 'no error', evidence: null };
    const none = { steps: 0, trace: '', tail: [], strikes: [] };
    return { kind: 'broken', broken: { invariant, seen: textOf(error), ...(evidence ?? none) } };
  }
}

function textOf(reason: unknown): string {
  if (reason instanceof InvariantBroken) return reason.message;
  return reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
}

/** The same promise, seen broken in the same way at the same step. */
export function isSameRun(a: Outcome, b: Outcome): boolean {
  if (a.kind === 'kept' && b.kind === 'kept') {
    return a.result.trace === b.result.trace && a.result.steps === b.result.steps;
  }
  if (a.kind !== 'broken' || b.kind !== 'broken') return false;
  return (
    a.broken.invariant === b.broken.invariant &&
    a.broken.trace === b.broken.trace &&
    a.broken.steps === b.broken.steps
  );
}
