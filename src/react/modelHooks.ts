import { useCallback, useMemo } from 'react';
import { useSelector } from 'react-redux';
import { sameStatus, selectRecordStatus } from '../../store/selectors/recordStatus.ts';
import type { SyncState } from '../../store/slice.ts';
import type { Identified } from '../defineModel.ts';
import { SyncError } from '../errors.ts';
import { checkQuery } from '../query/checkQuery.ts';
import type { Query } from '../query/query.ts';
import { derived, sameItems, steady } from './stable.ts';
import type { SyncHooks } from './syncHooks.ts';
import type { AnySync, ModelName, ModelWrites, RecordOf, UseFacts } from './types.ts';

type ModelHooks<S extends AnySync> = Pick<
  SyncHooks<S>,
  | 'useRecord'
  | 'useRecords'
  | 'useRecordIds'
  | 'useRecordTotal'
  | 'useWrites'
  | 'useRecordStatus'
  | 'useExplanation'
>;

/** A query written in a component is a new object in each rendering; this one is not. */
function useSameQuery(query: object | undefined): Query<Identified> | null {
  if (query) checkQuery(query);
  // Plain data, now that it is checked: its text says all of it.
  const text = query ? JSON.stringify(query) : null;
  return useMemo(() => (text === null ? null : (JSON.parse(text) as Query<Identified>)), [text]);
}

/** Records and their writes: what an app is made of. */
export function createModelHooks<S extends AnySync>(
  useSync: () => S,
  useFacts: UseFacts,
): ModelHooks<S> {
  function useModel(model: ModelName<S>) {
    const models: AnySync['models'] = useSync().models;
    const api = models[model];
    if (api) return api;
    throw new SyncError('badConfig', `this sync has no model "${model}"`);
  }

  return {
    useRecord: <K extends ModelName<S>>(model: K, id: string | null | undefined) => {
      const api = useModel(model);
      const select = useCallback(
        (root: object) => (id == null ? undefined : api.selectById(root, id)),
        [api, id],
      );
      // The model of this name has records of this type: S says so.
      return useSelector(select) as RecordOf<S, K> | undefined;
    },
    useRecords: <K extends ModelName<S>>(model: K, given?: Query<RecordOf<S, K>>) => {
      const api = useModel(model);
      const query = useSameQuery(given);
      const select = useMemo(() => {
        const read = (root: object) => (query ? api.selectWhere(root, query) : api.selectAll(root));
        return steady(read, sameItems);
      }, [api, query]);
      return useSelector(select) as unknown as readonly RecordOf<S, K>[];
    },
    useRecordIds: (model, given) => {
      const api = useModel(model);
      const query = useSameQuery(given);
      const select = useMemo(() => {
        if (!query) return api.selectIds;
        const found = (root: object) => api.selectWhere(root, query);
        const read = derived(found, (records) => records.map(({ id }) => id));
        return steady(read, sameItems);
      }, [api, query]);
      return useSelector(select);
    },
    useRecordTotal: (model, given) => {
      const api = useModel(model);
      const query = useSameQuery(given);
      const select = useCallback(
        (root: object) => (query ? api.selectCountWhere(root, query) : api.selectTotal(root)),
        [api, query],
      );
      return useSelector(select);
    },
    useWrites: <K extends ModelName<S>>(model: K) =>
      useModel(model) as unknown as ModelWrites<S, K>,
    useRecordStatus: (model, id) => {
      const read = useMemo(() => {
        return steady((state: SyncState) => selectRecordStatus(state, model, id), sameStatus);
      }, [model, id]);
      return useFacts(read);
    },
    useExplanation: (model, id) => {
      const api = useModel(model);
      return useSelector(useCallback((root: object) => api.selectExplanation(root, id), [api, id]));
    },
  };
}
