import type { Json, JsonObject } from '../../store/json.ts';
import type { CheckedOrder } from './checkedQuery.ts';
import { fieldOf } from './matcher.ts';

/** A record under its key. */
export type Compare = (a: JsonObject, aId: string, b: JsonObject, bId: string) => number;

/** Null and missing, then false, true, numbers, texts; lists and objects come last, as equals. */
function rankOf(value: Json): number {
  switch (typeof value) {
    case 'boolean':
      return 1;
    case 'number':
      return 2;
    case 'string':
      return 3;
    default:
      return value === null ? 0 : 4;
  }
}

/** Negative, zero or positive. Numbers by size, texts by their UTF-16 code units. */
function compareValues(a: Json, b: Json): number {
  if (a === b) return 0;
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  if (rank === 0 || rank === 4) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}

/** Zero for a record with itself alone: an order ends with the id. */
export function orderingOf(orderBy: CheckedOrder): Compare {
  const fields = orderBy.map(([field]) => field);
  const signs = orderBy.map(([, direction]) => (direction === 'asc' ? 1 : -1));
  const last = fields.length - 1;
  return (a, aId, b, bId) => {
    for (let i = 0; i < last; i++) {
      const field = fields[i] as string;
      const order = compareValues(fieldOf(a, field), fieldOf(b, field));
      if (order !== 0) return order * (signs[i] as number);
    }
    if (aId === bId) return 0;
    return (aId < bId ? -1 : 1) * (signs[last] as number);
  };
}
