import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Exploring from '../../../src/testing/crashPoints/explore.ts';
import type * as Tabs from '../../../src/testing/crashPoints/scenarios/tabs.ts';
import type * as Scenarios from '../../../src/testing/crashPoints/scenarios.ts';
import type * as Stopping from '../../../src/testing/crashPoints/stops.ts';
import type * as Generating from '../../../src/testing/plan/generate.ts';
import type * as Simulating from '../../../src/testing/simulate.ts';

/** Which copy, and where in it: seeds, or scenarios of the exhaustive mode (by name), in order. */
export interface Job {
  readonly root: string;
  readonly by: 'days' | 'crashes' | 'stops';
  readonly places: readonly (number | string)[];
}

export interface Found {
  /** A seed, or a scenario's name. */
  readonly place: number | string;
  readonly invariant: string;
  readonly seen: string;
}

/** How a search ended. */
export interface Report {
  readonly found: Found | null;
  /** How many seeds or scenarios were run. */
  readonly ran: number;
  readonly seconds: number;
}

/** One seed in so many is run twice: nothing else finds chance that is not the seed's own. */
const twice = 10;

type Try = (place: number | string) => Promise<void>;

/** How one place of a copy is tried: it throws where a promise breaks. Every copy is loaded as its own. */
async function load({ root, by }: Job): Promise<Try> {
  const from = (file: string) => import(pathToFileURL(join(root, 'src/testing', file)).href);
  if (by === 'days') {
    const { generate } = (await from('plan/generate.ts')) as typeof Generating;
    const { simulate } = (await from('simulate.ts')) as typeof Simulating;
    return async (place) => {
      const seed = Number(place);
      const { trace } = await simulate(seed, generate(seed));
      if (seed % twice !== 0 || (await simulate(seed, generate(seed))).trace === trace) return;
      throw Object.assign(new Error('two runs of one seed differ'), { invariant: 'I32' });
    };
  }
  if (by === 'stops') {
    const { exploreStops } = (await from('crashPoints/stops.ts')) as typeof Stopping;
    const { tabScenarios } = (await from('crashPoints/scenarios/tabs.ts')) as typeof Tabs;
    return async (place) => {
      const scenario = tabScenarios.find(({ name }) => name === place);
      if (scenario) await exploreStops(scenario, { seed: 1, oneIn: 1 });
    };
  }
  const { explore } = (await from('crashPoints/explore.ts')) as typeof Exploring;
  const { scenarios } = (await from('crashPoints/scenarios.ts')) as typeof Scenarios;
  return async (place) => {
    const scenario = scenarios.find(({ name }) => name === place);
    if (scenario) await explore(scenario, { seed: 1, pairsOneIn: 0 });
  };
}

/** The promise that an error tells of; those of the exhaustive mode have it as their cause. */
function invariantOf(error: Error): string {
  const { invariant } = error as { readonly invariant?: string };
  if (invariant !== undefined) return invariant;
  return error.cause instanceof Error ? invariantOf(error.cause) : error.name;
}

async function search(job: Job): Promise<Report> {
  const began = performance.now();
  const attempt = await load(job);
  const report = (found: Found | null, ran: number): Report => ({
    ...{ found, ran },
    seconds: (performance.now() - began) / 1_000,
  });
  let ran = 0;
  for (const place of job.places) {
    ran++;
    process.send?.({ place });
    try {
      await attempt(place);
    } catch (cause) {
      const error = cause as Error;
      return report({ place, invariant: invariantOf(error), seen: error.message }, ran);
    }
  }
  return report(null, ran);
}

process.on('message', async (job: Job) => {
  process.send?.({ report: await search(job) });
});
