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
