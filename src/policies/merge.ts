import { type JsonObject, sameJson } from '../../store/json.ts';
import type { Overwritten } from '../../store/rows/row.ts';

export interface Merged {
  /** What is left to send on top of the remote record. */
  readonly changes: JsonObject;
  /** Fields that both sides changed: ours stays, theirs is logged. */
  readonly overwritten: readonly Overwritten[];
}

/**
 * The default policy: three-way by top-level field. Theirs is taken where we changed nothing; ours
 * stays where we did; what both changed to different values is told.
 *
 * @param base what both started from; null if unknown (then every difference counts as theirs)
 * @example merge({ a: 1, b: 1 }, { a: 2 }, { a: 1, b: 3 }) // { changes: { a: 2 }, overwritten: [] }
 */
export function merge(base: JsonObject | null, local: JsonObject, remote: JsonObject): Merged {
  const changes: Record<string, JsonObject[string]> = {};
  const overwritten: Overwritten[] = [];
  for (const field of Object.keys(local)) {
    const ours = local[field] as JsonObject[string];
    const theirs = Object.hasOwn(remote, field) ? remote[field] : undefined;
    if (sameJson(ours, theirs)) continue;
    changes[field] = ours;
    const before = base && Object.hasOwn(base, field) ? base[field] : undefined;
    if (!sameJson(before, theirs)) overwritten.push({ field, local: ours, remote: theirs ?? null });
  }
  return { changes, overwritten };
}
