import type { Batch } from '../../src/ports/storage.ts';
import { memory, type Storage } from '../../src/storage.ts';
import { bentCommits } from './bentCommits.ts';

/**
 * A storage that remembers its transactions, so that it can be had as it was before the last of them: a
 * machine that went down, or a torn log, may take some that were called durable.
 */
export class ReplayedStorage {
  readonly #batches: Batch[] = [];
  readonly #inner: Storage = memory();

  get storage(): Storage {
    return bentCommits(this.#inner, async (batch, commit, onCommitting) => {
      const committed = await commit(batch, onCommitting);
      if (committed.ok) this.#batches.push(batch);
      return committed;
    });
  }

  /** Transactions so far. */
  get count(): number {
    return this.#batches.length;
  }

  /** Transactions before the first that appends a row of this type. */
  countBefore(type: string): number {
    return this.#batches.findIndex(({ append = [] }) => {
      return append.some((text) => text.includes(`"type":"${type}"`));
    });
  }

  /** Another storage, whose database of this name holds the first so many of them. */
  async asOf(count: number, name: string): Promise<Storage> {
    const storage = memory();
    const connection = await storage.open(name);
    for (const { expect: _, ...batch } of this.#batches.slice(0, count)) {
      await connection.commit(batch);
    }
    return storage;
  }
}
