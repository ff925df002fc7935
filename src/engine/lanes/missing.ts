import type { Entry, Lane } from '../../../store/facts.ts';
import type { Intent, NothingToSend } from '../../../store/seal.ts';

/** The version that a change was made on, also where the record was lost with its database. */
export function versionOf(intent: Intent, lane: Lane): string | null {
  return intent.version ?? lane.salvage?.version ?? null;
}

/**
 * What must be read before a lane's next change can leave; null: nothing. `base`: it was lost with its
 * database, and the change would be said of a record that nobody knows. `version`: nobody has told it, so
 * the change could go over others' (where the server has versions at all). A delete needs no base.
 */
export function missingOf(
  intent: Intent | NothingToSend,
  lane: Lane,
  entry: Entry | undefined,
): 'base' | 'version' | null {
  if (intent.kind === 'nothing' || intent.kind === 'create') return null;
  if (lane.salvage && intent.kind === 'update') return 'base';
  return entry?.base && versionOf(intent, lane) === null ? 'version' : null;
}
