import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { largestSeed } from '../../src/testing/plan/planFile.ts';
import { SimulationError } from '../../src/testing/world/world.ts';

export interface SimOptions {
  readonly seed: number;
  readonly seeds: number;
  /** A file with a plan to repeat. */
  readonly plan: string | null;
  /** Whether the seed was given: it goes before the one in the plan's file. */
  readonly isSeedGiven: boolean;
  readonly workers: number;
  readonly help: boolean;
}

export const usage = `npm run sim -- [--seeds N] [--seed S] [--workers W]   N random days from seed S on
npm run sim -- --plan file.json [--seed S]            one kept day again`;

/** @throws SimulationError for what is no option or no number */
export function readOptions(args: readonly string[]): SimOptions {
  const { seed, seeds, plan, workers, help } = parsed(args);
  if (plan !== undefined && seeds !== undefined) {
    throw new SimulationError('--plan repeats one day: it takes no --seeds');
  }
  const first = seed === undefined ? 1 : wholeNumber('--seed', seed, 0, largestSeed);
  const count = seeds === undefined ? 1_000 : wholeNumber('--seeds', seeds, 1, 1_000_000_000);
  if (plan === undefined && first + count - 1 > largestSeed) {
    throw new SimulationError(`seeds end at ${largestSeed}: ${count} from ${first} are too many`);
  }
  return {
    seed: first,
    seeds: count,
    plan: plan ?? null,
    isSeedGiven: seed !== undefined,
    workers:
      workers === undefined ? availableParallelism() : wholeNumber('--workers', workers, 1, 1_024),
    help: help ?? false,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { seed: text, seeds: text, plan: text, workers: text } as const;
  const help = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...args], options: { ...options, help } }).values;
  } catch (error) {
    throw new SimulationError((error as Error).message);
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new SimulationError(`${name} takes a whole number from ${least} to ${most}, not "${text}"`);
}
