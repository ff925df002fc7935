import type { ShelfAnswer, ShelfEnvelope, ShelfRequest } from './shelfMessages.ts';

/**
 * The worker of the second shelf: sync access handles, the only files of a browser that can be
 * flushed to the disk, exist in workers alone.
 */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ShelfEnvelope>) => void;
  postMessage: (answer: ShelfAnswer) => void;
};

/** The parts of `FileSystemSyncAccessHandle` that are used here; the DOM library leaves it out. */
interface Handle {
  getSize(): number;
  write(bytes: Uint8Array, at: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
const encoder = new TextEncoder();
const handles = new Map<string, Handle>();
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

async function handleOf(file: string): Promise<Handle> {
  const known = handles.get(file);
  if (known) return known;
  const entry = await here().getFileHandle(file, { create: true });
  const handle = await (
    entry as unknown as { createSyncAccessHandle(): Promise<Handle> }
  ).createSyncAccessHandle();
  handles.set(file, handle);
  return handle;
}

/** All of it or nothing: what a full disk cut off is taken back. */
async function append(file: string, text: string): Promise<void> {
  const handle = await handleOf(file);
  const size = handle.getSize();
  const bytes = encoder.encode(text);
  try {
    const written = handle.write(bytes, { at: size });
    if (written < bytes.length) throw new DOMException('no room', 'QuotaExceededError');
    handle.flush();
  } catch (error) {
    handle.truncate(size);
    throw error;
  }
}

async function list() {
  const files: { name: string; size: number }[] = [];
  for await (const entry of here().values()) {
    if (entry.kind !== 'file') continue;
    const size = await sizeOf(entry as FileSystemFileHandle);
    if (size !== null) files.push({ name: entry.name, size });
  }
  return files;
}

/** Null where another tab has removed it meanwhile. */
async function sizeOf(entry: FileSystemFileHandle): Promise<number | null> {
  try {
    return (await entry.getFile()).size;
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return null;
    throw error;
  }
}

async function read(file: string): Promise<string> {
  try {
    return await (await (await here().getFileHandle(file)).getFile()).text();
  } catch (error) {
    if ((error as DOMException).name === 'NotFoundError') return '';
    throw error;
  }
}

function release(file: string): void {
  handles.get(file)?.close();
  handles.delete(file);
}

async function remove(file: string): Promise<boolean> {
  release(file);
  try {
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

async function done(request: ShelfRequest): Promise<unknown> {
  switch (request.do) {
    case 'open':
      folder = await opened(request.path);
      return null;
    case 'list':
      return list();
    case 'read':
      return read(request.file);
    case 'append':
      return append(request.file, request.text);
    case 'release':
      return release(request.file);
    case 'remove':
      return remove(request.file);
    case 'close':
      for (const file of [...handles.keys()]) release(file);
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
