import { configureStore } from '@reduxjs/toolkit';
import { browserEnv } from '../../src/env/browserEnv.ts';
import {
  createSync,
  defineModel,
  type SyncOptions,
  type TransportFactory,
} from '../../src/index.ts';
import type { Env } from '../../src/ports/env.ts';
import type { Storage } from '../../src/storage.ts';
import { memory } from '../../src/storage.ts';

export interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly note?: string | null;
  readonly counter?: number;
}

export interface Note {
  readonly id: string;
  readonly text: string;
}

export const testModels = {
  todo: defineModel<Todo>({ endpoint: 'todos' }),
  note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
};

/** The platform without its shared parts: each device has its own marks, locks and network hint. */
export function deviceEnv(overrides: Partial<Env> = {}): Env {
  const marks = new Map<string, string>();
  return {
    ...browserEnv,
    indexedDB: undefined,
    lock: (_, on) => {
      on.held({ release: () => {} });
      return () => {};
    },
    openChannel: () => null,
    readMark: (key) => marks.get(key),
    writeMark: (key, value) => void marks.set(key, value),
    networkHint: () => 'present',
    onNetworkHint: () => () => {},
    onResume: () => () => {},
    onPageLife: () => () => {},
    ...overrides,
  };
}

export interface DeviceOptions {
  readonly transport: TransportFactory;
  readonly storage?: Storage;
  readonly env?: Env;
  readonly name?: string;
  readonly more?: Partial<SyncOptions<typeof testModels>>;
}

/** A store with a sync of its own, not started. */
export function makeDevice({ transport, storage, env, name, more }: DeviceOptions) {
  const sync = createSync({
    name: name ?? `device-${browserEnv.uuid()}`,
    models: testModels,
    transport,
    storage: storage ?? memory(),
    env: env ?? deviceEnv(),
    backoff: { base: 20, cap: 200 },
    ...more,
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  return { sync, store };
}

export type Device = ReturnType<typeof makeDevice>;

/** Waits until `check` holds; says what it waited for otherwise. */
export function until(what: string, check: () => boolean, deadline = 10_000): Promise<void> {
  return untilAsync(what, async () => check(), deadline);
}

export async function untilAsync(
  what: string,
  check: () => Promise<boolean>,
  deadline = 10_000,
): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
