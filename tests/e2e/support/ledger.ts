import type { Thing } from './edits.ts';
import type { LedgerLine, ServerProcess, ServerRow } from './referenceServer.ts';

/** Keys that took effect more than once. */
export function doubledKeys(ledger: readonly LedgerLine[]): string[] {
  const seen = new Set<string>();
  return ledger.flatMap(({ key }) => {
    if (key === null || !seen.has(key)) {
      if (key !== null) seen.add(key);
      return [];
    }
    return [key];
  });
}

/**
 * Edits that arrived out of order or twice under another key: within a record the counter that each
 * edit raises must rise from line to line.
 */
export function fallenCounters(ledger: readonly LedgerLine[]): string[] {
  const last = new Map<string, number>();
  return ledger.flatMap(({ collection, recordId, body, n }) => {
    const { edit } = (body === '' ? {} : JSON.parse(body)) as { edit?: unknown };
    if (typeof edit !== 'number') return [];
    const record = `${collection}/${recordId}`;
    const before = last.get(record) ?? Number.NEGATIVE_INFINITY;
    last.set(record, edit);
    return edit > before ? [] : [`${record}: ${edit} after ${before} (line ${n})`];
  });
}

/**
 * The newest edit of each record that took effect; infinity where it was removed: an edit before that
 * left nothing behind. Each record goes by its id on the server and by the tag that it was made with:
 * after a loss of its database a device knows those that the server has named by that name alone.
 */
export function newestEdits(ledger: readonly LedgerLine[]): Map<string, number> {
  const edits = new Map<string, number>();
  const tags = new Map<string, string>();
  for (const { method, recordId, body } of ledger) {
    const { edit, tag } = (body === '' ? {} : JSON.parse(body)) as { edit?: number; tag?: string };
    if (tag !== undefined) tags.set(recordId, tag);
    const newest = method === 'DELETE' ? Number.POSITIVE_INFINITY : (edit ?? 0);
    for (const name of [recordId, tags.get(recordId) ?? recordId]) {
      edits.set(name, Math.max(edits.get(name) ?? 0, newest));
    }
  }
  return edits;
}

type Untagged = Readonly<Record<string, unknown>>;

/** By tag and without the id, which the server gives anew to a note. */
export function byTag(records: Iterable<Untagged>): Record<string, Untagged> {
  const tagged = [...records].map(({ id: _, ...rest }) => [String(rest.tag), rest] as const);
  return Object.fromEntries(tagged.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the server has, as the device should show it. */
export async function serverRecords(server: ServerProcess): Promise<Record<string, Untagged>> {
  const rows: ServerRow[] = [...(await server.rows('items')), ...(await server.rows('notes'))];
  return byTag(rows.flatMap(({ record }) => (record ? [record] : [])));
}

/** What the device shows. */
export function shownRecords(shown: { item: readonly Thing[]; note: readonly Thing[] }) {
  return byTag([...shown.item, ...shown.note].map((thing) => ({ ...thing })));
}
