import type { Storage } from '../../src/storage.ts';
import { memory } from '../../src/storage.ts';

/** What was written since it was asked last. */
export interface Written {
  readonly batches: number;
  readonly rows: number;
  /** Characters of the rows. */
  readonly rowText: number;
  readonly pages: number;
  /** Characters of the pages and of the root. */
  readonly pageText: number;
  /** Checkpoints that came to their end. */
  readonly checkpoints: number;
}

const nothing: Written = { batches: 0, rows: 0, rowText: 0, pages: 0, pageText: 0, checkpoints: 0 };

/** Storage that counts what is written to it. */
export function meteredStorage(
  inner: Storage = memory(),
): Storage & { readonly taken: () => Written } {
  let written = nothing;
  return {
    kind: inner.kind,
    taken: () => {
      const before = written;
      written = nothing;
      return before;
    },
    open: async (name) => {
      const connection = await inner.open(name);
      return {
        ...connection,
        commit: (batch, onCommitting) => {
          const { append = [], putPages = [], putMeta = [] } = batch;
          written = {
            batches: written.batches + 1,
            rows: written.rows + append.length,
            rowText: written.rowText + lengthOf(append),
            pages: written.pages + putPages.length,
            pageText:
              written.pageText + lengthOf([...putPages, ...putMeta].map(([, text]) => text)),
            checkpoints: written.checkpoints + (batch.removeRowsThrough === undefined ? 0 : 1),
          };
          return connection.commit(batch, onCommitting);
        },
      };
    },
  };
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
