import { useCallback, useMemo } from 'react';
import { selectInitialProgress } from '../../store/initialProgress.ts';
import { type SyncStatus, selectSyncStatus } from '../../store/selectors/syncStatus.ts';
import type { SyncState } from '../../store/slice.ts';
import { sameFields, steady } from './stable.ts';
import type { SyncHooks } from './syncHooks.ts';
import type { AnySync, UseFacts } from './types.ts';

type StatusHooks<S extends AnySync> = Pick<
  SyncHooks<S>,
  'useSyncStatus' | 'useConnection' | 'useInitialSyncProgress'
>;

const connectionOf = (state: SyncState) => state.ephemeral.connection;

/** How things stand as a whole. */
export function createStatusHooks<S extends AnySync>(
  useSync: () => S,
  useFacts: UseFacts,
): StatusHooks<S> {
  function useSyncStatus(): SyncStatus;
  function useSyncStatus<T>(select: (status: SyncStatus) => T): T;
  function useSyncStatus<T>(select?: (status: SyncStatus) => T): SyncStatus | T {
    const status = useMemo(() => steady(selectSyncStatus, sameFields), []);
    const read = useCallback(
      (state: SyncState) => (select ? select(status(state)) : status(state)),
      [status, select],
    );
    return useFacts(read);
  }

  return {
    useSyncStatus,
    useConnection: () => useFacts(connectionOf),
    useInitialSyncProgress: (model) => {
      const { models } = useSync();
      const read = useMemo(() => {
        const names = model === undefined ? Object.keys(models) : [model];
        return steady((state: SyncState) => selectInitialProgress(state, names), sameFields);
      }, [models, model]);
      return useFacts(read);
    },
  };
}
