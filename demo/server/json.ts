/**
 * JSON as it comes from strangers: parsed with a bound on depth and without the keys
 * that reach into prototypes, so that no later line has to think of either.
 */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Says in one sentence why a text is not taken; the caller turns it into an answer. */
export class JsonRefused extends Error {}

const MAX_DEPTH = 64;
const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new JsonRefused('The body is not valid JSON.');
  }
  guard(value, 1);
  return value;
}

function guard(value: Json, depth: number): void {
  // A number like 1e400 parses to Infinity and would be written back as null: data lost in silence.
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new JsonRefused('The body holds a number that is out of range.');
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new JsonRefused(`The body is nested deeper than ${MAX_DEPTH}.`);
  if (Array.isArray(value)) {
    for (const entry of value) guard(entry, depth + 1);
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) throw new JsonRefused(`The key "${key}" is not allowed.`);
    guard(entry, depth + 1);
  }
}

/** RFC 7396, to the letter: null removes, objects merge, everything else replaces. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
