import type { SyncState } from '../store/slice.ts';

interface ToolAction {
  readonly type: string;
}

/**
 * What Redux DevTools should show: pages and rows as counts, so that 100,000 records don't travel to
 * the panel with every action.
 *
 * @example configureStore({ …, devTools: sync.devTools })
 */
export function devToolsOptions(name: string, reducerPath: string) {
  return {
    actionSanitizer: <A extends ToolAction>(action: A): A => {
      if (action.type !== `${name}/sequenced` && action.type !== `${name}/checkpointLoaded`) {
        return action;
      }
      const { payload } = action as A & { payload: { entries?: readonly unknown[] } };
      const count = payload.entries?.length;
      return { ...action, payload: count === undefined ? '<facts>' : `<${count} rows>` };
    },
    stateSanitizer: <S>(state: S): S => {
      const slice = (state as Record<string, unknown>)[reducerPath] as SyncState | undefined;
      if (!slice?.sequenced) return state;
      const { sequenced, tail, shown, ephemeral } = slice;
      const models = Object.entries(shown.models);
      const shortened = {
        head: sequenced.head,
        tail: tail.size,
        records: Object.fromEntries(models.map(([model, facts]) => [model, facts.shown])),
        outbox: shown.outbox.size,
        counts: shown.counts,
        ephemeral,
      };
      return { ...state, [reducerPath]: shortened };
    },
  };
}

interface CheckOptions {
  ignoredPaths?: (string | RegExp)[];
  ignoredActions?: string[];
  [option: string]: unknown;
}

/** What `getDefaultMiddleware` takes, as far as it concerns the kit. */
export interface DefaultMiddlewareOptions {
  immutableCheck?: boolean | CheckOptions;
  serializableCheck?: boolean | CheckOptions;
}

function ignoring(
  own: boolean | CheckOptions | undefined,
  ours: CheckOptions,
): boolean | CheckOptions {
  if (own === false) return false;
  const given = typeof own === 'object' ? own : {};
  return {
    ...given,
    ignoredPaths: [...(given.ignoredPaths ?? []), ...(ours.ignoredPaths ?? [])],
    ignoredActions: [...(given.ignoredActions ?? []), ...(ours.ignoredActions ?? [])],
  };
}

/**
 * Keeps RTK's development checks off the big tables (484 ms a dispatch at 100,000 records), and on
 * everything else. Your own options are kept.
 */
export function mergedMiddlewareOptions<O extends DefaultMiddlewareOptions>(
  name: string,
  reducerPath: string,
  own: O,
): O & Required<DefaultMiddlewareOptions> {
  const parts = ['sequenced', 'tail', 'saving', 'shown'];
  const ignoredPaths = parts.map((part) => `${reducerPath}.${part}`);
  const ignoredActions = [
    'persist/PERSIST',
    'persist/REHYDRATE',
    'persist/PAUSE',
    `${name}/sequenced`,
    `${name}/checkpointLoaded`,
  ];
  return {
    ...own,
    immutableCheck: ignoring(own.immutableCheck, { ignoredPaths }),
    serializableCheck: ignoring(own.serializableCheck, { ignoredPaths, ignoredActions }),
  };
}
