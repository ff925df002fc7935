import { isObject } from './json.ts';
import type { FailWith, Refuse, TroubleKnobs } from './trouble.ts';

/** Says which knob was turned to where it cannot go. */
export class TroubleRefused extends Error {}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function wholeNumber(value: unknown, name: string, from: number, to: number): number {
  if (Number.isInteger(value) && Number(value) >= from && Number(value) <= to) return Number(value);
  throw new TroubleRefused(`${name} is a whole number from ${from} to ${to}.`);
}

function parseRetryAfter(value: unknown): number | string {
  if (typeof value === 'string' && /^[\x20-\x7e]{1,100}$/.test(value)) return value;
  return wholeNumber(value, 'failWith.retryAfter', 0, 86_400);
}

function boolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new TroubleRefused(`${name} is true or false.`);
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
  return { ...failWith, retryAfter: parseRetryAfter(retryAfter) };
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
    switch (name) {
      case 'delayMs':
        change.delayMs = wholeNumber(value, name, 0, 600_000);
        break;
      case 'dropAnswers':
      case 'deferAnswers':
      case 'batchAttempts':
        change[name] = wholeNumber(value, name, -1, 1_000_000);
        break;
      case 'cut':
      case 'requireIfMatch':
      case 'auth':
        change[name] = boolean(value, name);
        break;
      case 'failWith':
        change.failWith = parseFailWith(value);
        break;
      case 'refuse':
        change.refuse = parseRefuse(value);
        break;
      default:
        throw new TroubleRefused(`There is no knob "${name}".`);
    }
  }
  return change;
}
