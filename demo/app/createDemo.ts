import { configureStore } from '@reduxjs/toolkit';
import { createSync, defineModel } from 'syncharts';
import { rest } from 'syncharts/rest';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  /** Others may have made the record without one. */
  readonly counter?: number;
}

/** All that an app needs: the sync, and a Redux store with its reducer and middleware. */
export function createDemo(apiUrl: string) {
  const sync = createSync({
    name: 'syncharts-demo',
    models: { todo: defineModel<Todo>({ endpoint: 'todos' }) },
    transport: rest({ baseUrl: apiUrl }),
    // Shorter than the default, because somebody is watching.
    backoff: { base: 500, cap: 10_000 },
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
    devTools: sync.devTools,
  });
  return { sync, store };
}

export type Demo = ReturnType<typeof createDemo>;
