import { createSyncHooks } from 'syncharts/react';
import type { Device } from './createDevice.ts';

export const {
  SyncProvider,
  useSync,
  useRecord,
  useRecordIds,
  useRecordTotal,
  useWrites,
  useRecordStatus,
  useExplanation,
  useRecordOutbox,
  useSyncStatus,
  useOutbox,
  useDeadLetters,
  useConflicts,
  useConflictLog,
  useConnection,
  useInitialSyncProgress,
} = createSyncHooks<Device['sync']>();
