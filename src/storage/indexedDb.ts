import { browserEnv } from '../env/browserEnv.ts';
import type { Env } from '../ports/env.ts';
import type { Storage } from '../ports/storage.ts';
import { IdbDatabase } from './idbDatabase.ts';
import { openForage } from './localforageDriver.ts';

/**
 * The default storage: IndexedDB through a pinned localforage with our driver. Strict durability,
 * all or nothing, the platform's own error as the cause.
 *
 * @example createSync({ …, storage: indexedDb() })
 */
export function indexedDb(env: Env = browserEnv): Storage {
  return {
    kind: 'indexedDB',
    async open(name) {
      const database = new IdbDatabase(env, `syncharts/${name}`);
      const forage = await openForage(name, database);
      return {
        commit: (batch, onCommitting) => forage.commitBatch(batch, onCommitting),
        readRows: (after, limit) => forage.readRows(after, limit),
        readPages: (keys) => forage.readPages(keys),
        pageKeys: () => forage.pageKeys(),
        readMeta: (keys) => forage.readMeta(keys),
        position: () => forage.readPosition(),
        close: () => database.close(),
      };
    },
  };
}
