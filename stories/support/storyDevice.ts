import { configureStore } from '@reduxjs/toolkit';
import { createSync, defineModel, type Env, type SyncOptions } from 'syncharts';
import { type Auth, rest } from 'syncharts/rest';
import type { Shelf, Storage } from 'syncharts/storage';
import type { Device, Todo } from '../../demo/app/createDevice.ts';

export interface StoryDeviceOptions {
  /** Of the database. */
  readonly name: string;
  readonly baseUrl: string;
  readonly env: Env;
  readonly storage: Storage;
  /** The second shelf, if the story has one. */
  readonly shelf?: Shelf | undefined;
  readonly auth?: Auth | undefined;
  readonly network?: SyncOptions<Record<string, never>>['network'];
  readonly backoff?: SyncOptions<Record<string, never>>['backoff'];
}

/** An app as any other: the kit as it is, on the browser's own database. */
export function createStoryDevice(options: StoryDeviceOptions): Device {
  const { name, baseUrl, env, storage, shelf, auth, network = 'any' } = options;
  const { backoff = { base: 500, cap: 10_000 } } = options;
  const sync = createSync({
    name,
    models: { todo: defineModel<Todo>({ endpoint: 'todos' }) },
    transport: rest({ baseUrl, ...(auth && { auth }) }),
    ...{ env, storage, network, backoff, ...(shelf && { shelf }) },
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  return { name: 'laptop', sync, store };
}
