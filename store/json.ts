/** What can be kept: what JSON can say without loss. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface JsonLimits {
  /** Levels of arrays and objects. Deeper values overflow `JSON.stringify` at about 5,000. */
  readonly depth: number;
  /** Characters of the whole, keys included. */
  readonly size: number;
  /** Paths of objects whose keys are names of things: any is allowed, on an object without prototype. */
  readonly maps?: readonly string[];
}

export const defaultJsonLimits: JsonLimits = { depth: 64, size: 1_000_000 };

/** Keys that reach an object's prototype on assignment or on a naive merge; 9 or 11 characters. */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isForbiddenKey(key: string): boolean {
  return forbiddenKeys.has(key);
}

export type JsonProblem =
  | 'depth'
  | 'size'
  | 'forbiddenKey'
  | 'notJson'
  /** A getter or a proxy threw while it was read. */
  | 'unreadable';

/** A value that can't be kept, and where in it. */
export interface JsonRefusal {
  readonly problem: JsonProblem;
  /** `title`, `tags[2].name`; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

export type JsonResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: JsonRefusal };

class Refused {
  readonly refusal: JsonRefusal;
  constructor(problem: JsonProblem, path: string, message: string) {
    this.refusal = { problem, path, message };
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'object of an unknown class';
}

/**
 * Copies a value, refusing what JSON would lose or change: NaN and infinities, BigInt, functions,
 * symbols, dates, maps, typed arrays and other classes, cycles, prototype keys. `undefined` in an
 * object is left out, as JSON does; in an array it is refused; -0 becomes 0.
 *
 * @example copyJson({ at: new Date() }) // { ok: false, refusal: { path: 'at', problem: 'notJson', … } }
 */
export function copyJson(value: unknown, limits: JsonLimits = defaultJsonLimits): JsonResult<Json> {
  let left = limits.size;

  function spend(characters: number, path: string): void {
    left -= characters;
    if (left < 0) {
      throw new Refused('size', path, `the value is larger than ${limits.size} characters`);
    }
  }

  function copy(from: unknown, path: string, depth: number): Json {
    switch (typeof from) {
      case 'string':
        spend(from.length + 2, path);
        return from;
      case 'boolean':
        spend(5, path);
        return from;
      case 'number':
        spend(8, path);
        if (!Number.isFinite(from)) {
          throw new Refused('notJson', path, `${from} can't be kept; use null or a string`);
        }
        return from === 0 ? 0 : from;
      case 'object':
        break;
      default:
        throw new Refused('notJson', path, `a ${typeof from} can't be kept`);
    }
    if (from === null) {
      spend(4, path);
      return null;
    }
    if (depth >= limits.depth) {
      throw new Refused('depth', path, `deeper than ${limits.depth} levels, or a cycle`);
    }
    return Array.isArray(from)
      ? copyArray(from, path, depth)
      : copyObject(from as Record<string, unknown>, path, depth);
  }

  function copyArray(from: readonly unknown[], path: string, depth: number): Json[] {
    const to: Json[] = [];
    for (let i = 0; i < from.length; i++) {
      spend(1, path);
      to.push(copy(from[i], `${path}[${i}]`, depth + 1));
    }
    return to;
  }

  function copyObject(from: Record<string, unknown>, path: string, depth: number): JsonObject {
    const prototype = Object.getPrototypeOf(from);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      throw new Refused('notJson', path, `a ${kindOf(from)} can't be kept; store plain data`);
    }
    const isMap = limits.maps?.includes(path) === true;
    const to: Record<string, Json> = isMap ? Object.create(null) : {};
    for (const key of Object.keys(from)) {
      const inner = path === '' ? key : `${path}.${key}`;
      if (!isMap && forbiddenKeys.has(key)) {
        throw new Refused('forbiddenKey', inner, `the key "${key}" is not allowed`);
      }
      const part = from[key];
      if (part === undefined) continue;
      spend(key.length + 4, inner);
      to[key] = copy(part, inner, depth + 1);
    }
    return to;
  }

  try {
    return { ok: true, value: copy(value, '', 0) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    const message = 'reading the value threw an error (a getter or a proxy?)';
    return { ok: false, refusal: { problem: 'unreadable', path: '', message } };
  }
}

/**
 * Whether what was parsed can stand in a state: no prototype keys, no number that overflowed
 * (`1e999`), not more levels than `levels`. Copies nothing; for what `copyJson` let pass once.
 */
export function isKeepable(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return isFiniteOrNone(value);
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (const part of value) if (!isKeepable(part, levels - 1)) return false;
    return true;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    // By length first: this runs over everything that a start reads.
    if ((key.length === 9 || key.length === 11) && forbiddenKeys.has(key)) return false;
    const part = object[key];
    const isInner = typeof part === 'object' && part !== null;
    if (isInner ? !isKeepable(part, levels - 1) : !isFiniteOrNone(part)) return false;
  }
  return true;
}

function isFiniteOrNone(value: unknown): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** About how many characters a value has as JSON; a third of the cost of writing it. */
export function jsonSize(value: Json): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 6;
  let size = 2;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) size += jsonSize(item) + 1;
    return size;
  }
  const object = value as JsonObject;
  for (const key in object) size += key.length + 4 + jsonSize(object[key] as Json);
  return size;
}

/** Same value, whatever the order of keys. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return false;
}

/**
 * The merge patch (RFC 7396) that turns the field `from` into `to`: nested keys that went are sent
 * as null. A plain value, or an object where none stood, is sent as it is.
 *
 * @example mergePatchOf({ a: 1, b: 2 }, { a: 1, c: 3 }) // { b: null, c: 3 }
 */
export function mergePatchOf(from: Json | undefined, to: Json): Json {
  if (!isJsonObject(from) || !isJsonObject(to)) return to;
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const key of Object.keys(to)) {
    const next = to[key] as Json;
    if (!Object.hasOwn(from, key)) patch[key] = next;
    else if (!sameJson(from[key], next)) patch[key] = mergePatchOf(from[key], next);
  }
  return patch;
}
