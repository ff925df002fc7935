import { configureStore } from '@reduxjs/toolkit';
import { createSync, type TransportFactory } from 'syncharts';
import { indexedDb, type Storage } from 'syncharts/storage';
import { models } from './todos.ts';

export interface DeviceOptions {
  readonly transport: TransportFactory;
  readonly name?: string;
  readonly storage?: Storage;
}

/** A name that no database had before. */
export function freshName(): string {
  return `bench-${crypto.randomUUID()}`;
}

/** An app as an app would set it up; not started. */
export function makeDevice({ transport, name = freshName(), storage }: DeviceOptions) {
  const sync = createSync({ name, models, transport, storage: storage ?? indexedDb() });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  /** Waits until a look at the state says yes. */
  const until = (check: () => boolean) =>
    new Promise<void>((resolve) => {
      if (check()) {
        resolve();
        return;
      }
      const stop = store.subscribe(() => {
        if (!check()) return;
        stop();
        resolve();
      });
    });
  return {
    ...{ sync, store, until },
    total: () => sync.models.todo.selectTotal(store.getState()),
    /** Starts it and waits until it may write. */
    start: async () => {
      sync.start();
      await sync.ready;
      await until(() => sync.selectSyncStatus(store.getState()).role === 'leading');
    },
  };
}

export type Device = ReturnType<typeof makeDevice>;
