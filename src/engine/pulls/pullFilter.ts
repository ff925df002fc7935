import type { Json, JsonObject } from '../../../store/json.ts';
import type { Filter } from '../../pullOptions.ts';

/**
 * Where a record stands to a filter, as far as its fields show: equal plain values (a number and its
 * text are the same: parameters are text). A filter may name what is no plain field of the record,
 * and then only the server can tell.
 */
export function standing(record: JsonObject, filter: Filter): 'inside' | 'outside' | 'unknown' {
  let isKnown = true;
  for (const [field, wanted] of Object.entries(filter)) {
    const value = Object.hasOwn(record, field) ? record[field] : undefined;
    if (!isPlain(value)) isKnown = false;
    else if (value !== wanted && String(value) !== String(wanted)) return 'outside';
  }
  return isKnown ? 'inside' : 'unknown';
}

function isPlain(value: Json | undefined): boolean {
  return value === null || (typeof value !== 'object' && value !== undefined);
}

export function hasFilter(filter: Filter): boolean {
  return Object.keys(filter).length > 0;
}
