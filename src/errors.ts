/** Every way in which a call of the kit can be refused or fail. */
export type SyncErrorCode =
  /** An option of `createSync`, `defineModel` or an adapter is not what it must be. */
  | 'badConfig'
  /** Data that can't be kept; the message names the path. */
  | 'badData'
  /** A query that can't be meant; the message names the path. */
  | 'badQuery'
  /** A record id that can't be used. */
  | 'badId'
  /** A record of this id is there already. */
  | 'recordExists'
  /** A write reached a store without the middleware. */
  | 'noMiddleware'
  /** A hook without its provider above it. */
  | 'noProvider'
  /** The sync is in no store yet, or was stopped. */
  | 'notStarted'
  /** A newer build of the app has the database: this page shows the records and does not write. */
  | 'readOnly'
  /**
   * Rows of this record can't be read by this build, and too much waits behind such rows already:
   * nothing more is taken for it until a build that can read them has been started.
   */
  | 'heldUp'
  /** The write could not be made durable (quota, a refusing platform); it was rolled back. */
  | 'notSaved'
  /** `offline: 'refuse'` and there is no connection. */
  | 'offline'
  /** There are unsent operations and the caller asked for a refusal. */
  | 'unsent'
  /** There is no such operation, dead letter or conflict (any more). */
  | 'notFound'
  /** The server could not be asked or gave no answer that can be used. */
  | 'remote';

/**
 * What the kit throws and rejects with. Decide on `code`; `message` says what happened and what to
 * do, and holds no data of the app's.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly code: SyncErrorCode;
  constructor(code: SyncErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
