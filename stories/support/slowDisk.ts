import { indexedDb, type Storage } from 'syncharts/storage';
import { browserEnv } from '../../src/env/browserEnv.ts';

/** The browser's own database on a disk that can be told to take its time. */
export class SlowDisk {
  #turning: Promise<void> = Promise.resolve();
  #go: () => void = () => {};

  /** What is written from now on waits. */
  hold(): void {
    this.#turning = new Promise((resolve) => {
      this.#go = resolve;
    });
  }

  release(): void {
    this.#go();
  }

  readonly storage: Storage = {
    kind: 'indexedDB',
    open: async (name) => {
      const connection = await indexedDb(browserEnv).open(name);
      return {
        ...connection,
        commit: async (batch) => {
          await this.#turning;
          return connection.commit(batch);
        },
      };
    },
  };
}
