import { parentPort } from 'node:worker_threads';
import { generate } from '../../src/testing/plan/generate.ts';
import { SimulationError } from '../../src/testing/world/world.ts';
import { isSameRun, outcomeOf, watchUnheard } from './outcome.ts';
import { added, type Finding, noTally, type Sweep, tallyOf } from './tally.ts';

/** Seeds to run, in order, up to the first finding. */
export interface Chunk {
  readonly from: number;
  readonly count: number;
}

/** One seed of so many is run twice. */
const twiceEvery = 100;

// Most errors of a random day are its own faults, and nobody reads where they were made: what is
// broken is run again outside of here, with all traces.
Error.stackTraceLimit = 0;
watchUnheard();
parentPort?.on('message', (chunk: Chunk) => {
  sweep(chunk).then((done) => parentPort?.postMessage(done));
});

async function sweep({ from, count }: Chunk): Promise<Sweep> {
  let tally = noTally;
  let finding: Finding | null = null;
  for (let seed = from; seed < from + count && !finding; seed++) {
    const plan = generate(seed);
    try {
      const outcome = await outcomeOf(seed, plan);
      if (outcome.kind === 'broken') finding = { kind: 'broken', seed, broken: outcome.broken };
      else tally = added(tally, tallyOf(plan, outcome.result));
      const isChecked = seed % twiceEvery === 0 || outcome.kind === 'broken';
      if (isChecked && !isSameRun(outcome, await outcomeOf(seed, plan))) {
        finding = { kind: 'differs', seed };
      }
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error;
      finding = { kind: 'mistake', seed, message: error.message };
    }
  }
  return { tally, finding };
}
