import type { DatabaseSync } from 'node:sqlite';
import type { StatusCode } from 'hono/utils/http-status';
import type { Answer } from './answer.ts';

/** What a key stood for the first time, and what it was answered. */
interface StoredAnswer {
  readonly fingerprint: string;
  readonly answer: Answer;
}

/** Keys live as long as the data: a client may come back after any time offline. */
export interface IdempotencyTable {
  find(key: string): StoredAnswer | undefined;
  store(key: string, stored: StoredAnswer): void;
}

export function createIdempotencyTable(sql: DatabaseSync): IdempotencyTable {
  const find = sql.prepare(
    'SELECT fingerprint, status, headers, body FROM idempotency WHERE key = ?',
  );
  const store = sql.prepare(`
    INSERT INTO idempotency (key, fingerprint, status, headers, body, created)
    VALUES (?, ?, ?, ?, ?, ?)
  `);

  return {
    find: (key) => {
      const columns = find.get(key);
      if (columns === undefined) return undefined;
      const { fingerprint, status, headers, body } = columns;
      return {
        fingerprint: String(fingerprint),
        answer: {
          status: Number(status) as StatusCode,
          headers: JSON.parse(String(headers)) as Record<string, string>,
          body: typeof body === 'string' ? body : null,
        },
      };
    },
    store: (key, { fingerprint, answer }) => {
      const headers = JSON.stringify(answer.headers);
      store.run(key, fingerprint, answer.status, headers, answer.body, new Date().toISOString());
    },
  };
}
