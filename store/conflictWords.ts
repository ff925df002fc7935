import type { Failure } from '../machines/failure.ts';
import type { JsonObject } from './json.ts';

/**
 * What a person who is asked is told of a conflict, beside its time.
 *
 * @param remote theirs; null: they deleted it
 * @param isDeleted whether it was deleted here
 */
export function conflictWords(
  remote: JsonObject | null,
  isDeleted: boolean,
): Pick<Failure, 'code' | 'message'> {
  if (!remote) return { code: 'remoteDeleted', message: 'it was deleted by others' };
  const message = isDeleted
    ? 'it was changed by others after it was deleted here'
    : 'it was changed by others too';
  return { code: 'conflict', message };
}
