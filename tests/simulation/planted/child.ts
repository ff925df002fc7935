import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Generating from '../../../src/testing/plan/generate.ts';
import type * as Simulating from '../../../src/testing/simulate.ts';

/** Which copy, and which seeds of it, in order. */
export interface Job {
  readonly root: string;
  readonly seeds: readonly number[];
}

export interface Found {
  readonly seed: number;
  readonly invariant: string;
  readonly seen: string;
}

/** How a search ended. */
export interface Report {
  readonly found: Found | null;
  /** How many seeds were run. */
  readonly ran: number;
  readonly seconds: number;
}

/** One seed in so many is run twice: nothing else finds chance that is not the seed's own. */
const twice = 10;

/** The kit of one copy: every copy is loaded as its own. */
async function load(root: string) {
  const from = (file: string) => import(pathToFileURL(join(root, 'src/testing', file)).href);
  const { generate } = (await from('plan/generate.ts')) as typeof Generating;
  const { simulate } = (await from('simulate.ts')) as typeof Simulating;
  return { generate, simulate };
}

async function search({ root, seeds }: Job): Promise<Report> {
  const began = performance.now();
  const { generate, simulate } = await load(root);
  const report = (found: Found | null, ran: number): Report => ({
    ...{ found, ran },
    seconds: (performance.now() - began) / 1_000,
  });
  let ran = 0;
  for (const seed of seeds) {
    ran++;
    process.send?.({ seed });
    try {
      const { trace } = await simulate(seed, generate(seed));
      if (seed % twice === 0 && (await simulate(seed, generate(seed))).trace !== trace) {
        const seen = 'two runs of one seed differ';
        return report({ seed, invariant: 'I32', seen }, ran);
      }
    } catch (cause) {
      const error = cause as Error & { readonly invariant?: string };
      const invariant = error.invariant ?? error.name;
      return report({ seed, invariant, seen: error.message }, ran);
    }
  }
  return report(null, ran);
}

process.on('message', async (job: Job) => {
  process.send?.({ report: await search(job) });
});
