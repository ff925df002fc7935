import { parentPort } from 'node:worker_threads';
import { type TabScenario, tabScenarios } from '../../../src/testing/crashPoints/scenarios/tabs.ts';
import { exploreStops, type StopsOptions } from '../../../src/testing/crashPoints/stops.ts';

/** A scenario to explore. */
export interface Job extends StopsOptions {
  /** Its place in the list of all. */
  readonly at: number;
}

parentPort?.on('message', async ({ at, ...options }: Job) => {
  const scenario = tabScenarios[at] as TabScenario;
  parentPort?.postMessage(await exploreStops(scenario, options).catch(String));
});
