import { useCallback, useMemo } from 'react';
import { useSelector } from 'react-redux';
import { selectRecordStatus } from '../../store/selectors.ts';
import type { SyncState } from '../../store/slice.ts';
import { SyncError } from '../errors.ts';
import { sameFields, sameItems, steady } from './stable.ts';
import type { SyncHooks } from './syncHooks.ts';
import type { AnySync, ModelName, ModelWrites, RecordOf, UseFacts } from './types.ts';

type ModelHooks<S extends AnySync> = Pick<
  SyncHooks<S>,
  'useRecord' | 'useRecords' | 'useRecordIds' | 'useWrites' | 'useRecordStatus'
>;

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
    useRecords: <K extends ModelName<S>>(model: K) =>
      useSelector(useModel(model).selectAll) as unknown as readonly RecordOf<S, K>[],
    useRecordIds: (model) => {
      const { selectIds } = useModel(model);
      return useSelector(useMemo(() => steady(selectIds, sameItems), [selectIds]));
    },
    useWrites: <K extends ModelName<S>>(model: K) =>
      useModel(model) as unknown as ModelWrites<S, K>,
    useRecordStatus: (model, id) => {
      const read = useMemo(() => {
        return steady((state: SyncState) => selectRecordStatus(state, model, id), sameFields);
      }, [model, id]);
      return useFacts(read);
    },
  };
}
