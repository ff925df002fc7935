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
  /** The server refuses this operation for good (400, 422). */
  | 'rejected'
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
}
