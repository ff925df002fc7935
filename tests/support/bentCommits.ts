import type { Batch, Storage, StorageConnection } from '../../src/ports/storage.ts';

type Commit = StorageConnection['commit'];

/** A storage whose transactions go through `bend`, which may hand them on to `commit`. */
export function bentCommits(
  storage: Storage,
  bend: (batch: Batch, commit: Commit, onCommitting?: () => void) => ReturnType<Commit>,
): Storage {
  return {
    ...storage,
    open: async (name) => {
      const connection = await storage.open(name);
      const commit: Commit = (batch, onCommitting) => bend(batch, connection.commit, onCommitting);
      return { ...connection, commit };
    },
  };
}
