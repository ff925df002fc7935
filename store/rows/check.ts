import { isJsonObject } from '../json.ts';

/**
 * Small checks for data from disk, which is not trusted: each gives true only for what a codec of
 * this build may fold.
 */
export type Check = (value: unknown) => boolean;

export const isString: Check = (value) => typeof value === 'string';
export const isText: Check = (value) => typeof value === 'string' && value !== '';
/** A text that can be the key of a plain object: none that every object has (`constructor`). */
export const isName: Check = (value) => isText(value) && !((value as string) in Object.prototype);
export const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
export const isBoolean: Check = (value) => typeof value === 'boolean';
export const isObject: Check = (value) => isJsonObject(value);
export const isAnything: Check = (value) => value !== undefined;

export function nullable(check: Check): Check {
  return (value) => value === null || check(value);
}

export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

export function mapOf(check: Check): Check {
  return (value) => isJsonObject(value) && Object.values(value).every(check);
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value) => typeof value === 'string' && allowed.includes(value);
}

export function shape(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value) =>
    isJsonObject(value) &&
    checks.every(([name, check]) => check(Object.hasOwn(value, name) ? value[name] : undefined));
}
