import { createHash } from 'node:crypto';
import { type Answer, problem } from './answer.ts';
import type { ReferenceDatabase } from './database.ts';
import { decideWrite } from './decideWrite.ts';
import type { WriteRequest } from './writeRequest.ts';

/** Answers that would come out otherwise on another try (412, 5xx) must not be frozen under their key. */
const STORED_ERRORS: ReadonlySet<number> = new Set([400, 404, 409, 410, 422]);

function isStored(status: number): boolean {
  return (status >= 200 && status < 300) || STORED_ERRORS.has(status);
}

function fingerprintOf({ method, collection, id, body, ifMatch }: WriteRequest): string {
  const parts = [method, collection.name, id ?? null, body, ifMatch ?? null];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Applies a write at most once. The key is looked up before anything else, above all
 * before If-Match: a resend after a lost answer would otherwise meet a 412 that its own
 * first sending caused. Record, ledger and key are stored in one transaction, so no
 * crash can leave an applied change without its key.
 */
export function applyWrite(database: ReferenceDatabase, request: WriteRequest): Answer {
  return database.transaction(() => {
    const { key } = request;
    if (key === undefined) return decideWrite(database, request);
    const fingerprint = fingerprintOf(request);
    const stored = database.idempotency.find(key);
    if (stored !== undefined) {
      return stored.fingerprint === fingerprint ? replay(stored.answer) : reused();
    }
    const answer = decideWrite(database, request);
    if (isStored(answer.status)) database.idempotency.store(key, { fingerprint, answer });
    return answer;
  });
}

function replay(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } };
}

function reused(): Answer {
  return problem(
    422,
    'idempotency-key-reused',
    'This Idempotency-Key was used for another request.',
  );
}
