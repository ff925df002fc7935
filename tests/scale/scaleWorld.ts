import { configureStore } from '@reduxjs/toolkit';
import { createSync, defineModel, type Sync, type TransportFactory } from '../../src/index.ts';
import type { Answer } from '../../src/ports/transport.ts';
import type { Storage } from '../../src/storage.ts';
import type { SyncState } from '../../store/slice.ts';
import { meteredStorage } from '../support/meteredStorage.ts';
import { deviceEnv, until } from '../support/world.ts';

type Item = { readonly id: string; readonly title: string; readonly counter: number };

const models = { item: defineModel<Item>({ endpoint: 'items' }) };

export const idOf = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** A request that waits for its answer. */
interface Waiting {
  /** The server says yes, and what it has now. */
  readonly commit: () => void;
}

/** A server that has `count` records, brings ten changed ones (that nobody edits)
 * with each later pull, and answers when told. */
function makeServer(count: number) {
  const waiting: Waiting[] = [];
  let version = 1;
  const item = (n: number) => ({
    id: idOf(n),
    record: { id: idOf(n), title: `Record number ${n}`, counter: version },
    version: `"${version}"`,
  });
  const transport: TransportFactory = () => ({
    seal: ({ recordId, changes }) => ({
      ...{ method: 'PATCH', path: `items/${recordId}`, query: '', ifMatch: null },
      ...{ contentType: 'application/json', body: JSON.stringify(changes) },
    }),
    push: ({ path }) =>
      new Promise<Answer>((resolve) => {
        const id = path.slice('items/'.length);
        const commit = () => {
          version++;
          const record = { id, title: 'as it was saved', counter: version };
          const remote = { record, version: `"${version}"`, lastOperationId: null };
          resolve({ kind: 'committed', remote, version: remote.version });
        };
        waiting.push({ commit });
      }),
    read: () => new Promise(() => {}),
    probe: async () => {},
    pull: async ({ cursor, limit }) => {
      const from = Number(cursor ?? 0);
      const more = { deleted: [], cursor: String(from + limit) };
      if (from >= count) {
        version++;
        const items = Array.from({ length: 10 }, (_, i) =>
          item(spread(count - version * 10 - i, count)),
        );
        return { kind: 'page', items, ...more, hasMore: false };
      }
      const to = Math.min(count, from + limit);
      const items = Array.from({ length: to - from }, (_, i) => item(from + i));
      return { kind: 'page', items, ...more, hasMore: to < count };
    },
  });
  return { transport, waiting };
}

/** Where in a table the n-th edit lands: spread over all of it. */
const spread = (n: number, count: number) => (n * 7_919 + 13) % count;

export interface ScaleOptions {
  readonly records: number;
  /** Edits that wait in the outbox, each of another record. */
  readonly depth?: number;
  readonly network?: 'present' | 'absent';
  /** Where it is kept; in memory otherwise. */
  readonly kept?: Storage;
  /** A device that was stopped: the same is started anew from its disk. */
  readonly again?: Pick<ScaleWorld, 'name' | 'storage'>;
}

type ScaleSync = Sync<typeof models>;

export interface ScaleWorld {
  readonly sync: ScaleSync;
  readonly name: string;
  readonly storage: ReturnType<typeof meteredStorage>;
  /** Edits one record more. */
  readonly edit: () => ReturnType<ScaleSync['models']['item']['update']>;
  /** Requests that wait for their answers, oldest first. */
  readonly waiting: Waiting[];
  readonly root: () => object;
  readonly state: () => SyncState;
  /** Actions that the reducer has seen since it was asked last. */
  readonly reductions: () => number;
  /** The network comes; resolves when requests wait for their answers. */
  readonly connect: () => Promise<void>;
  /** Resolves when nothing is done any more. */
  readonly quiet: () => Promise<void>;
}

/** An app with so many records and so many edits that wait, with all of it durable and at rest. */
export async function makeScaleWorld(options: ScaleOptions): Promise<ScaleWorld> {
  const { records, depth = 0, network = 'absent', kept, again } = options;
  const storage = again?.storage ?? meteredStorage(kept);
  const server = makeServer(records);
  let isPresent = network === 'present';
  let hint: (hint: 'present' | 'absent') => void = () => {};
  const env = deviceEnv({
    networkHint: () => (isPresent ? 'present' : 'absent'),
    onNetworkHint: (listener) => {
      hint = listener;
      return () => {};
    },
  });
  const { transport } = server;
  const name = again?.name ?? `scale-${env.uuid()}`;
  const sync = createSync({ name, models, transport, storage, env });
  let reductions = 0;
  const store = configureStore({
    reducer: {
      [sync.reducerPath]: (state: SyncState | undefined, action) => {
        reductions++;
        return sync.reducer(state as never, action);
      },
    },
    middleware: (defaults) =>
      defaults({ immutableCheck: false, serializableCheck: false }).concat(sync.middleware),
  });
  sync.start();
  await sync.ready;
  const status = () => sync.selectSyncStatus(store.getState());
  await until('it leads', () => status().role === 'leading');
  if (!again) await sync.models.item.pull();
  let edits = 0;
  const edit = () => {
    edits++;
    const id = idOf(spread(edits, records));
    return sync.models.item.update(id, { counter: -edits });
  };
  for (let left = depth; left > 0; left -= 1_000) {
    const some = Array.from({ length: Math.min(left, 1_000) }, () => edit().saved);
    await Promise.all(some);
  }
  await sync.persistor.flush();
  storage.taken();
  reductions = 0;
  return {
    ...{ sync, name, storage, edit, waiting: server.waiting, root: () => store.getState() },
    state: (): SyncState =>
      (store.getState() as Record<string, SyncState>)[sync.reducerPath] as SyncState,
    reductions: () => {
      const before = reductions;
      reductions = 0;
      return before;
    },
    connect: async () => {
      isPresent = true;
      hint('present');
      await until('requests are under way', () => server.waiting.length > 0);
      await quiet();
    },
    quiet,
  };
}

async function quiet(): Promise<void> {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}
