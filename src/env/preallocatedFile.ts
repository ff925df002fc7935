/** The parts of `FileSystemSyncAccessHandle` that are used here; the DOM library leaves it out. */
export interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array, from: { readonly at: number }): number;
  write(bytes: Uint8Array, to: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** Bytes: a file grows to a multiple of it. */
export const growthStep = 32_768;
/** Bytes of room below which a file grows: a disk that is full by then has room for as many lines. */
const reserve = 32_768;

/** Bytes up to the last one that is no NUL: behind it is room. */
export function contentLength(bytes: Uint8Array): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}

/**
 * A file that is appended to (and cut, where what came last is not so), with zeros written behind its end for what is to come. A flush of
 * bytes that stand where others stood writes these bytes; one of bytes that make the file longer has
 * the file system write down the new length and where it lies as well, in its own journal
 * (docs/decisions, the second shelf).
 *
 * No text of ours ends in a NUL, so the end is found again: it is behind the last byte that is none.
 */
export class PreallocatedFile {
  readonly #handle: SyncAccessHandle;
  /** Where the next bytes go. */
  #end: number;
  #size: number;

  constructor(handle: SyncAccessHandle) {
    this.#handle = handle;
    this.#size = handle.getSize();
    this.#end = endOf(handle, this.#size);
  }

  /** Bytes that were appended in all, without the room behind them. */
  get end(): number {
    return this.#end;
  }

  /**
   * All of it or nothing: what a full disk cut off is taken back.
   *
   * @throws DOMException `QuotaExceededError`, or what the file system says; it is to be opened anew
   * then, as that may have failed too
   */
  append(bytes: Uint8Array): void {
    const end = this.#end + bytes.length;
    try {
      if (end + reserve > this.#size) this.#grow(end);
      this.#write(bytes, this.#end);
      this.#size = Math.max(this.#size, end);
      this.#handle.flush();
    } catch (error) {
      this.#handle.truncate(this.#end);
      this.#size = this.#end;
      throw error;
    }
    this.#end = end;
  }

  /**
   * Takes back what was appended beyond so many bytes: it is room again, which a full disk would not
   * give a second time. @throws DOMException
   */
  cut(size: number): void {
    if (size >= this.#end) return;
    this.#write(new Uint8Array(this.#end - size), size);
    this.#end = size;
    this.#handle.flush();
  }

  close(): void {
    this.#handle.close();
  }

  /** Room comes with the bytes that need it, so that both take one flush; where it finds none, without. */
  #grow(end: number): void {
    const size = Math.ceil((end + reserve) / growthStep) * growthStep;
    try {
      this.#write(new Uint8Array(size - this.#size), this.#size);
      this.#size = size;
    } catch {
      // The room that is there stays: it is for what a full disk must still be told.
      this.#handle.truncate(this.#size);
    }
  }

  #write(bytes: Uint8Array, at: number): void {
    const written = this.#handle.write(bytes, { at });
    if (written < bytes.length) throw new DOMException('no room', 'QuotaExceededError');
  }
}

function endOf(handle: SyncAccessHandle, size: number): number {
  const part = new Uint8Array(growthStep);
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - part.length);
    const read = handle.read(part.subarray(0, to - from), { at: from });
    const length = contentLength(part.subarray(0, read));
    if (length > 0) return from + length;
    to = from;
  }
  return 0;
}
