import type { Json, JsonObject } from '../../store/json.ts';

/** Reads when a record was changed last (ms since 1970); null where it does not say. */
export type UpdatedAt = (record: JsonObject) => number | null;

/**
 * The accessor of a model: a field's name, or a function. Numbers are ms since 1970, texts are ISO
 * 8601; what is neither says nothing.
 */
export function updatedAtOf(
  given: string | ((record: JsonObject) => unknown) | undefined,
): UpdatedAt | null {
  if (given === undefined) return null;
  return (record) => {
    try {
      return timeIn(typeof given === 'string' ? record[given] : given(record));
    } catch {
      return null;
    }
  };
}

function timeIn(value: Json | unknown): number | null {
  // biome-ignore lint/style/noRestrictedGlobals: reading a text asks no clock
  const time = typeof value === 'string' ? Date.parse(value) : value;
  return typeof time === 'number' && Number.isFinite(time) ? time : null;
}
