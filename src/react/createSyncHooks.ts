import { createContext, createElement, useContext, useMemo } from 'react';
import { useSelector } from 'react-redux';
import type { SyncState } from '../../store/slice.ts';
import { SyncError } from '../errors.ts';
import { stateIn } from '../modelApi.ts';
import { createModelHooks } from './modelHooks.ts';
import { createStatusHooks } from './statusHooks.ts';
import type { SyncHooks } from './syncHooks.ts';
import type { AnySync } from './types.ts';
import { createWaitingHooks } from './waitingHooks.ts';

/**
 * Makes the hooks of one app: typed by its sync, with a provider of their own. To be called once, in
 * a module that components import from.
 *
 * @example
 * // hooks.ts
 * export const { SyncProvider, useRecord, useRecords, useWrites } = createSyncHooks<typeof sync>();
 * // main.tsx
 * <Provider store={store}><SyncProvider sync={sync}><App /></SyncProvider></Provider>
 */
export function createSyncHooks<S extends AnySync>(): SyncHooks<S> {
  const SyncContext = createContext<S | null>(null);

  function useSync(): S {
    const sync = useContext(SyncContext);
    if (sync) return sync;
    const message = 'this hook needs a <SyncProvider> above it, of the same createSyncHooks()';
    throw new SyncError('noProvider', message);
  }

  /** What `read` makes of the sync's own state; `read` must be stable. */
  function useFacts<T>(read: (state: SyncState) => T): T {
    const { reducerPath } = useSync();
    const select = useMemo(() => {
      const stateOf = stateIn(reducerPath);
      return (root: object) => read(stateOf(root));
    }, [reducerPath, read]);
    return useSelector(select);
  }

  return {
    SyncProvider: ({ sync, children }) =>
      createElement(SyncContext.Provider, { value: sync }, children),
    useSync,
    ...createModelHooks(useSync, useFacts),
    ...createStatusHooks(useSync, useFacts),
    ...createWaitingHooks<S>(useFacts),
  };
}
