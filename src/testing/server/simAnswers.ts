import type { Row, WireAnswer } from './serverPort.ts';

/** A record as the simulated server keeps it; without one it is a tombstone. */
export interface Stored {
  readonly record: Row | null;
  readonly version: number;
  /** Its place in the feed. */
  readonly change: number;
  readonly lastOperationId: string | null;
}

export function problem(
  status: number,
  type: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type, title: type, status, ...more }),
  };
}

export function invalid(detail: string): WireAnswer {
  return problem(422, 'invalid', { detail });
}

/** 404: never heard of it. 410: it was here and was deleted. */
export function missing(stored: Stored | undefined): WireAnswer {
  if (!stored) return problem(404, 'not-found');
  const { version, lastOperationId } = stored;
  return problem(410, 'gone', { version, lastOperationId });
}

/** The precondition failed; what there is now comes with it. */
export function stale(stored: Stored | undefined): WireAnswer {
  return withCurrent(412, 'precondition-failed', stored);
}

/** It was changed since the version that the body names; what there is now comes with it. */
export function conflicting(stored: Stored): WireAnswer {
  return withCurrent(409, 'changed-since', stored);
}

/** The id is taken; by what, comes with it. */
export function exists(stored: Stored): WireAnswer {
  return withCurrent(409, 'already-exists', stored);
}

function withCurrent(status: number, type: string, stored: Stored | undefined): WireAnswer {
  const { record = null, version = null, lastOperationId = null } = stored ?? {};
  return problem(status, type, { record, version, lastOperationId }, stored && headersOf(stored));
}

function headersOf({ version, lastOperationId }: Stored): Record<string, string> {
  const etag = { etag: `"${version}"` };
  return lastOperationId === null ? etag : { ...etag, 'last-operation-id': lastOperationId };
}

export function recordAnswer(
  status: number,
  stored: Stored,
  more: Record<string, string> = {},
): WireAnswer {
  const headers = { 'content-type': 'application/json', ...headersOf(stored), ...more };
  return { status, headers, body: JSON.stringify(stored.record) };
}
