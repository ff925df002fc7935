import { aliasOf, type Entry, type Facts } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';

/** The key on this device of a record that the server names. */
export function keyOf(facts: Facts, model: string, serverId: string): string {
  const aliases = facts.models[model]?.aliases;
  return (aliases && getIn(aliases, serverId)) ?? serverId;
}

export function entryOf(facts: Facts, model: string, id: string): Entry | undefined {
  const records = facts.models[model]?.records;
  return records && getIn(records, id);
}

/** The id under which the server knows a record. */
export function serverIdOf(facts: Facts, model: string, id: string): string {
  return aliasOf(facts.models[model], id) ?? id;
}

/**
 * Whether the server's word on a record came between two moments: an answer, a pull, a read. What it
 * said before it, and arrives later, may be older.
 */
export function isConfirmedSince(
  before: Facts,
  now: Facts,
  model: string,
  serverId: string,
): boolean {
  if (before.models[model] === now.models[model]) return false;
  const [then, id] = [keyOf(before, model, serverId), keyOf(now, model, serverId)];
  const confirmed = entryOf(before, model, then)?.confirmed ?? 0;
  return then !== id || confirmed !== (entryOf(now, model, id)?.confirmed ?? 0);
}
