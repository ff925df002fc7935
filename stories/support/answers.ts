import type { JsonObject } from 'syncharts';

/** What the server hears. */
export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Null: the collection. */
  readonly id: string | null;
  readonly query: URLSearchParams;
  /** Its Idempotency-Key. */
  readonly key: string | null;
  readonly ifMatch: string | null;
  readonly body: JsonObject | null;
}

/** What it says, as plain data. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Told {
  readonly record: JsonObject | null;
  readonly version: number;
  readonly lastOperationId: string | null;
}

function headersOf({ version, lastOperationId }: Told): Record<string, string> {
  const name = lastOperationId === null ? {} : { 'Last-Operation-Id': lastOperationId };
  return { ETag: `"${version}"`, ...name };
}

export function recordAnswer(status: 200 | 201, row: Told): Answer {
  return { status, headers: headersOf(row), body: row.record };
}

/** RFC 9457; with the record as it is now, where there is one. */
export function problem(status: number, title: string, row?: Told): Answer {
  const told = row && { record: row.record, version: row.version };
  const body = { type: 'about:blank', title, status, ...told };
  return { status, headers: row ? headersOf(row) : {}, body };
}
