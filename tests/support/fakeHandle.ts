import type { SyncAccessHandle } from '../../src/env/preallocatedFile.ts';

/** A file's bytes, and the access handle of a disk of so many bytes that writes them. */
export class FakeHandle implements SyncAccessHandle {
  bytes = new Uint8Array();
  /** How long it was at each flush. */
  readonly flushed: number[] = [];
  /** Bytes that the disk has room for. */
  room = Number.POSITIVE_INFINITY;
  /** What the next flush throws. */
  failure: Error | null = null;

  getSize(): number {
    return this.bytes.length;
  }

  read(into: Uint8Array, { at }: { readonly at: number }): number {
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  /** Writes what fits, as a disk does that runs full. */
  write(bytes: Uint8Array, { at }: { readonly at: number }): number {
    const count = Math.max(0, Math.min(bytes.length, this.room - at));
    const grown = new Uint8Array(Math.max(this.bytes.length, at + count));
    grown.set(this.bytes);
    grown.set(bytes.subarray(0, count), at);
    this.bytes = grown;
    return count;
  }

  truncate(size: number): void {
    this.bytes = this.bytes.slice(0, size);
  }

  flush(): void {
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
    this.flushed.push(this.bytes.length);
  }

  close(): void {}
}
