/** How waits between attempts grow. Times in milliseconds. */
export interface Backoff {
  /** Upper bound of the first wait. */
  readonly base: number;
  /** Growth of the bound from one attempt to the next. */
  readonly factor: number;
  /** The bound never grows past this. */
  readonly cap: number;
}

/** 1 s, doubled up to 5 min: the figures of the seed package, which its users rely on. */
export const defaultBackoff: Backoff = { base: 1_000, factor: 2, cap: 300_000 };

/**
 * Full jitter: a wait drawn evenly from `[0, min(cap, base * factor ** attempts)]`, so that many
 * clients that failed together don't come back together.
 * Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempts how many attempts have failed before this one; 0 for the first failure
 * @param random a number in [0, 1)
 * @example backoffDelay(defaultBackoff, 3, 0.5) // 4000: half of the bound of 8 s
 */
export function backoffDelay(backoff: Backoff, attempts: number, random: number): number {
  // 2 ** 1024 is Infinity; the exponent is bounded so that the product stays a number.
  const bound = Math.min(backoff.cap, backoff.base * backoff.factor ** Math.min(attempts, 60));
  return Math.floor(random * bound);
}
