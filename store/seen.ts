import { writerCap } from './caps.ts';

/** The last row of each writer that was folded: its number, and as the how-manieth of all. */
export type Seen = Record<string, { readonly n: number; readonly at: number }>;

/**
 * Notes in `seen` that row `n` of a writer was folded as the `at`-th of all. Beyond the cap the
 * writer that was silent longest is forgotten.
 */
export function noteSeen(seen: Seen, writer: string, n: number, at: number): void {
  const isKnown = Object.hasOwn(seen, writer);
  seen[writer] = { n, at };
  if (isKnown) return;
  const writers = Object.keys(seen);
  for (let count = writers.length; count > writerCap; count--) {
    const oldest = writers.reduce((a, b) => ((seen[a]?.at ?? at) <= (seen[b]?.at ?? at) ? a : b));
    delete seen[oldest];
  }
}
