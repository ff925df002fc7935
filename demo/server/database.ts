import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createIdempotencyTable, type IdempotencyTable } from './idempotencyTable.ts';
import { createLedgerTable, type LedgerTable } from './ledgerTable.ts';
import { createRecordsTable, type RecordsTable } from './recordsTable.ts';
import { SCHEMA } from './schema.ts';

/** The one file that holds everything: what it has answered, it still knows after a SIGKILL. */
export interface ReferenceDatabase {
  readonly sql: DatabaseSync;
  readonly records: RecordsTable;
  readonly ledger: LedgerTable;
  readonly idempotency: IdempotencyTable;
  /** A fresh id: for records that the server names, and for epochs. */
  newId(): string;
  /** Names this life of the data; a reset begins another one. */
  epoch(): string;
  /** What every cursor that is still good bears. */
  cursorLife(): string;
  /** Cursors given until now are good no more. */
  expireCursors(): void;
  /** All of the work or none of it; within another one it is a part of that, which may fail alone. */
  transaction<T>(work: () => T): T;
  /** Wipes everything and begins a new epoch. */
  reset(): void;
  close(): void;
}

/**
 * Whether a commit waits for the disk. `full`: what was answered outlives a power failure. `off`: only
 * a crash of the process; for benchmarks, where the server's disk would be the client's.
 */
export type Synchronous = 'full' | 'off';

const outer = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'] as const;
const nested = ['SAVEPOINT part', 'RELEASE part', 'ROLLBACK TO part; RELEASE part'] as const;

/** @param newId uuids; a test that wants the same ones again gives its own */
export function openDatabase(
  file: string,
  newId: () => string = randomUUID,
  synchronous: Synchronous = 'full',
): ReferenceDatabase {
  mkdirSync(dirname(file), { recursive: true });
  const sql = new DatabaseSync(file, { timeout: 5000 });
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous.toUpperCase()};`);

  function transaction<T>(work: () => T): T {
    const [begin, commit, rollback] = sql.isTransaction ? nested : outer;
    sql.exec(begin);
    try {
      const result = work();
      sql.exec(commit);
      return result;
    } catch (error) {
      if (sql.isTransaction) sql.exec(rollback);
      throw error;
    }
  }

  transaction(() => {
    sql.exec(SCHEMA);
    sql
      .prepare('INSERT INTO meta (epoch) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM meta)')
      .run(newId());
    sql
      .prepare('INSERT INTO cursors (life) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM cursors)')
      .run(newId());
  });
  const readEpoch = sql.prepare('SELECT epoch FROM meta');
  const changeEpoch = sql.prepare('UPDATE meta SET epoch = ?');
  const readLife = sql.prepare('SELECT life FROM cursors');
  const changeLife = sql.prepare('UPDATE cursors SET life = ?');

  return {
    sql,
    records: createRecordsTable(sql),
    ledger: createLedgerTable(sql),
    idempotency: createIdempotencyTable(sql),
    newId,
    epoch: () => String(readEpoch.get()?.epoch),
    cursorLife: () => String(readLife.get()?.life),
    expireCursors: () => void changeLife.run(newId()),
    transaction,
    reset: () =>
      transaction(() => {
        sql.exec('DELETE FROM records; DELETE FROM idempotency; DELETE FROM ledger;');
        changeEpoch.run(newId());
        changeLife.run(newId());
      }),
    close: () => {
      if (sql.isOpen) sql.close();
    },
  };
}
