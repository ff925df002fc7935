import type { ShelfFile } from '../ports/shelf.ts';
import {
  contentLength,
  growthStep,
  PreallocatedFile,
  type SyncAccessHandle,
} from './preallocatedFile.ts';
import type { ShelfAnswer, ShelfEnvelope, ShelfRequest } from './shelfMessages.ts';

/**
 * The worker of the second shelf: sync access handles, the only files of a browser that can be
 * flushed to the disk, exist in workers alone.
 */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ShelfEnvelope>) => void;
  postMessage: (answer: ShelfAnswer) => void;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Those that this page writes to: nobody else can. */
const held = new Map<string, PreallocatedFile>();
/**
 * How often a file is looked at that another tab writes to meanwhile. One that is written to every
 * quarter of a millisecond, without a transaction in between, is never read.
 */
const looks = { list: 3, read: 300 } as const;
let folder: FileSystemDirectoryHandle | null = null;

async function opened(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
  let at = await navigator.storage.getDirectory();
  for (const name of path) at = await at.getDirectoryHandle(name, { create: true });
  return at;
}

function here(): FileSystemDirectoryHandle {
  if (!folder) throw new DOMException('the shelf is not open', 'InvalidStateError');
  return folder;
}

async function heldFile(file: string, { create } = { create: true }): Promise<PreallocatedFile> {
  const known = held.get(file);
  if (known) return known;
  const entry = await here().getFileHandle(file, { create });
  const handle = await (
    entry as unknown as { createSyncAccessHandle(): Promise<SyncAccessHandle> }
  ).createSyncAccessHandle();
  try {
    const opened = new PreallocatedFile(handle);
    held.set(file, opened);
    return opened;
  } catch (error) {
    handle.close();
    throw error;
  }
}

async function append(file: string, text: string): Promise<number> {
  const opened = await heldFile(file);
  const before = opened.end;
  try {
    opened.append(encoder.encode(text));
    return before;
  } catch (error) {
    release(file);
    throw error;
  }
}

/** Also of a file that was let go meanwhile. */
async function cut(file: string, size: number): Promise<void> {
  const isHeld = held.has(file);
  try {
    (await heldFile(file, { create: false })).cut(size);
  } catch (error) {
    if ((error as DOMException).name !== 'NotFoundError') throw error;
  } finally {
    if (!isHeld) release(file);
  }
}

/** A handle is exclusive: whether one is to be had tells. */
async function isHeldByOther(file: string): Promise<boolean> {
  if (held.has(file)) return false;
  try {
    await heldFile(file, { create: false });
    release(file);
    return false;
  } catch (error) {
    const { name } = error as DOMException;
    if (name === 'NotFoundError') return false;
    if (name === 'NoModificationAllowedError') return true;
    throw error;
  }
}

async function list() {
  const files: ShelfFile[] = [];
  for await (const entry of here().values()) {
    if (entry.kind !== 'file') continue;
    const own = held.get(entry.name);
    const size = own ? own.end : await sizeOf(entry as FileSystemFileHandle);
    if (size !== 'gone') files.push({ name: entry.name, size });
  }
  return files;
}

/** `gone`: another tab has removed it meanwhile; null: another tab writes to it. */
async function sizeOf(entry: FileSystemFileHandle): Promise<number | null | 'gone'> {
  try {
    return await looked(entry, looks.list, contentSize);
  } catch (error) {
    const { name } = error as DOMException;
    if (name === 'NotFoundError') return 'gone';
    if (name === 'NotReadableError') return null;
    throw error;
  }
}

/**
 * A file as it is at this moment is readable until the tab that holds it writes to it again: then it
 * is looked at anew.
 */
async function looked<T>(
  entry: FileSystemFileHandle,
  times: number,
  look: (file: File) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await look(await entry.getFile());
    } catch (error) {
      const isSpoilt = (error as DOMException).name === 'NotReadableError';
      if (!isSpoilt || attempt === times) throw error;
    }
  }
}

/** Bytes without the room behind them. Only the end of it is read. */
async function contentSize(file: Blob): Promise<number> {
  for (let to = file.size; to > 0; to -= growthStep) {
    const from = Math.max(0, to - growthStep);
    const length = contentLength(new Uint8Array(await file.slice(from, to).arrayBuffer()));
    if (length > 0) return from + length;
  }
  return 0;
}

async function read(file: string, from: number): Promise<string> {
  try {
    const entry = await here().getFileHandle(file);
    const bytes = new Uint8Array(
      await looked(entry, looks.read, (content) => content.slice(from).arrayBuffer()),
    );
    return decoder.decode(bytes.subarray(0, contentLength(bytes)));
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return '';
    throw error;
  }
}

function release(file: string): void {
  held.get(file)?.close();
  held.delete(file);
}

async function remove(file: string, size: number | undefined): Promise<boolean> {
  release(file);
  try {
    if (size !== undefined && size !== (await sizeAlone(file))) return false;
    await here().removeEntry(file);
    return true;
  } catch (error) {
    const { name } = error as DOMException;
    if (name === 'NotFoundError') return true;
    // Another tab holds it open.
    if (name === 'NoModificationAllowedError' || name === 'InvalidStateError') return false;
    throw error;
  }
}

/** What a file holds that no other tab writes to; whoever wrote to it is gone. @throws DOMException */
async function sizeAlone(file: string): Promise<number> {
  const { end } = await heldFile(file, { create: false });
  release(file);
  return end;
}

async function done(request: ShelfRequest): Promise<unknown> {
  switch (request.do) {
    case 'open':
      folder = await opened(request.path);
      return null;
    case 'list':
      return list();
    case 'read':
      return read(request.file, request.from);
    case 'append':
      return append(request.file, request.text);
    case 'cut':
      return cut(request.file, request.size);
    case 'isHeld':
      return isHeldByOther(request.file);
    case 'release':
      return release(request.file);
    case 'remove':
      return remove(request.file, request.size);
    case 'close':
      for (const file of [...held.keys()]) release(file);
      return null;
  }
}

/** One after another, in the order they came. */
let last: Promise<unknown> = Promise.resolve();

scope.onmessage = ({ data: { id, request } }: MessageEvent<ShelfEnvelope>) => {
  last = last.then(async () => {
    try {
      scope.postMessage({ id, result: await done(request) });
    } catch (error) {
      const { name, message } = error as Error;
      scope.postMessage({ id, error: { name, message } });
    }
  });
};
