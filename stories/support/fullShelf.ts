import { memoryShelf, type Shelf, StorageError } from 'syncharts/storage';

/** A second shelf that can be told to have no room. */
export class FullShelf {
  readonly #inner = memoryShelf();
  #room: 'some' | 'none' = 'some';

  /** There is no room from now on. */
  fill(): void {
    this.#room = 'none';
  }

  empty(): void {
    this.#room = 'some';
  }

  readonly shelf: Shelf = {
    kind: 'memory',
    open: async (name) => {
      const connection = await this.#inner.open(name);
      return {
        ...connection,
        append: async (file, text) => {
          if (this.#room === 'none') throw new StorageError('quota', 'there is no room');
          return connection.append(file, text);
        },
      };
    },
  };
}
