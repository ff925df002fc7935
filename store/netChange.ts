import type { JsonObject } from './json.ts';
import type { Operation } from './rows/row.ts';

/** What operations of one record come to together, whatever of them is shown. */
export interface NetChange {
  /** The record behind the last of them; null: they end in a delete. */
  readonly record: JsonObject | null;
  /**
   * The top-level fields that they replace, on top of the record in front of them; none where they end
   * in a delete. Fields that a record made anew has not are null.
   */
  readonly changes: JsonObject;
}

/**
 * Folds operations over the record that they were made on. A record that is deleted and made anew is
 * what was made, and no delete; an update behind a delete has nothing to change.
 *
 * @param base null if it is not known
 * @example netChange({ a: 1, b: 1 }, [remove, create({ a: 2 })]).changes // { a: 2, b: null }
 */
export function netChange(base: JsonObject | null, operations: readonly Operation[]): NetChange {
  let record: JsonObject | null = base ?? {};
  let changes: JsonObject = {};
  let isAnew = false;
  for (const operation of operations) {
    if (operation.kind === 'delete') {
      record = null;
      changes = {};
      isAnew = true;
    } else if (record || operation.kind !== 'update') {
      record = { ...record, ...operation.changes };
      changes = { ...changes, ...operation.changes };
    }
  }
  if (!record) return { record: null, changes: {} };
  if (!isAnew) return { record, changes };
  const made = record;
  const missing = Object.keys(base ?? {}).filter((field) => !Object.hasOwn(made, field));
  return {
    record,
    changes: { ...changes, ...Object.fromEntries(missing.map((it) => [it, null])) },
  };
}
