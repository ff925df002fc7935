export type { Failure, FailureCode } from '../machines/failure.ts';
export type { NetworkKind, NetworkRequirement } from '../machines/network.ts';
export type { RecordState } from '../machines/record.ts';
export type { Explanation } from '../store/explanation.ts';
export type { ConflictLogEntry, Outcome } from '../store/facts.ts';
export type { Json, JsonObject } from '../store/json.ts';
export type { OutboxItem } from '../store/outboxView.ts';
export type { Operation, Overwritten, Strategy } from '../store/rows/row.ts';
export type { ParkedConflict } from '../store/selectors/conflicts.ts';
export type { RecordStatus } from '../store/selectors/recordStatus.ts';
export type { SyncReason, SyncStatus } from '../store/selectors/syncStatus.ts';
export type { PullProgress, SyncState } from '../store/slice.ts';
export type { Move, Mover, Wait, WaitKind } from '../store/wait.ts';
export type { Models, SyncOptions } from './config.ts';
export type { Choice, Conflicts } from './conflicts.ts';
export { createSync, type Sync } from './createSync.ts';
export {
  defineModel,
  type Identified,
  type ModelDefinition,
  type ModelOptions,
} from './defineModel.ts';
export type { PullResult } from './engine/pulls/puller.ts';
export type { FetchQuery } from './engine/pulls/pullOnce.ts';
export type { PullOptions } from './engine/pulls/pullRun.ts';
export { SyncError, type SyncErrorCode } from './errors.ts';
export type { SyncEvent, SyncEvents } from './events.ts';
export type { Guarantee, GuaranteeId } from './guarantees.ts';
export type { OperationHandle, Settled } from './handles.ts';
export type { WriteDispatch } from './middleware.ts';
export type { Changes, ModelActions, ModelApi, NewRecord, WriteAction } from './modelApi.ts';
export type { Outbox } from './outbox.ts';
export type {
  Conflict,
  ConflictFunction,
  ConflictPolicy,
  Resolution,
} from './policies/policy.ts';
export type { Env } from './ports/env.ts';
export type {
  Abilities,
  Addressed,
  Answer,
  BatchAnswer,
  Held,
  ModelWire,
  PullAnswer,
  PulledRecord,
  PulledTombstone,
  PullRequest,
  RemoteRecord,
  Transport,
  TransportFactory,
  UnderWay,
} from './ports/transport.ts';
export { buildQuery, type QueryBuilder } from './query/buildQuery.ts';
export { fromUrlParameters } from './query/fromUrlParameters.ts';
export type {
  Condition,
  Direction,
  Operators,
  OrderBy,
  PlainValue,
  Query,
  Where,
} from './query/query.ts';
export { toUrlParameters } from './query/toUrlParameters.ts';
export type { TraceEntry } from './trace.ts';
export type { Dependency, WriteOptions } from './writes.ts';
