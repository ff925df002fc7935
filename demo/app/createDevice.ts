import { configureStore } from '@reduxjs/toolkit';
import { createSync, defineModel } from 'syncharts';
import { rest } from 'syncharts/rest';
import type { PolicyName } from './conflictPolicy.ts';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  /** Others may have made the record without one. */
  readonly counter?: number;
}

/** The devices of the page: each name is also that of its line on the server. */
export const deviceNames = ['laptop', 'phone'] as const;
export type DeviceName = (typeof deviceNames)[number];

/** All that an app needs: the sync, and a Redux store with its reducer and middleware. */
export function createDevice(name: DeviceName, apiUrl: string, conflict: PolicyName) {
  const sync = createSync({
    // Names the database, so that two devices on one page share nothing.
    name: `syncharts-demo-${name}`,
    models: { todo: defineModel<Todo>({ endpoint: 'todos', conflict }) },
    transport: rest({ baseUrl: apiUrl }),
    // Shorter than the default, because somebody is watching.
    backoff: { base: 500, cap: 10_000 },
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
    devTools: { ...sync.devTools, name: `Syncharts demo: ${name}` },
  });
  return { name, sync, store };
}

export type Device = ReturnType<typeof createDevice>;
