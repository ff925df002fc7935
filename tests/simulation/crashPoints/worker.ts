import { parentPort } from 'node:worker_threads';
import { type CrashBroken, explore } from '../../../src/testing/crashPoints/explore.ts';
import type { Scenario } from '../../../src/testing/crashPoints/scenarios/row.ts';
import { scenarios } from '../../../src/testing/crashPoints/scenarios.ts';
import { checkOutcomes, faultsOf } from './outcomes.ts';

/** A scenario to explore. */
export interface Job {
  /** Its place in the list of all. */
  readonly at: number;
  readonly seed: number;
  /** Of the pairs of crashes one in this many. */
  readonly pairsOneIn: number;
}

/** What came of one scenario. */
export interface Explored {
  /** How often each point (`name/kind`) was hit. */
  readonly cells: ReadonlyMap<string, number>;
  /** How many runs each fault of the catalogue had, by its id. */
  readonly runs: ReadonlyMap<string, number>;
  readonly broken: readonly BrokenRun[];
}

export interface BrokenRun {
  readonly message: string;
  /** Ids of the faults of the catalogue that the run was an example of; null: of all. */
  readonly faults: readonly string[] | null;
}

async function explored({ at, ...options }: Job): Promise<Explored> {
  const runs = new Map<string, number>();
  const broken: BrokenRun[] = [];
  const onBroken = ({ message, run }: CrashBroken) =>
    void broken.push({ message, faults: faultsOf(run) });
  try {
    const { cells } = await explore(scenarios[at] as Scenario, {
      ...{ ...options, onBroken },
      onRun: (run, result) => {
        for (const id of faultsOf(run)) runs.set(id, (runs.get(id) ?? 0) + 1);
        if (run.crashes.length > 0) checkOutcomes(run, result);
      },
    });
    return { cells, runs, broken };
  } catch (error) {
    // Not even without a crash: nothing can be said of this scenario.
    broken.push({ message: String(error), faults: null });
    return { cells: new Map(), runs, broken };
  }
}

parentPort?.on('message', async (job: Job) => {
  parentPort?.postMessage(await explored(job));
});
