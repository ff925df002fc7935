import { memory, type Storage } from '../../src/storage.ts';

/**
 * A storage whose data is cleared under the open pages: from `clear` on every handle, those that are
 * open too, leads to an empty database.
 */
export function clearedStorage(): { readonly storage: Storage; readonly clear: () => void } {
  const [before, after] = [memory(), memory()];
  let isCleared = false;
  const storage: Storage = {
    kind: 'cleared',
    open: async (name) => {
      const [old, fresh] = [await before.open(name), await after.open(name)];
      const now = () => (isCleared ? fresh : old);
      return {
        commit: (batch, onCommitting) => now().commit(batch, onCommitting),
        readRows: (sequence, limit) => now().readRows(sequence, limit),
        readPages: (keys) => now().readPages(keys),
        pageKeys: () => now().pageKeys(),
        readMeta: (keys) => now().readMeta(keys),
        position: () => now().position(),
        close: () => now().close(),
      };
    },
  };
  const clear = () => {
    isCleared = true;
  };
  return { storage, clear };
}
