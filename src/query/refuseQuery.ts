import { SyncError } from '../errors.ts';

/** @throws SyncError `badQuery`, always */
export function refuseQuery(path: string, problem: string): never {
  throw new SyncError('badQuery', `${path} ${problem}`);
}

/** An object of the language's own, or one without a prototype: no class, no list. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  // The root of another realm (a frame) is one too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
