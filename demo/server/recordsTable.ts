import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { JsonObject } from './json.ts';

/** A record as stored; `record` is null for a tombstone. */
export interface RecordRow {
  readonly id: string;
  readonly record: JsonObject | null;
  readonly version: number;
  readonly seq: number;
  readonly lastOperationId: string | null;
}

interface RecordChange {
  readonly collection: string;
  readonly id: string;
  readonly record: JsonObject | null;
  readonly version: number;
  readonly lastOperationId: string | null;
}

interface PageRequest {
  readonly collection: string;
  readonly after: number;
  /** Tombstones up to this change number are left out. */
  readonly quietUntil: number;
  readonly limit: number;
}

export interface RecordsTable {
  find(collection: string, id: string): RecordRow | undefined;
  /** Stores a change under the next change number. */
  put(change: RecordChange): void;
  page(request: PageRequest): RecordRow[];
  all(collection: string): RecordRow[];
  /** The change number of the latest change in any collection, 0 when there was none. */
  latestSeq(): number;
}

const COLUMNS = 'id, body, version, seq, last_operation_id';

function toRow(columns: Record<string, SQLOutputValue>): RecordRow {
  const { id, body, version, seq, last_operation_id: lastOperationId } = columns;
  return {
    id: String(id),
    record: typeof body === 'string' ? (JSON.parse(body) as JsonObject) : null,
    version: Number(version),
    seq: Number(seq),
    lastOperationId: typeof lastOperationId === 'string' ? lastOperationId : null,
  };
}

export function createRecordsTable(sql: DatabaseSync): RecordsTable {
  const find = sql.prepare(`SELECT ${COLUMNS} FROM records WHERE collection = ? AND id = ?`);
  const put = sql.prepare(`
    INSERT INTO records (collection, id, body, version, deleted, seq, last_operation_id)
    VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(seq), 0) + 1 FROM records), ?6)
    ON CONFLICT (collection, id) DO UPDATE SET body = excluded.body, version = excluded.version,
      deleted = excluded.deleted, seq = excluded.seq, last_operation_id = excluded.last_operation_id
  `);
  const page = sql.prepare(`
    SELECT ${COLUMNS} FROM records
    WHERE collection = ? AND seq > ? AND (deleted = 0 OR seq > ?) ORDER BY seq LIMIT ?
  `);
  const all = sql.prepare(`SELECT ${COLUMNS} FROM records WHERE collection = ? ORDER BY seq`);
  const latest = sql.prepare('SELECT coalesce(max(seq), 0) AS seq FROM records');

  return {
    find: (collection, id) => {
      const columns = find.get(collection, id);
      return columns === undefined ? undefined : toRow(columns);
    },
    put: ({ collection, id, record, version, lastOperationId }) => {
      const body = record === null ? null : JSON.stringify(record);
      put.run(collection, id, body, version, record === null ? 1 : 0, lastOperationId);
    },
    page: ({ collection, after, quietUntil, limit }) =>
      page.all(collection, after, quietUntil, limit).map(toRow),
    all: (collection) => all.all(collection).map(toRow),
    latestSeq: () => Number(latest.get()?.seq),
  };
}
