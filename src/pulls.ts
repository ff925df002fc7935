import type { Failure } from '../machines/failure.ts';
import { selectRecord } from '../store/selectors/records.ts';
import { type PullProgress, selectPullProgress } from '../store/selectors/syncStatus.ts';
import type { SyncState } from '../store/slice.ts';
import { type DrainOptions, drained } from './drained.ts';
import type { Engine } from './engine/engine.ts';
import type { PullResult } from './engine/pulls/puller.ts';
import type { FetchQuery } from './engine/pulls/pullOnce.ts';
import type { PullOptions } from './engine/pulls/pullRun.ts';
import type { CallRequest } from './ports/requests.ts';
import { checkedFilter, checkPosition, type Filter } from './pullOptions.ts';
import { checkedId } from './writes.ts';

/** One record, read by id. */
export interface RecordResult<T> {
  readonly status: 'done' | 'failed' | 'postponed' | 'held';
  /** As it is shown here now; null where there is none (any more). */
  readonly record: T | null;
  readonly failure: Failure | null;
}

/** One page of the server's list. */
export interface FetchResult<T> {
  readonly status: 'done' | 'failed' | 'postponed' | 'held';
  /** Those of the page that are kept here, as they are shown, in the server's order. */
  readonly records: readonly T[];
  readonly hasMore: boolean;
  /** Where the server says that the next page begins. */
  readonly cursor: string | null;
  readonly failure: Failure | null;
}

/**
 * What comes from the server. `status` and `failure` tell how it went; it rejects only with SyncError
 * `badData` (`badId`), for a call that can't be meant, and `notStarted`, where the sync was stopped.
 */
export interface ModelPulls<T> {
  /** Brings what changed on the server, or all that there is (`full`). */
  pull(how?: PullOptions): Promise<PullResult>;
  /** Brings one record, by its key or the server's id. */
  pullById(id: string, how?: { readonly request?: CallRequest }): Promise<RecordResult<T>>;
  /** Brings one page of the server's list; where the next pull begins stays as it is. */
  fetch(query?: FetchQuery): Promise<FetchResult<T>>;
  /** Sends what can be sent now, then pulls. */
  sync(): Promise<PullResult>;
  /**
   * Keeps another part of the collection from now on: a pull begins that brings it, and what is
   * outside of it goes, but for what is not on the server yet. To be set anew in each life of the app.
   * @throws SyncError `badConfig`
   */
  setFilter(filter: Filter): void;
  /** Lets the removals go that were held (`massDeleteHeld`); they are confirmed once more. */
  approveDeletes(): Promise<PullResult>;
  /** Keeps the records that would have gone, until a full pull finds them missing again. */
  declineDeletes(): Promise<PullResult>;
  /** The last pull of this page's life; undefined if there was none. */
  selectPullProgress(state: object): PullProgress | undefined;
}

export type PullsOf = <T>(model: string, stateOf: (root: object) => SyncState) => ModelPulls<T>;

export interface PullsOptions extends DrainOptions {
  readonly engine: () => Engine;
  readonly setFilter: (model: string, filter: Filter) => void;
  readonly isAttached: () => boolean;
  /** The request of a call as plain data; null where the transport has no other ways. */
  readonly checkCall: (model: string, verb: 'read' | 'list', request: object) => object | null;
}

/** Without the fields that are undefined. */
function defined<O extends object>(options: O): { [K in keyof O]?: Exclude<O[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [K in keyof O]?: Exclude<O[K], undefined> };
}

export function createPulls(options: PullsOptions): PullsOf {
  const { engine, state, setFilter, isAttached } = options;
  return <T>(model: string, stateOf: (root: object) => SyncState): ModelPulls<T> => {
    // What is stored under this model was made from records of type T (or came from its server).
    const shown = (id: string) => (selectRecord(state(), model, id) as T | undefined) ?? null;
    const way = <R extends object>(verb: 'read' | 'list', request: R | undefined) =>
      request && ((options.checkCall(model, verb, request) as R | null) ?? undefined);
    return {
      pull: async ({ since, limit, full, request } = {}) => {
        const how = defined({ since, limit, full, request: way('list', request) });
        checkPosition('pull', how);
        return engine().pull(model, how);
      },
      pullById: async (id, { request } = {}) => {
        const end = await engine().pullRecord(model, checkedId(id), way('read', request));
        return { ...end, record: shown(id) };
      },
      fetch: async ({ since, limit, offset, filter, request } = {}) => {
        const part = filter && checkedFilter(filter, 'fetch: filter', 'badData');
        const place = { since, limit, offset, filter: part, request: way('list', request) };
        const query = defined(place);
        checkPosition('fetch', query);
        const { ids, ...end } = await engine().fetch(model, query);
        return { ...end, records: ids.map(shown).filter((record) => record !== null) };
      },
      sync: async () => {
        await drained(options, model);
        return engine().pull(model);
      },
      setFilter: (filter) => {
        setFilter(model, checkedFilter(filter, 'setFilter: filter'));
        if (!isAttached()) return;
        engine().want(model);
      },
      approveDeletes: async () => engine().decide(model, 'approve'),
      declineDeletes: async () => engine().decide(model, 'decline'),
      selectPullProgress: (root) => selectPullProgress(stateOf(root), model),
    };
  };
}
