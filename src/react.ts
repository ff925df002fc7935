export type { DeadLetter } from '../store/deadLetters.ts';
export type { InitialSyncProgress } from '../store/initialProgress.ts';
export type { OutboxView } from '../store/outboxView.ts';
export { createSyncHooks } from './react/createSyncHooks.ts';
export type { SyncHooks, SyncProviderProps } from './react/syncHooks.ts';
export type { AnySync, ModelName, ModelWrites, RecordOf } from './react/types.ts';
