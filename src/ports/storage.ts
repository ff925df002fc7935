/**
 * The storage port: a journal (rows under rising sequences), pages and meta (text under keys), and
 * strict transactions over all three. `tests/contracts/storage.ts` proves an implementation.
 */
export interface Storage {
  /** For messages: `indexedDB`, `memory`. */
  readonly kind: string;
  /**
   * Opens (or makes) the database of this name.
   * Rejects with `StorageError`: `newerSchema`, `denied`, `unavailable`.
   */
  open(name: string): Promise<StorageConnection>;
}

export interface Batch {
  /**
   * Written only if this is still so; otherwise nothing is written and the true values come back.
   * `head`: the last sequence in the journal; `fence`: the leader's epoch; `meta`: what stands
   * under a key (undefined: nothing).
   */
  readonly expect?: {
    readonly head?: number;
    readonly fence?: number;
    readonly meta?: readonly [key: string, text: string | undefined];
  };
  /** Rows for the journal's end, in order. */
  readonly append?: readonly string[];
  readonly putPages?: readonly (readonly [key: string, text: string])[];
  readonly removePages?: readonly string[];
  readonly putMeta?: readonly (readonly [key: string, text: string])[];
  readonly removeMeta?: readonly string[];
  /** Deletes journal rows up to and including this sequence; the sequences go on from the head. */
  readonly removeRowsThrough?: number;
  /** Sets the fence; only ever raised. */
  readonly fence?: number;
}

export type Committed =
  | {
      readonly ok: true;
      /**
       * The journal's head after the batch, where rows were appended or something was expected
       * (the appended rows are the last of it); otherwise 0: not looked up.
       */
      readonly head: number;
    }
  | { readonly ok: false; readonly head: number; readonly fence: number };

export interface StoredRow {
  readonly sequence: number;
  /** What was appended; anything else if the disk lies. */
  readonly text: unknown;
}

export interface StorageConnection {
  /**
   * One strict transaction: resolves once it is durable, writes all or nothing.
   * Rejects with `StorageError`; after `lost` it is in doubt whether the batch was written.
   *
   * @param onCommitting called once nothing but the disk is waited for: a page that is frozen now breaks
   * the transaction off no more, and appends and looks that come later see what it has written. It may
   * fail yet, and be done again where the handle died: then it is called again, and not after `commit`
   * has settled, as far as the storage knows
   */
  commit(batch: Batch, onCommitting?: () => void): Promise<Committed>;
  /** Rows after `sequence`, at most `limit`, in order. */
  readRows(after: number, limit: number): Promise<readonly StoredRow[]>;
  readPages(keys: readonly string[]): Promise<readonly unknown[]>;
  pageKeys(): Promise<readonly string[]>;
  readMeta(keys: readonly string[]): Promise<readonly unknown[]>;
  /** `head` and `fence` as they stand. */
  position(): Promise<{ readonly head: number; readonly fence: number }>;
  close(): Promise<void>;
}

export type StorageFailureCode =
  /** No room. The batch was not written. */
  | 'quota'
  /** The handle died; a new one is opened. In doubt. */
  | 'lost'
  /** It does not answer within the deadline. In doubt. */
  | 'timeout'
  /** A newer build has written it: nothing is touched. */
  | 'newerSchema'
  /** The platform refuses storage (private mode, policy). */
  | 'denied'
  /** There is no such storage here. */
  | 'unavailable'
  /** Anything else; see `cause`. The batch was not written. */
  | 'failed';

/** Storage trouble, with the platform's own error as `cause`. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageFailureCode;
  constructor(code: StorageFailureCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export function asStorageError(cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  return new StorageError('failed', 'the storage can not be read or written', cause);
}
