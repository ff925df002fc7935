/**
 * The second shelf's port: a place outside the database for what is not on the server yet, because
 * a browser may delete a whole database (docs/decisions). Files of lines, which are appended to and
 * removed whole; what was appended last can be taken back. `tests/contracts/shelf.ts` proves an implementation.
 */
export interface Shelf {
  /** For messages and status: `opfs`, `memory`. */
  readonly kind: string;
  /** When its files begin anew, where that differs from the usual. */
  readonly sizes?: ShelfSizes;
  /**
   * Opens (or makes) the place of this name.
   * Rejects with `StorageError`: `unavailable`, `denied`, `quota`, `timeout`, `failed`.
   */
  open(name: string): Promise<ShelfConnection>;
}

/** Characters. */
export interface ShelfSizes {
  /** Of a file beyond which it begins anew where nothing waits; usually 64,000. */
  readonly idle: number;
  /** The same where something waits: at least, or four times what it began with; usually 2,000,000. */
  readonly waiting: number;
  /** Written at once when it begins anew; usually 250,000. */
  readonly slice: number;
}

export interface ShelfFile {
  readonly name: string;
  /**
   * Bytes that were appended to it, so that each append can be told by it. Null: another connection
   * writes to it in this moment.
   */
  readonly size: number | null;
}

export interface ShelfConnection {
  /** All files of this place, those of other tabs too. */
  list(): Promise<readonly ShelfFile[]>;
  /** A file from this byte on, usually the whole of it; '' where there is none. */
  read(file: string, from?: number): Promise<string>;
  /**
   * Writes behind what the file holds, which is made if absent and belongs to this connection from
   * then on. Resolves with the bytes that stood before it, once it survives a crash of the machine; a
   * crash before that may leave a beginning of it, or NULs in place of a part. Rejects with
   * `StorageError`: `quota`, `timeout`, `failed`.
   *
   * @param text does not end in a NUL
   */
  append(file: string, text: string): Promise<number>;
  /**
   * Takes back what this connection has appended beyond so many bytes. Resolves once that survives a
   * crash of the machine; a file that is gone stays gone. Rejects as `append` does.
   */
  cut(file: string, size: number): Promise<void>;
  /** Whether another connection has written to a file and has not let it go: then its tab lives. */
  isHeld(file: string): Promise<boolean>;
  /** Lets a file go: it stays, and others may remove it. */
  release(file: string): Promise<void>;
  /**
   * True if it is gone afterwards; false where another tab writes to it, or where it does not hold so
   * many bytes any more: what was written since then stays.
   */
  remove(file: string, size?: number): Promise<boolean>;
  close(): Promise<void>;
}
