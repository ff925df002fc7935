import { Worker } from 'node:worker_threads';
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
  const { seed, seeds } = options;
  const chunks: Chunk[] = [];
  for (let from = seed; from < seed + seeds; from += chunkSeeds) {
    chunks.push({ from, count: Math.min(chunkSeeds, seed + seeds - from) });
  }
  const done: Sweep[] = [];
  let next = 0;
  let ran = 0;
  let isFound = false;
  const work = async (): Promise<void> => {
    // As apps are shipped: Redux and its toolkit check each action otherwise.
    const env = { ...process.env, NODE_ENV: 'production' };
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [], env });
    try {
      while (next < chunks.length && !isFound) {
        const at = next++;
        const chunk = chunks[at] as Chunk;
        const sweep = await answerOf(worker, chunk);
        done[at] = sweep;
        ran += chunk.count;
        if (sweep.finding) isFound = true;
        options.onProgress?.(ran);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, chunks.length) }, work));
  let tally = noTally;
  for (const sweep of done) {
    tally = added(tally, sweep.tally);
    if (sweep.finding) return { tally, finding: sweep.finding };
  }
  return { tally, finding: null };
}

function answerOf(worker: Worker, chunk: Chunk): Promise<Sweep> {
  return new Promise((resolve, reject) => {
    const { from, count } = chunk;
    const failed = (cause: unknown) => {
      reject(
        new Error(`a worker died between the seeds ${from} and ${from + count - 1}`, { cause }),
      );
    };
    worker.once('error', failed);
    worker.once('message', (sweep: Sweep) => {
      worker.off('error', failed);
      resolve(sweep);
    });
    worker.postMessage(chunk);
  });
}
