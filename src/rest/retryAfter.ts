import type { Heard } from './heard.ts';

/** No server may ask for more (ms). */
const longestWait = 86_400_000;

/** The forms of a date in HTTP (RFC 9110, 5.6.7), and ISO 8601. */
const httpDate = /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? |\d{4}-\d\d-\d\dT)/i;

// biome-ignore lint/style/noRestrictedGlobals: it reads a text and asks no clock.
const parsed = (text: string) => Date.parse(text);

function timeOf(text: string | null): number {
  if (text === null || !httpDate.test(text)) return Number.NaN;
  return parsed(/gmt|z|[+-]\d\d:?\d\d$/i.test(text) ? text : `${text} GMT`);
}

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
