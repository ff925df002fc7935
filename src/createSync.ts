import type { Action, Dispatch, Middleware, Reducer } from '@reduxjs/toolkit';
import type { Persistor } from 'redux-persist';
import { defaultBackoff } from '../machines/backoff.ts';
import { type Explanation, selectExplanation } from '../store/explanation.ts';
import type { Facts } from '../store/facts.ts';
import type { Operation } from '../store/rows/row.ts';
import { type SyncStatus, selectSyncStatus } from '../store/selectors/syncStatus.ts';
import { createSyncSlice, type PersonDraft, type SyncState } from '../store/slice.ts';
import { checkOptions, type Models, type SyncOptions } from './config.ts';
import { type Conflicts, createConflicts } from './conflicts.ts';
import { type Identified, type ModelDefinition, wireOf } from './defineModel.ts';
import {
  type DefaultMiddlewareOptions,
  devToolsOptions,
  mergedMiddlewareOptions,
} from './devTools.ts';
import type { PullResult } from './engine/pulls/puller.ts';
import type { PullOptions } from './engine/pulls/pullRun.ts';
import type { EngineModel } from './engine/records/models.ts';
import type { Inspect } from './engine/wire/connection.ts';
import { browserEnv } from './env/browserEnv.ts';
import { SyncError } from './errors.ts';
import { SyncEvents } from './events.ts';
import { createExplainContext } from './explain.ts';
import { type Guarantee, guaranteesOf } from './guarantees.ts';
import type { OperationHandle } from './handles.ts';
import { createMiddleware, type WriteDispatch } from './middleware.ts';
import {
  createModelActions,
  createModelApi,
  type ModelActions,
  type ModelApi,
  stateIn,
} from './modelApi.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createGate, type Gate, persistedReducer } from './persistence.ts';
import { identityCodec } from './ports/codec.ts';
import type { Filter } from './pullOptions.ts';
import { createPulls } from './pulls.ts';
import { Runtime } from './runtime.ts';
import { indexedDb } from './storage/indexedDb.ts';
import { opfsShelf } from './storage/opfsShelf.ts';
import type { TraceEntry } from './trace.ts';
import { createStamp } from './writes.ts';

type RecordOf<D> = D extends ModelDefinition<infer T> ? T : Identified;

export interface Sync<M extends Models, P extends string = string> {
  /** A literal type, so that the state's type is known under it. */
  readonly reducerPath: P;
  readonly reducer: Reducer<SyncState>;
  readonly middleware: Middleware<WriteDispatch>;
  /** For `getDefaultMiddleware`: keeps RTK's development checks off the big tables. */
  middlewareOptions<O extends DefaultMiddlewareOptions>(
    own?: O,
  ): O & Required<DefaultMiddlewareOptions>;
  /** For `configureStore({ devTools })`. */
  readonly devTools: ReturnType<typeof devToolsOptions>;
  readonly models: { readonly [K in keyof M]: ModelApi<RecordOf<M[K]>> };
  readonly actions: { readonly [K in keyof M]: ModelActions<RecordOf<M[K]>> };
  /** Opens the storage, hydrates, takes the lead, syncs; also after `stop`. Does nothing while it runs. */
  start(): void;
  /** Resolves after hydration. */
  readonly ready: Promise<void>;
  /** Ends timers, requests and locks; what was accepted is durable when it resolves. */
  stop(): Promise<void>;
  /** Holds the network; writes go on. */
  pause(): void;
  resume(): Promise<void>;
  /** Pulls every model. */
  syncAll(): Promise<readonly PullResult[]>;
  /**
   * Empties everything on this device; resolves after the bytes are gone.
   * @throws SyncError `unsent` with `unsent: 'refuse'` while something is not on the server
   */
  clear(options: { readonly unsent: 'refuse' | 'discard' }): Promise<void>;
  /** redux-persist's shape: for `<PersistGate>`; `flush()` tells the truth. */
  readonly persistor: Persistor;
  readonly outbox: Outbox;
  /**
   * Why a record is where it is: its state, all that it waits for, what ends the wait, a sentence.
   * @throws SyncError `noMiddleware` before the sync is in a store
   * @example sync.explain('todo', id).sentence // 'There is no network; it is sent when …'
   */
  explain(model: keyof M & string, id: string): Explanation;
  /**
   * Tells an inspector of one record's machine from now on, in XState's inspection protocol, as if
   * it were an actor. Returns how to stop. `observer`: instead of the option `inspect`.
   *
   * @throws SyncError `badConfig` if there is neither
   * @example const stop = sync.watch('todo', id)
   */
  watch(model: keyof M & string, id: string, observer?: Inspect): () => void;
  /**
   * Tells of every act, row and request as it happens, in words for a timeline. Returns how to stop.
   *
   * @throws SyncError `noMiddleware` before the sync is in a store
   */
  trace(listener: (entries: readonly TraceEntry[]) => void): () => void;
  readonly conflicts: Conflicts;
  readonly events: SyncEvents;
  selectSyncStatus(state: object): SyncStatus;
  /** What this configuration promises, by model, and which ability of the server that rests on. */
  readonly guarantees: { readonly [K in keyof M]: readonly Guarantee[] };
  /** The random id of this device's database, once it is open. */
  readonly databaseId: string | null;
}

/** The store's dispatch with our middleware in it: writes give handles, acts their durability. */
type StoreDispatch = (action: Action) => unknown;

function readiness() {
  let settled = 0;
  let settle: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const resolve = () => {
    settled++;
    settle();
  };
  return { promise, resolve, isResolved: () => settled > 0 };
}

/** A promise, and who keeps it. */
function handOver<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

/** Running syncs by name: a second start of the same name stops the first (hot reload). */
const running = new Map<string, { stop(): Promise<void> }>();

/**
 * Makes a sync: a reducer, a middleware and the engine behind them. Safe with no option set: every
 * write is durable before it is called saved, sent in order, retried for ever, merged on conflict.
 *
 * @example
 * const sync = createSync({
 *   name: 'my-app',
 *   models: { todo: defineModel<Todo>({ endpoint: 'todos' }) },
 *   transport: rest({ baseUrl: 'https://api.example.com' }),
 * });
 * @throws SyncError `badConfig`, with the path of the option
 */
export function createSync<const M extends Models, const P extends string = 'sync'>(
  options: SyncOptions<M, P>,
): Sync<M, P> {
  checkOptions(options);
  const { name, models, env = browserEnv } = options;
  const reducerPath = options.reducerPath ?? ('sync' as P);
  const names = Object.keys(models);
  const slice = createSyncSlice(reducerPath, names);
  const events = new SyncEvents(env.report);
  const strategies = new Map(
    names.map((model) => [model, models[model]?.strategy ?? 'optimistic']),
  );
  const { checkCall } = options.transport;
  const stamp = createStamp(
    env,
    reducerPath,
    strategies,
    (model, kind, request) => {
      const definition = models[model] as ModelDefinition<Identified>;
      return checkCall?.(wireOf(model, definition), kind, request) ?? null;
    },
    (model) => models[model]?.references ?? {},
  );
  const stateOf = stateIn(reducerPath);
  const engineModels = new Map<string, EngineModel>();
  /** Set at run time, also before there is a store. */
  const filters = new Map<string, Filter>();
  let runtime: Runtime | null = null;
  let dispatchToStore: StoreDispatch | null = null;
  let gate: Gate | null = null;
  let gateFacts = handOver<Facts>();
  let ready = readiness();
  /** Counts starts and stops: a start that a stop has overtaken does nothing. */
  let turns = 0;
  let stopping: Promise<void> | null = null;

  function attached(): { runtime: Runtime; dispatch: StoreDispatch; gate: Gate } {
    if (runtime && dispatchToStore && gate) return { runtime, dispatch: dispatchToStore, gate };
    throw new SyncError(
      'noMiddleware',
      'this sync is in no store: add sync.middleware to configureStore',
    );
  }

  function attach(api: { dispatch: Dispatch; getState: () => unknown }): Runtime {
    if (runtime) {
      throw new SyncError('badConfig', 'one sync belongs to one store: make both in a factory');
    }
    const { storage = indexedDb(env), transport, backoff, inspect, network, stuckAfter } = options;
    const { durability = 'double' } = options;
    // Storage that is not the browser's database needs no rescue from the browser's deletions.
    const shelf = options.shelf ?? (storage.kind === 'indexedDB' ? opfsShelf(env) : null);
    const state = () => stateOf(api.getState() as object);
    const wire = transport(env);
    const clockOffset = () => wire.clockOffset?.() ?? null;
    for (const model of names) {
      const definition = models[model] as ModelDefinition<Identified>;
      const { onReject, references, pageSize, massDelete } = definition;
      const { conflict: policy, updatedAt, serverFields } = definition;
      const rule = { policy, updatedAt, serverFields, clockOffset };
      const filter = filters.get(model) ?? definition.filter;
      const pulling = { filter, pageSize, massDelete };
      const named = wireOf(model, definition);
      engineModels.set(model, { ...named, ...pulling, onReject, references, rule });
    }
    dispatchToStore = api.dispatch as unknown as StoreDispatch;
    runtime = new Runtime(
      {
        ...{
          env,
          name,
          storage,
          shelf,
          durability,
          codec: identityCodec,
          models: engineModels,
          slice,
          events,
          inspect,
          network,
          stuckAfter,
        },
        explain: (model, id) => explain(state(), model, id),
        transport: wire,
        backoff: { ...defaultBackoff, ...backoff },
      },
      { dispatch: api.dispatch, state },
    );
    gate = createGate(api.dispatch, {
      flush: () => attached().runtime.engine.flush(),
      purge: () => sync.clear({ unsent: 'discard' }),
      pause: () => sync.pause(),
      persist: () => void sync.resume(),
    });
    return runtime;
  }

  const middleware = createMiddleware({
    slice,
    attach,
    resultOf: (life, action, act) => {
      const { payload } = action;
      if (payload.type === 'recorded') return handleOf(life, payload.operation, act.saved);
      return act.saved;
    },
  });

  function handleOf(life: Runtime, operation: Operation, saved: Promise<void>): OperationHandle {
    const { id: operationId, model, recordId } = operation;
    let settled: OperationHandle['settled'] | undefined;
    return {
      id: recordId,
      operationId,
      saved,
      get settled() {
        settled ??= life.handles.settled(model, recordId, operationId);
        return settled;
      },
      cancel: () => outbox.cancel(operationId),
    };
  }

  function act(draft: PersonDraft): Promise<void> {
    return attached().dispatch(stamp.action(draft)) as Promise<void>;
  }

  const state = () => attached().runtime.state;
  const outbox = createOutbox({
    ...{ env, state, act },
    handleOf: (operation, saved) => handleOf(attached().runtime, operation, saved),
    settled: (model, recordId, id) => attached().runtime.handles.settled(model, recordId, id),
  });
  const conflicts = createConflicts({ env, state, act });
  const pull = (model: string, how?: PullOptions) => attached().runtime.engine.pull(model, how);
  const pulls = createPulls({
    ...{ env, events, state },
    engine: () => attached().runtime.engine,
    setFilter: (model, filter) => {
      filters.set(model, filter);
      const known = engineModels.get(model);
      if (known) engineModels.set(model, { ...known, filter });
    },
    isAttached: () => runtime !== null,
    checkCall: (model, verb, request) => {
      const definition = models[model] as ModelDefinition<Identified>;
      return checkCall?.(wireOf(model, definition), verb, request) ?? null;
    },
  });

  const context = createExplainContext({
    modelOf: (model) => models[model],
    originOf: (path) => runtime?.transport.originOf?.(path) ?? '',
    isUnsealable: (lane) => runtime?.engine.isUnsealable(lane) ?? false,
    hasVersions: (name) => {
      const model = runtime?.models.get(name);
      return (model && runtime?.transport.abilities?.(model).versions) ?? false;
    },
  });
  const explain = (now: SyncState, model: string, id: string) =>
    selectExplanation(now, model, id, context);

  const actions: Record<string, ModelActions<Identified>> = {};
  const apis: Record<string, ModelApi<Identified>> = {};
  for (const model of names) {
    const keyed = (id: string) => (runtime ? runtime.keyOf(model, id) : id);
    const own = createModelActions<Identified>(model, env, stamp, keyed);
    actions[model] = own;
    apis[model] = createModelApi<Identified>({
      ...{ model, actions: own, stateOf, pulls, explain },
      dispatch: (action) => attached().dispatch(action) as OperationHandle<Identified>,
    });
  }

  const sync: Sync<M, P> = {
    reducerPath,
    reducer: persistedReducer(reducerPath, slice.reducer, () => gateFacts.promise),
    middleware,
    middlewareOptions: <O extends DefaultMiddlewareOptions>(own?: O) =>
      mergedMiddlewareOptions(reducerPath, reducerPath, own ?? ({} as O)),
    devTools: devToolsOptions(reducerPath, reducerPath),
    models: apis as unknown as Sync<M>['models'],
    actions: actions as unknown as Sync<M>['actions'],
    get ready() {
      return ready.promise;
    },
    outbox,
    explain: (model, id) => explain(state(), model, id),
    watch: (model, id, observer = options.inspect) => {
      const { runtime: life } = attached();
      if (observer) return life.watch.watch(model, life.keyOf(model, id), observer);
      const message = 'nobody looks on: give createSync the option inspect, or watch an observer';
      throw new SyncError('badConfig', message);
    },
    trace: (listener) => attached().runtime.trace.on(listener),
    conflicts,
    events,
    start: () => {
      const { runtime: life, gate: door } = attached();
      if (running.get(name) === sync) return;
      const before = running.get(name);
      running.set(name, sync);
      const turn = ++turns;
      const begin = async () => {
        if (before || stopping) {
          await Promise.all([before?.stop(), stopping]);
          if (turn !== turns) return;
        }
        const begun = life.start();
        if (door.persistor.getState().bootstrapped) {
          life.load(await begun);
        } else {
          begun.then(gateFacts.resolve, env.report);
          door.open();
          await gateFacts.promise;
          // The store has them: held here, they would stay as they were as long as the page lives.
          gateFacts = handOver();
        }
        ready.resolve();
      };
      if (ready.isResolved()) ready = readiness();
      begin().catch(env.report);
    },
    stop: async () => {
      turns++;
      if (running.get(name) === sync) running.delete(name);
      const stop = runtime?.stop() ?? null;
      stopping = stop;
      await stop;
      if (stopping === stop) stopping = null;
    },
    pause: () => attached().runtime.engine.pause(),
    resume: () => attached().runtime.engine.resume(),
    syncAll: () => Promise.all(names.map((model) => pull(model))),
    clear: async ({ unsent }) => {
      const { engine } = attached().runtime;
      await engine.readOn();
      const { shown } = state();
      if (unsent === 'refuse' && shown.outbox.size > 0) {
        throw new SyncError('unsent', `${shown.outbox.size} operations are not on the server yet`);
      }
      await act({ v: 1, type: 'purged', at: env.now(), generation: shown.generation + 1 });
      await engine.flush();
    },
    get persistor() {
      return attached().gate.persistor;
    },
    selectSyncStatus: (root) => selectSyncStatus(stateOf(root)),
    get guarantees() {
      const { transport, models: wired } = attached().runtime;
      return guaranteesOf(transport, wired.values()) as Sync<M, P>['guarantees'];
    },
    get databaseId() {
      return runtime?.engine.databaseId ?? null;
    },
  };
  return sync;
}
