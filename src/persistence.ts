import type { Dispatch, Reducer } from '@reduxjs/toolkit';
import { type PersistedState, type Persistor, persistReducer, persistStore } from 'redux-persist';
import type { Facts } from '../store/facts.ts';
import type { SyncState } from '../store/slice.ts';

/**
 * redux-persist hydrates, gates and purges; it never writes. As the writer it loses acknowledged
 * writes (its time-out lets the initial state overwrite the disk, two tabs overwrite each other, a
 * full quota resolves `flush()`). So: no time-out, our own `getStoredState` that never rejects (a
 * failed read keeps the gate shut), our own REHYDRATE case, and a pause before the first write.
 */
export function persistedReducer(
  name: string,
  reducer: Reducer<SyncState>,
  storedFacts: () => Promise<Facts>,
): Reducer<SyncState> {
  const refuse = () => Promise.reject(new Error('redux-persist does not write here'));
  const persisted = persistReducer(
    {
      key: name,
      // Never called: paused before the first write. redux-persist demands one.
      storage: { getItem: refuse, setItem: refuse, removeItem: () => Promise.resolve() },
      timeout: 0,
      serialize: false,
      stateReconciler: false,
      // It hands over what our REHYDRATE case takes: facts, not a state with a `_persist`.
      getStoredState: storedFacts as unknown as () => Promise<PersistedState>,
    },
    reducer,
  );
  // The state has redux-persist's own `_persist` beside ours; nobody but it reads that.
  const own = persisted as unknown as Reducer<SyncState>;
  // It would copy the state for each action of the app, twice; only its own actions are for it.
  return (state, action) =>
    state === undefined || action.type.startsWith('persist/')
      ? own(state, action)
      : reducer(state, action);
}

export interface Gate {
  /** Asks redux-persist to hydrate, and pauses it at once: from here on it never writes. */
  open(): void;
  readonly persistor: Persistor;
}

export interface GateOptions {
  readonly flush: () => Promise<void>;
  readonly purge: () => Promise<void>;
  readonly pause: () => void;
  readonly persist: () => void;
}

/** redux-persist's persistor, with a `flush` that tells the truth. `<PersistGate>` works with it. */
export function createGate(dispatch: Dispatch, options: GateOptions): Gate {
  const target = { dispatch } as Parameters<typeof persistStore>[0];
  const settings = { manualPersist: true } as Parameters<typeof persistStore>[1];
  const persistor = persistStore(target, settings);
  return {
    open: () => {
      persistor.persist();
      persistor.pause();
    },
    persistor: { ...persistor, ...options },
  };
}
