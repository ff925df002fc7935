import type { Heard } from './heard.ts';
import { timeOf } from './httpDate.ts';

/** No server may ask for more (ms). */
const longestWait = 86_400_000;

/**
 * How long the server asks to wait (ms, 0 … 24 h); null where it does not say, or nobody can read
 * it. A date counts from the server's own `Date`, so that neither clock need be right.
 */
export function retryIn(heard: Heard, now: number): number | null {
  const said = heard.header('retry-after')?.trim();
  if (!said) return null;
  if (/^[+-]?\d+(?:\.\d+)?$/.test(said)) return clamped(Number(said) * 1_000);
  const until = timeOf(said);
  if (Number.isNaN(until)) return null;
  const from = timeOf(heard.header('date'));
  return clamped(until - (Number.isNaN(from) ? now : from));
}

function clamped(wait: number): number {
  return Math.min(Math.max(wait, 0), longestWait);
}
