import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';

/** One applied change, as it was asked for. A replayed answer leaves no entry. */
interface LedgerEntry {
  readonly n: number;
  readonly key: string | null;
  readonly method: string;
  readonly collection: string;
  readonly recordId: string;
  /** The request's body as received. */
  readonly body: string;
  readonly version: number;
  readonly time: string;
}

export interface LedgerTable {
  append(entry: Omit<LedgerEntry, 'n' | 'time'>): void;
  /** Every entry with a number above `n`, oldest first. */
  after(n: number): LedgerEntry[];
  /** The last entries, oldest first. */
  last(count: number): LedgerEntry[];
}

function toEntry(columns: Record<string, SQLOutputValue>): LedgerEntry {
  const { n, key, method, collection, record_id: recordId, body, version, time } = columns;
  return {
    n: Number(n),
    key: typeof key === 'string' ? key : null,
    method: String(method),
    collection: String(collection),
    recordId: String(recordId),
    body: String(body),
    version: Number(version),
    time: String(time),
  };
}

export function createLedgerTable(sql: DatabaseSync): LedgerTable {
  const append = sql.prepare(`
    INSERT INTO ledger (key, method, collection, record_id, body, version, time)
    VALUES (?, ?, ?, ?, ?, ?, ?)
  `);
  const after = sql.prepare('SELECT * FROM ledger WHERE n > ? ORDER BY n');
  const last = sql.prepare('SELECT * FROM ledger ORDER BY n DESC LIMIT ?');

  return {
    append: ({ key, method, collection, recordId, body, version }) => {
      append.run(key, method, collection, recordId, body, version, new Date().toISOString());
    },
    after: (n) => after.all(n).map(toEntry),
    last: (count) => last.all(count).map(toEntry).reverse(),
  };
}
