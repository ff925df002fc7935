import { jsonSize } from '../../../store/json.ts';
import type { PulledRecord, PulledTombstone } from '../../ports/transport.ts';
import { ById } from '../records/byId.ts';
import { compareVersions } from '../records/versions.ts';

/** Records and characters of one pulled row, and of one transaction. */
const partLimits = { records: 1_000, characters: 500_000 } as const;
/** Records that are looked at between two breaths. */
const stride = 4_000;

/** A piece of what a server said, as much as is folded at once. */
export interface PagePart {
  readonly items: readonly PulledRecord[];
  readonly deleted: readonly PulledTombstone[];
}

/**
 * Cuts a page into parts. What stands in it twice is there once: the newer, or else the later one; a
 * record that is listed is there, unless its tombstone is newer.
 */
export async function partsOf(
  page: PagePart,
  breathe: () => Promise<void>,
): Promise<readonly PagePart[]> {
  const items = new ById<PulledRecord>();
  const deleted = new ById<PulledTombstone>();
  let seen = 0;
  for (const item of page.items) {
    const before = items.get(item.id);
    const isStale = before && compareVersions(item.version, before.version) === -1;
    if (!isStale) items.set(item.id, item);
    if (++seen % stride === 0) await breathe();
  }
  for (const tombstone of page.deleted) {
    const { id, version = null } = tombstone;
    const listed = items.get(id);
    if (listed && compareVersions(version, listed.version) !== 1) continue;
    items.delete(id);
    deleted.set(id, tombstone);
    if (++seen % stride === 0) await breathe();
  }
  const parts: { items: PulledRecord[]; deleted: PulledTombstone[] }[] = [];
  let part: (typeof parts)[number] | undefined;
  let characters = 0;
  const roomFor = (size: number) => {
    const records = part ? part.items.length + part.deleted.length : 0;
    const isFull = records >= partLimits.records || characters + size > partLimits.characters;
    if (!part || (isFull && records > 0)) {
      part = { items: [], deleted: [] };
      parts.push(part);
      characters = 0;
    }
    characters += size;
    return part;
  };
  for (const item of items.values()) {
    roomFor(jsonSize(item.record)).items.push(item);
    if (++seen % stride === 0) await breathe();
  }
  for (const tombstone of deleted.values()) roomFor(0).deleted.push(tombstone);
  if (parts.length === 0) roomFor(0);
  return parts;
}
