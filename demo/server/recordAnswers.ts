import type { StatusCode } from 'hono/utils/http-status';
import { type Answer, json, problem } from './answer.ts';
import { entityTag } from './entityTags.ts';
import type { RecordRow } from './recordsTable.ts';

/**
 * The answers that speak of one record. Version and last operation travel in headers,
 * never in the record: the record is the client's, to the last field.
 */

export function recordHeaders(
  row: Pick<RecordRow, 'version' | 'lastOperationId'>,
): Record<string, string> {
  const headers: Record<string, string> = { ETag: entityTag(row.version) };
  if (row.lastOperationId !== null) headers['Last-Operation-Id'] = row.lastOperationId;
  return headers;
}

export function recordAnswer(
  status: StatusCode,
  row: Omit<RecordRow, 'seq'>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(status, row.record, { ...recordHeaders(row), ...headers });
}

/** 412 and 409 carry the record as it is now, so that a client can merge without asking again. */
export function conflict(
  status: 409 | 412,
  type: string,
  title: string,
  row: RecordRow | undefined,
): Answer {
  return problem(
    status,
    type,
    title,
    {
      record: row?.record ?? null,
      version: row?.version ?? null,
      lastOperationId: row?.lastOperationId ?? null,
    },
    row === undefined ? {} : recordHeaders(row),
  );
}

/** 404 says "never heard of it", 410 says "it was here and was deleted": a client needs to know which. */
export function missing(row: RecordRow | undefined): Answer {
  if (row === undefined) return problem(404, 'not-found', 'There is no such record.');
  const { version, lastOperationId } = row;
  return problem(410, 'gone', 'This record was deleted.', { version, lastOperationId });
}
