import { inThreads } from '../support/threads.ts';
import { added, noTally, type Sweep } from './tally.ts';
import type { Chunk } from './worker.ts';

export interface SweepOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly workers: number;
  /** Seeds that are done, now and then. */
  readonly onProgress?: (done: number) => void;
}

const chunkSeeds = 25;

/**
 * Runs seeds on several cores. What comes out does not depend on how many: chunks are handed out in
 * order and added up in order, up to the first finding; what was run beyond it does not count.
 */
export async function sweepSeeds(options: SweepOptions): Promise<Sweep> {
  const { seed, seeds, workers } = options;
  const chunks: Chunk[] = [];
  for (let from = seed; from < seed + seeds; from += chunkSeeds) {
    chunks.push({ from, count: Math.min(chunkSeeds, seed + seeds - from) });
  }
  let ran = 0;
  const sweeps = await inThreads<Chunk, Sweep>(chunks, {
    file: new URL('./worker.ts', import.meta.url),
    width: workers,
    // As apps are shipped: Redux and its toolkit check each action otherwise.
    env: { ...process.env, NODE_ENV: 'production' },
    nameOf: ({ from, count }) => `the seeds ${from} to ${from + count - 1}`,
    onAnswer: ({ count }) => {
      ran += count;
      options.onProgress?.(ran);
    },
    isLast: ({ finding }) => finding !== null,
  });
  let tally = noTally;
  for (const sweep of sweeps) {
    tally = added(tally, sweep.tally);
    if (sweep.finding) return { tally, finding: sweep.finding };
  }
  return { tally, finding: null };
}
