import { configureStore } from '@reduxjs/toolkit';
import { createSync, type Env, type TransportFactory } from 'syncharts';
import { indexedDb, type Storage } from 'syncharts/storage';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { models } from './todos.ts';

export interface DeviceOptions {
  readonly transport: TransportFactory;
  readonly name?: string;
  readonly storage?: Storage;
  readonly durability?: 'double' | 'single';
}

/** A name that no database had before. */
export function freshName(): string {
  return `bench-${crypto.randomUUID()}`;
}

/** No network until the window's `online` event says so: nothing is sent beside what is measured. */
const env: Env = { ...browserEnv, networkHint: () => 'absent' };

/** An app as an app would set it up, but offline; not started. */
export function makeDevice({
  transport,
  name = freshName(),
  storage = indexedDb(),
  durability = 'double',
}: DeviceOptions) {
  const sync = createSync({ name, models, transport, env, storage, durability });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  return {
    ...{ sync, store },
    total: () => sync.models.todo.selectTotal(store.getState()),
    /** Starts it and waits until it may write. */
    start: async () => {
      sync.start();
      await sync.ready;
      const leads = () => sync.selectSyncStatus(store.getState()).role === 'leading';
      if (leads()) return;
      await new Promise<void>((resolve) => {
        const stop = store.subscribe(() => {
          if (!leads()) return;
          stop();
          resolve();
        });
      });
    },
  };
}

export type Device = ReturnType<typeof makeDevice>;
