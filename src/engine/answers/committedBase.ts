import { isJsonObject, type Json, type JsonObject } from '../../../store/json.ts';
import type { Intent } from '../../../store/seal.ts';
import type { ModelWire } from '../../ports/transport.ts';

/**
 * What stands on the server after a yes that says no more (204): what was sent, on what was known. A
 * null in a merge patch takes its field away there (RFC 7396), where here it was shown as null.
 */
export function committedBase(
  base: JsonObject | null,
  sent: Pick<Intent, 'kind' | 'changes'> | null,
  nulls: ModelWire['nulls'],
): JsonObject {
  if (!sent) return { ...base };
  const { kind, changes } = sent;
  const after = { ...base, ...changes };
  return kind === 'update' && nulls === 'delete' ? patched(after, changes) : after;
}

/** Without the nulls of the fields that were changed, at any depth; those in lists are values. */
function patched(after: JsonObject, changes: JsonObject): JsonObject {
  const fields = Object.entries(after).flatMap(([field, value]): [string, Json][] => {
    if (!Object.hasOwn(changes, field)) return [[field, value]];
    if (value === null) return [];
    return [[field, isJsonObject(value) ? patched(value, value) : value]];
  });
  return Object.fromEntries(fields);
}
