export type { Shelf, ShelfConnection, ShelfFile } from './ports/shelf.ts';
export type {
  Batch,
  Committed,
  Storage,
  StorageConnection,
  StorageFailureCode,
  StoredRow,
} from './ports/storage.ts';
export { StorageError } from './ports/storage.ts';
export { indexedDb } from './storage/indexedDb.ts';
export { memory } from './storage/memory.ts';
export { memoryShelf } from './storage/memoryShelf.ts';
export { opfsShelf } from './storage/opfsShelf.ts';
