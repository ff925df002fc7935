import { SHOULD_AUTOBATCH } from '@reduxjs/toolkit';
import type { Explanation } from '../store/explanation.ts';
import { type RecordStatus, selectRecordStatus } from '../store/selectors/recordStatus.ts';
import {
  selectAllRecords,
  selectIds,
  selectRecord,
  selectTotal,
} from '../store/selectors/records.ts';
import type { PersonAction, SyncState } from '../store/slice.ts';
import type { Identified } from './defineModel.ts';
import { SyncError } from './errors.ts';
import type { OperationHandle } from './handles.ts';
import type { Env } from './ports/env.ts';
import type { ModelPulls, PullsOf } from './pulls.ts';
import { createQueries } from './query/queries.ts';
import type { Query } from './query/query.ts';
import { checkedChanges, checkedData, checkedId, type Stamp, type WriteOptions } from './writes.ts';

/** A new record: the id is made here unless it is given. */
export type NewRecord<T extends Identified> = Omit<T, 'id'> & { readonly id?: string };
/** Top-level fields to replace. */
export type Changes<T extends Identified> = Partial<Omit<T, 'id'>>;

/** A write as an action: `store.dispatch` gives back the handle. */
export interface WriteAction<T = unknown> extends PersonAction {
  /** The type of the record; never a value. */
  readonly recordType?: T;
}

/** Writes as action creators, for those who dispatch by hand. */
export interface ModelActions<T extends Identified> {
  create(record: NewRecord<T>, options?: WriteOptions): WriteAction<T>;
  update(
    change: { readonly id: string; readonly changes: Changes<T> },
    options?: WriteOptions,
  ): WriteAction<T>;
  upsert(record: T, options?: WriteOptions): WriteAction<T>;
  remove(id: string, options?: WriteOptions): WriteAction<T>;
}

/**
 * One model's reads and writes. Writes throw SyncError (`badData`, `badId`, `recordExists`,
 * `readOnly`, `heldUp`, `offline`, `notStarted`, `noMiddleware`) at once, with nothing changed;
 * everything later is told by the handle. `state` is the store's root state.
 */
export interface ModelApi<T extends Identified> extends ModelPulls<T> {
  create(record: NewRecord<T>, options?: WriteOptions): OperationHandle<T>;
  /** Many at once: durable together, each with a handle of its own. */
  createMany(records: readonly NewRecord<T>[], options?: WriteOptions): OperationHandle<T>[];
  update(id: string, changes: Changes<T>, options?: WriteOptions): OperationHandle<T>;
  upsert(record: T, options?: WriteOptions): OperationHandle<T>;
  remove(id: string, options?: WriteOptions): OperationHandle<T>;
  /** By key or by the server's id. */
  selectById(state: object, id: string): T | undefined;
  /** In order of keys (uuid v7: of creation); the same array until a record changes. */
  selectAll(state: object): readonly T[];
  selectIds(state: object): readonly string[];
  selectTotal(state: object): number;
  /**
   * Records that meet a query, as they are shown; the same array as long as it holds the same.
   *
   * @example selectWhere(state, { where: { done: false }, orderBy: [['priority', 'desc']], limit: 20 })
   * @throws SyncError `badQuery`, with the path of what can't be meant
   */
  selectWhere(state: object, query: Query<T>): readonly T[];
  /**
   * How many records meet its conditions, whatever its limit and offset.
   * @throws SyncError `badQuery`
   */
  selectCountWhere(state: object, query: Query<T>): number;
  selectRecordStatus(state: object, id: string): RecordStatus;
  /** Why a record is where it is; the same object as long as it says the same. */
  selectExplanation(state: object, id: string): Explanation;
}

export function createModelActions<T extends Identified>(
  model: string,
  env: Env,
  stamp: Stamp,
  resolve: (id: string) => string,
): ModelActions<T> {
  const whole = (kind: 'create' | 'upsert', record: NewRecord<T>, options: WriteOptions) => {
    const copy = checkedData(model, record);
    const id = resolve(checkedId(copy.id ?? env.recordId()));
    return stamp.write(stamp.operation(model, id, kind, { ...copy, id }, options), options);
  };
  return {
    create: (record, options = {}) => whole('create', record, options),
    upsert: (record, options = {}) => whole('upsert', record as NewRecord<T>, options),
    update: ({ id, changes }, options = {}) => {
      const key = resolve(checkedId(id));
      const copy = checkedChanges(changes);
      return stamp.write(stamp.operation(model, key, 'update', copy, options), options);
    },
    remove: (id, options = {}) => {
      const key = resolve(checkedId(id));
      return stamp.write(stamp.operation(model, key, 'delete', {}, options), options);
    },
  };
}

/** Whoever subscribed to the store is told once, after the last of many. */
function followed<T>(action: WriteAction<T>): WriteAction<T> {
  return { ...action, meta: { ...action.meta, [SHOULD_AUTOBATCH]: true } };
}

export interface ModelApiOptions<T extends Identified> {
  readonly model: string;
  readonly actions: ModelActions<T>;
  readonly stateOf: (root: object) => SyncState;
  readonly dispatch: (action: WriteAction<T>) => OperationHandle<T>;
  readonly pulls: PullsOf;
  readonly explain: (state: SyncState, model: string, id: string) => Explanation;
}

export function createModelApi<T extends Identified>(options: ModelApiOptions<T>): ModelApi<T> {
  const { model, actions, stateOf, dispatch } = options;
  // What is stored under this model was made from records of type T (or came from its server).
  const typed = (record: unknown) => record as T;
  const queries = createQueries(model);
  return {
    create: (record, how) => dispatch(actions.create(record, how)),
    createMany: (records, how) => {
      // All are checked before the first is dispatched: all or none are taken.
      const made = records.map((record) => actions.create(record, how));
      const last = made.length - 1;
      return made.map((action, i) => dispatch(i < last ? followed(action) : action));
    },
    update: (id, changes, how) => dispatch(actions.update({ id, changes }, how)),
    upsert: (record, how) => dispatch(actions.upsert(record, how)),
    remove: (id, how) => dispatch(actions.remove(id, how)),
    selectById: (root, id) => {
      const record = selectRecord(stateOf(root), model, id);
      return record && typed(record);
    },
    selectAll: (root) => selectAllRecords(stateOf(root), model) as unknown as readonly T[],
    selectIds: (root) => selectIds(stateOf(root), model),
    selectTotal: (root) => selectTotal(stateOf(root), model),
    selectWhere: (root, query) => queries.select(stateOf(root), query) as unknown as readonly T[],
    selectCountWhere: (root, query) => queries.count(stateOf(root), query),
    selectRecordStatus: (root, id) => selectRecordStatus(stateOf(root), model, id),
    selectExplanation: (root, id) => options.explain(stateOf(root), model, id),
    ...options.pulls<T>(model, stateOf),
  };
}

/** The state of a sync in a root state; says what is missing if it is not there. */
export function stateIn(reducerPath: string): (root: object) => SyncState {
  return (root) => {
    const state = (root as Record<string, unknown>)[reducerPath];
    if (!state) {
      const message = `there is no state under "${reducerPath}": add [sync.reducerPath]: sync.reducer`;
      throw new SyncError('noMiddleware', message);
    }
    return state as SyncState;
  };
}
