/** What one benchmark measured: our times and the floor's, round by round, in milliseconds. */
export interface Samples {
  readonly ours: readonly number[];
  readonly floor: readonly number[];
}

/** One side of a pair: does its work once and returns how long the measured part took (ms). */
export type Side = () => Promise<number>;

export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Measures two sides in turn (A B A B), so that a machine that slows down slows both. A first round
 * warms both up and does not count.
 */
export async function paired(rounds: number, ours: Side, floor: Side): Promise<Samples> {
  const samples: { ours: number[]; floor: number[] } = { ours: [], floor: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, side] of [['ours', ours] as const, ['floor', floor] as const]) {
      await settle();
      const ms = await side();
      if (round > 0) samples[name].push(ms);
    }
  }
  return samples;
}

/** Lets what the last side left behind (garbage, closing databases) be done before the next. */
export async function settle(): Promise<void> {
  (globalThis as { gc?: () => void }).gc?.();
  await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A benchmark whose result is wrong measured nothing. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
