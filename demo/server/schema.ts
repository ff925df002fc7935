/**
 * The tables. `seq` is the change number that pulls walk along: the largest one always
 * belongs to the latest change, since rows are never removed (a delete leaves a tombstone).
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    seq INTEGER NOT NULL UNIQUE,
    last_operation_id TEXT,
    PRIMARY KEY (collection, id)
  );
  CREATE INDEX IF NOT EXISTS records_by_change ON records (collection, seq);
  CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT,
    created TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ledger (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT,
    method TEXT NOT NULL,
    collection TEXT NOT NULL,
    record_id TEXT NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    time TEXT NOT NULL
  );
  CREATE TRIGGER IF NOT EXISTS ledger_is_append_only BEFORE UPDATE ON ledger
  BEGIN
    SELECT RAISE(ABORT, 'the ledger is append only');
  END;
  CREATE TABLE IF NOT EXISTS meta (epoch TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS cursors (life TEXT NOT NULL);
`;
