import type { Shelf } from '../ports/shelf.ts';

interface HeldFile {
  text: string;
  /** The connection that writes to it. */
  owner: object | null;
}

/**
 * A second shelf in memory: for tests and for users' own. It survives a sync's stop and start, and
 * the page not at all.
 *
 * @example createSync({ …, storage: memory(), shelf: memoryShelf() })
 */
export function memoryShelf(): Shelf {
  const places = new Map<string, Map<string, HeldFile>>();
  return {
    kind: 'memory',
    async open(name) {
      const files = places.get(name) ?? new Map<string, HeldFile>();
      places.set(name, files);
      const self = {};
      const release = (file: HeldFile | undefined) => {
        if (file?.owner === self) file.owner = null;
      };
      return {
        list: async () => [...files].map(([name, { text }]) => ({ name, size: text.length })),
        read: async (file, from) => (files.get(file)?.text ?? '').slice(from),
        append: async (file, text) => {
          const before = files.get(file)?.text ?? '';
          files.set(file, { text: before + text, owner: self });
          return before.length;
        },
        cut: async (file, size) => {
          const known = files.get(file);
          if (known) known.text = known.text.slice(0, size);
        },
        isHeld: async (file) => {
          const { owner = null } = files.get(file) ?? {};
          return owner !== null && owner !== self;
        },
        release: async (file) => release(files.get(file)),
        remove: async (file, size) => {
          const { owner, text } = files.get(file) ?? {};
          if (owner && owner !== self) return false;
          if (text !== undefined && size !== undefined && text.length !== size) return false;
          files.delete(file);
          return true;
        },
        close: async () => {
          for (const file of files.values()) release(file);
        },
      };
    },
  };
}
