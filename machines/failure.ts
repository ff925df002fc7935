/**
 * Why something did not work, as plain data that can stand in the store and on disk.
 * Decisions are made on `code` and `status`, never on `message`.
 */
export type FailureCode =
  /** No HTTP answer at all: the wire failed. */
  | 'network'
  /** No answer within the deadline. */
  | 'timeout'
  /** An answer that can't be read as what it should be (truncated, foreign content type). */
  | 'unreadable'
  /** The server could not do it now (5xx and every status that the kit has no better word for). */
  | 'server'
  /** The server refuses this operation for good (400, 422 and other 4xx). */
  | 'rejected'
  /** It refuses it for this person (403). */
  | 'forbidden'
  /** It is more than the server takes at once (413, 431). */
  | 'tooLarge'
  /** The same request fails on the server again and again, while the server itself is well. */
  | 'serverError'
  /** The server works on it (202, or 409 with an idempotency key that is in progress). */
  | 'underWay'
  /** Too much at once, or not now: the server said when (429, 503 with Retry-After). */
  | 'paused'
  /** The credentials are not (any more) accepted. */
  | 'unauthorized'
  /** Nothing on this server can take it: a wrong address, a bad deployment, a portal in between. */
  | 'misdeployed'
  /** Somebody else changed the record. */
  | 'conflict'
  /** Somebody else deleted the record. */
  | 'remoteDeleted';

export interface Failure {
  readonly code: FailureCode;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** For people; never parsed. */
  readonly message: string;
  /** Milliseconds since 1970, this device's clock. */
  readonly at: number;
  /** How often in a row it came to one request; missing: once. */
  readonly times?: number;
}

/** How often in a row a failure has come to a request, that one included, by the one before it. */
export function timesInARow(before: Failure | null, { code, status }: Failure): number {
  const isSame = before !== null && before.code === code && before.status === status;
  return isSame ? (before.times ?? 1) + 1 : 1;
}

/** A failure that says how often in a row it has come. */
export function counted(before: Failure | null, failure: Failure): Failure {
  const times = timesInARow(before, failure);
  return times === 1 ? failure : { ...failure, times };
}
