import type { SyncState } from '../store/slice.ts';
import { actionWords } from './actionWords.ts';

interface ToolAction {
  readonly type: string;
}

/** What people wrote is theirs: the panel shows which fields there are, and never what is in them. */
const hidden: ReadonlySet<string> = new Set([
  'changes',
  'base',
  'body',
  'record',
  'remote',
  'meta',
]);

/** The same, with data named by its fields; lists are counted. */
function redacted(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const isPlain = value.length <= 10 && value.every((item) => typeof item !== 'object');
    return isPlain ? value : `<${value.length}>`;
  }
  const parts = Object.entries(value).map(([field, part]) => {
    if (!hidden.has(field) || part === null) {
      return [field, depth > 4 ? '<…>' : redacted(part, depth + 1)];
    }
    const fields = typeof part === 'object' ? Object.keys(part).join(', ') : '…';
    return [field, `<${fields}>`];
  });
  return Object.fromEntries(parts);
}

/**
 * What Redux DevTools should show: actions as sentences, people's data as names of fields (SEC16),
 * pages and rows as counts, so that 100,000 records don't travel to the panel with every action. The
 * types in the store stay as they are; only what is shown is changed.
 *
 * @example configureStore({ …, devTools: sync.devTools })
 * // sync/todo 0190a5c2-7f3e… update recorded
 */
export function devToolsOptions(name: string, reducerPath: string) {
  return {
    actionSanitizer: <A extends ToolAction>(action: A): A => {
      const sentence = actionWords(name, action);
      const isHydration = action.type === 'persist/REHYDRATE';
      if (sentence === null && !isHydration) return action;
      const { payload } = action as A & { payload?: { entries?: readonly unknown[] } };
      const rows = payload?.entries?.length;
      const isFacts =
        isHydration || [`${name}/checkpointLoaded`, `${name}/restarted`].includes(action.type);
      const small = rows === undefined ? redacted(payload) : `<${rows} rows>`;
      const type = sentence === null ? action.type : `${name}/${sentence}`;
      return { ...action, type, payload: isFacts ? '<facts>' : small };
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
    `${name}/restarted`,
  ];
  return {
    ...own,
    immutableCheck: ignoring(own.immutableCheck, { ignoredPaths }),
    serializableCheck: ignoring(own.serializableCheck, { ignoredPaths, ignoredActions }),
  };
}
