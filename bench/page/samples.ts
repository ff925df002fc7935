/** What one benchmark measured: our times and the floor's, round by round, in milliseconds. */
export interface Samples {
  readonly ours: readonly number[];
  readonly floor: readonly number[];
}

/**
 * One side of a comparison: does its work once and returns how long the measured part took (ms).
 *
 * @param round 0 warms up and does not count
 */
export type Side = (round: number) => Promise<number>;

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
  const { ours: mine = [], floor: theirs = [] } = await inTurns(rounds, { ours, floor });
  return { ours: mine, floor: theirs };
}

/** The same for any number of sides (A B C A B C): the times of each, round by round. */
export async function inTurns(
  rounds: number,
  sides: Readonly<Record<string, Side>>,
): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      await settle();
      const ms = await side(round);
      if (round > 0) times[name] = [...(times[name] ?? []), ms];
    }
  }
  return times;
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

/** Bytes that are held after a collection; Chromium alone tells, with `--enable-precise-memory-info`. */
export function heapSize(): number {
  const { memory } = performance as { memory?: { readonly usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? Number.NaN;
}
