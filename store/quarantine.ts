import type { Facts } from './facts.ts';
import { foldEntries } from './fold.ts';
import { noPages, scan } from './pages.ts';
import { decodeEntry } from './rows/codec.ts';
import type { JournalEntry } from './rows/row.ts';

/**
 * Gives quarantined rows another chance: a newer build may have the codec or the upcaster. They are
 * folded in their old order; what still can't be read goes back, and its record's rows behind it.
 */
export function revive(facts: Facts): Facts {
  if (facts.quarantine.size === 0) return facts;
  const entries: JournalEntry[] = [];
  scan(facts.quarantine, '', (item, key) => {
    const sequence = Number.parseInt(key, 36);
    const entry = decodeEntry(sequence, item.text);
    entries.push(entry.row === null ? { ...entry, ...item, sequence } : entry);
    return true;
  });
  if (entries.every((entry) => entry.row === null)) return facts;
  // Their writers have been seen since: for this fold alone, nothing has.
  const open: Facts = { ...facts, head: 0, lastSeen: {}, quarantine: noPages() };
  const { facts: folded } = foldEntries(open, entries);
  return { ...folded, head: facts.head, folded: facts.folded, lastSeen: facts.lastSeen };
}
