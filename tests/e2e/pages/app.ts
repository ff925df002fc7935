import { configureStore } from '@reduxjs/toolkit';
import {
  createSync,
  defineModel,
  type Outcome,
  type RecordStatus,
  type SyncEvent,
  type SyncStatus,
} from 'syncharts';
import { rest } from 'syncharts/rest';
import { indexedDb } from 'syncharts/storage';
import { browserEnv } from '../../../src/env/browserEnv.ts';
import type { Edit, ModelName, Thing } from '../support/edits.ts';
import {
  closeHandles,
  deleteDatabase,
  holdDatabase,
  killNewHandles,
  releaseDatabase,
} from './databaseHandles.ts';
import { earlyStorage } from './earlyStorage.ts';
import { type LoadOptions, load } from './load.ts';
import { readQuery } from './query.ts';
import { until } from './until.ts';
import { Writes } from './writes.ts';

/**
 * A whole app but for what is drawn: a store, a sync, the browser's own IndexedDB. Tests drive it
 * through `app` on the page's global object; the query string (`PageQuery`) says how it is made.
 */
const query = readQuery(location.search);

const models = {
  item: defineModel<Thing>({ endpoint: 'items' }),
  note: defineModel<Thing>({ endpoint: 'notes', ids: 'server' }),
};

/** The platform, but that an opening that hangs is given up as soon as the query says. */
const env: typeof browserEnv = {
  ...browserEnv,
  indexedDB: globalThis.indexedDB,
  setTimer: (delay, callback, label) =>
    browserEnv.setTimer(label === 'open' ? query.openDeadline : delay, callback, label),
};

const sync = createSync({
  name: query.name,
  models,
  transport: rest({ baseUrl: query.api, timeout: query.timeout }),
  backoff: { base: 20, factor: 2, cap: 200 },
  env,
  durability: query.durability,
  ...(query.storage === 'early' && { storage: earlyStorage() }),
  ...(query.openDeadline !== Number.POSITIVE_INFINITY && { storage: indexedDb(env) }),
});

const store = configureStore({
  reducer: { [sync.reducerPath]: sync.reducer },
  middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
});

const events: SyncEvent[] = [];
sync.events.on('*', (event) => {
  // The rest comes by the thousand and is asked for by other ways.
  if (event.type !== 'saved' && event.type !== 'settled') events.push(event);
});

const writes = new Writes(sync.models);

const status = (): SyncStatus => sync.selectSyncStatus(store.getState());
const records = (): { item: readonly Thing[]; note: readonly Thing[] } => ({
  item: sync.models.item.selectAll(store.getState()),
  note: sync.models.note.selectAll(store.getState()),
});

/** Resolves at the state that `check` wants. */
function reaches(what: string, check: (status: SyncStatus) => boolean): Promise<void> {
  return until({
    what: () =>
      `${what}; it is ${JSON.stringify(status())}, events ${JSON.stringify(events.slice(-5))}`,
    check: () => check(status()),
    subscribe: (listener) => store.subscribe(listener),
  });
}

/** Where each operation is: `waiting` in the outbox, or how it ended. */
async function fates(
  operationIds: readonly string[],
): Promise<Record<string, Outcome | 'waiting'>> {
  const waiting = new Set(
    sync.outbox.list().flatMap(({ operation }) => [operation.id, ...(operation.supersedes ?? [])]),
  );
  const fate = async (id: string) =>
    [id, waiting.has(id) ? 'waiting' : (await sync.outbox.settled(id)).outcome] as const;
  return Object.fromEntries(await Promise.all(operationIds.map(fate)));
}

const seen: (Thing | undefined)[] = [];

const driver = {
  sync,
  store,
  events: events as readonly SyncEvent[],
  status,
  records,
  fates,
  closeHandles,
  killNewHandles,
  holdDatabase,
  releaseDatabase,
  deleteDatabase,
  /** The records are there. */
  hydrated: () => Promise.race([sync.ready, reaches('records', () => false)]),
  /** Dispatches all, in one task. */
  apply: (edits: readonly Edit[]) => {
    for (const edit of edits) writes.write(edit);
  },
  /** Resolves when each write so far is saved or refused. */
  written: () => writes.written(),
  /** Writes on and on, until the page ends or the budget does. */
  load: (options: LoadOptions) => load(options, records, writes),
  /** Asks the server now instead of after the wait. */
  connect: () => sync.resume(),
  /** Nothing is on the way and nothing waits. */
  synced: () => reaches('synced', ({ phase }) => phase === 'synced'),
  recordIs: (model: ModelName, id: string, wanted: RecordStatus['status']) =>
    reaches(`${id} ${wanted}`, () => {
      const { status } = sync.models[model].selectRecordStatus(store.getState(), id);
      return status === wanted;
    }),
  role: (role: SyncStatus['role']) => reaches(role, (now) => now.role === role),
  /** Notes the record at every change of the store from now on. */
  watch: (model: ModelName, id: string) => {
    const look = () => void seen.push(sync.models[model].selectById(store.getState(), id));
    look();
    store.subscribe(look);
  },
  watched: (): readonly (Thing | undefined)[] => seen,
  event: (type: SyncEvent['type']) =>
    until({
      what: () => `the event ${type}`,
      check: () => events.some((event) => event.type === type),
      subscribe: (listener) => sync.events.on('*', listener),
    }),
} as const;

declare global {
  var app: TestApp;
}
export type TestApp = typeof driver;

globalThis.app = driver;
sync.start();
