import type { ReactNode } from 'react';
import type { DeadLetter } from '../../store/deadLetters.ts';
import type { Explanation } from '../../store/explanation.ts';
import type { ConflictLogEntry } from '../../store/facts.ts';
import type { InitialSyncProgress } from '../../store/initialProgress.ts';
import type { OutboxItem, OutboxView } from '../../store/outboxView.ts';
import type { ParkedConflict } from '../../store/selectors/conflicts.ts';
import type { RecordStatus } from '../../store/selectors/recordStatus.ts';
import type { SyncStatus } from '../../store/selectors/syncStatus.ts';
import type { Ephemeral } from '../../store/slice.ts';
import type { Query } from '../query/query.ts';
import type { AnySync, ModelName, ModelWrites, RecordOf } from './types.ts';

export interface SyncProviderProps<S extends AnySync> {
  /** The sync whose reducer and middleware are in the store of the `<Provider>` around this. */
  readonly sync: S;
  readonly children?: ReactNode;
}

/**
 * What `createSyncHooks` makes. All hooks need react-redux's `<Provider>` and `<SyncProvider>` above
 * them (without: SyncError `noProvider`), and a model that the sync has (without: `badConfig`). A
 * component renders again only when what its hook gave has changed; what says the same is the same
 * object.
 */
export interface SyncHooks<S extends AnySync> {
  /** Tells the hooks below it which sync they are of; the nearest one counts. */
  SyncProvider(props: SyncProviderProps<S>): ReactNode;
  /** The sync itself: for `outbox.cancel`, `conflicts.resolve`, `syncAll`, `events`. */
  useSync(): S;

  /**
   * One record, by its key or the server's id; undefined where there is none, or with no id.
   *
   * @example const todo = useRecord('todo', id); // Todo | undefined
   */
  useRecord<K extends ModelName<S>>(
    model: K,
    id: string | null | undefined,
  ): RecordOf<S, K> | undefined;
  /**
   * Records of a model: all in order of keys, or those that meet a query, in its order. The same array
   * until one of them changes; the query may be written where the hook is called.
   *
   * @example const open = useRecords('todo', { where: { done: false }, orderBy: ['title'] });
   * @throws SyncError `badQuery`, with the path of what can't be meant
   */
  useRecords<K extends ModelName<S>>(
    model: K,
    query?: Query<RecordOf<S, K>>,
  ): readonly RecordOf<S, K>[];
  /**
   * The keys of those records; the same array until one comes, goes or moves. A list that renders a
   * row for each key, whose row reads its record, renders one row for one edit.
   */
  useRecordIds<K extends ModelName<S>>(model: K, query?: Query<RecordOf<S, K>>): readonly string[];
  /** How many there are, whatever the query's limit and offset. */
  useRecordTotal<K extends ModelName<S>>(model: K, query?: Query<RecordOf<S, K>>): number;
  /**
   * The writes of a model; the same object in every rendering.
   *
   * @example const { update } = useWrites('todo'); // update(id, { done: true }).saved.catch(tell)
   */
  useWrites<K extends ModelName<S>>(model: K): ModelWrites<S, K>;
  /** Where a record is in its life; `synced` where nothing waits, also where there is no record. */
  useRecordStatus(model: ModelName<S>, id: string): RecordStatus;
  /** Why a record waits and what ends that, as `sync.explain` says it. */
  useExplanation(model: ModelName<S>, id: string): Explanation;
  /** What waits of one record, in the order it will be sent. */
  useRecordOutbox(model: ModelName<S>, id: string): readonly OutboxItem[];

  /**
   * The whole at a glance, or what `select` takes of it; then it renders for that alone.
   *
   * @example const phase = useSyncStatus((status) => status.phase);
   */
  useSyncStatus(): SyncStatus;
  useSyncStatus<T>(select: (status: SyncStatus) => T): T;
  /** What the server does not have yet, oldest first, and how much it is. Default limit: 100. */
  useOutbox(options?: { readonly limit?: number }): OutboxView;
  /** What the server refused for good and a person decides: retry, edit or discard. */
  useDeadLetters(): readonly DeadLetter[];
  /** Conflicts that wait for a person. */
  useConflicts(): readonly ParkedConflict[];
  /** What merges overwrote, newest first. Default limit: 100. */
  useConflictLog(options?: { readonly limit?: number }): readonly ConflictLogEntry[];
  /** Whether the server can be reached, in the connection machine's word. */
  useConnection(): Ephemeral['connection'];
  /** How far the first pull is, of one model or of all together. */
  useInitialSyncProgress(model?: ModelName<S>): InitialSyncProgress;
}
