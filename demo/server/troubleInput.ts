import { isObject } from './json.ts';
import type { FailWith, Refuse, TroubleKnobs } from './trouble.ts';

/** Says which knob was turned to where it cannot go. */
export class TroubleRefused extends Error {}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function wholeNumber(value: unknown, name: string, from: number, to: number): number {
  if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) return Number(value);
  throw new TroubleRefused(`${name} is a whole number from ${from} to ${to}.`);
}

function parseFailWith(value: unknown): FailWith | null {
  if (value === null) return null;
  if (!isObject(value)) throw new TroubleRefused('failWith is an object or null.');
  const { status, count, retryAfter } = value;
  if (status !== 500 && status !== 429 && status !== 503) {
    throw new TroubleRefused('failWith.status is 500, 429 or 503.');
  }
  const times = wholeNumber(count, 'failWith.count', -1, 1_000_000);
  if (times === 0) return null;
  const failWith = { status, count: times } as const;
  if (retryAfter === undefined) return failWith;
  return { ...failWith, retryAfter: wholeNumber(retryAfter, 'failWith.retryAfter', 0, 86_400) };
}

function parseRefuse(value: unknown): Refuse | null {
  if (value === null) return null;
  if (!isObject(value)) throw new TroubleRefused('refuse is an object or null.');
  const { match, reason, status = 422 } = value;
  if (typeof match !== 'string' || match === '') {
    throw new TroubleRefused('refuse.match is a text that is not empty.');
  }
  if (typeof reason !== 'string') throw new TroubleRefused('refuse.reason is a text.');
  return { match, reason, status: wholeNumber(status, 'refuse.status', 400, 499) };
}

/** Reads a partial change of the knobs; throws TroubleRefused before anything is turned. */
export function parseTrouble(input: unknown): Partial<TroubleKnobs> {
  if (!isObject(input)) throw new TroubleRefused('The body must be an object of knobs.');
  const change: Partial<Writable<TroubleKnobs>> = {};
  for (const [name, value] of Object.entries(input)) {
    if (name === 'delayMs') change.delayMs = wholeNumber(value, name, 0, 600_000);
    else if (name === 'dropAnswers') change.dropAnswers = wholeNumber(value, name, -1, 1_000_000);
    else if (name === 'failWith') change.failWith = parseFailWith(value);
    else if (name === 'refuse') change.refuse = parseRefuse(value);
    else if (name !== 'cut') throw new TroubleRefused(`There is no knob "${name}".`);
    else if (typeof value === 'boolean') change.cut = value;
    else throw new TroubleRefused('cut is true or false.');
  }
  return change;
}
