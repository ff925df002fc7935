import { createSlice, type PayloadAction, type Reducer, type UnknownAction } from '@reduxjs/toolkit';
import type { ConnectionState } from '../machines/connection.ts';
import type { EngineRole, EngineRun } from '../machines/engine.ts';
import { emptyFacts, type Facts, laneKey, orderKey } from './facts.ts';
import { foldEntries, foldTail } from './fold.ts';
import type { IllegalMove } from './factsDraft.ts';
import { noPages, type Pages, scan, setIn, valuesOf } from './pages.ts';
import { PagesDraft } from './pagesDraft.ts';
import type { ActionId, JournalEntry, PersonRow, Row } from './rows/row.ts';

/** What is true only while this page lives. */
export interface Ephemeral {
  readonly connection: ConnectionState | 'starting';
  readonly role: EngineRole;
  readonly run: EngineRun;
  /** Lane keys of requests under way. */
  readonly underWay: Readonly<Record<string, true>>;
  /** Lane keys of acts in the tail, with how many. */
  readonly saving: Readonly<Record<string, number>>;
  /** The last pull in this page's life, per model. */
  readonly pulls: Readonly<Record<string, PullProgress>>;
  /** Rows that were illegal where they stood (newest last, capped): each changed nothing. */
  readonly illegal: readonly IllegalMove[];
}

export interface PullProgress {
  readonly state: 'running' | 'done' | 'failed';
  /** Records received by this pull so far. */
  readonly received: number;
}

export interface SyncState {
  /** The fold of the journal's rows in journal order; alone is checkpointed. */
  readonly sequenced: Facts;
  /** This tab's own acts that are not yet sequenced, by their count. */
  readonly tail: Pages<PersonRow>;
  /** Both, folded: what people see. The same object as `sequenced` while the tail is empty. */
  readonly shown: Facts;
  readonly ephemeral: Ephemeral;
}

/** Acts of people carry their row; the middleware adds who and which. */
export type PersonDraft = PersonRow extends infer R
  ? R extends PersonRow
    ? Omit<R, 'actionId'>
    : never
  : never;

export interface PersonAction {
  readonly type: string;
  readonly payload: PersonDraft;
  readonly meta: { readonly syncharts: string; readonly actionId?: ActionId };
}

const illegalCap = 100;

const initialEphemeral: Ephemeral = {
  connection: 'starting',
  role: 'stopped',
  run: 'running',
  underWay: {},
  saving: {},
  pulls: {},
  illegal: [],
};

/** The small part: Immer is welcome here. */
function ephemeralSlice(name: string) {
  return createSlice({
    name,
    initialState: initialEphemeral,
    reducers: {
      connectionChanged(state, action: PayloadAction<Ephemeral['connection']>) {
        state.connection = action.payload;
      },
      leadershipChanged(state, action: PayloadAction<{ role: EngineRole; run: EngineRun }>) {
        state.role = action.payload.role;
        state.run = action.payload.run;
      },
      attemptStarted(state, action: PayloadAction<readonly string[]>) {
        for (const lane of action.payload) state.underWay[lane] = true;
      },
      attemptEnded(state, action: PayloadAction<readonly string[]>) {
        for (const lane of action.payload) delete state.underWay[lane];
      },
      progress(state, action: PayloadAction<{ model: string; progress: PullProgress }>) {
        state.pulls[action.payload.model] = action.payload.progress;
      },
    },
  });
}

export function lanesOfRow(row: Row): string[] {
  if (row.type === 'recorded') return [laneKey(row.operation.model, row.operation.recordId)];
  if (row.type === 'sealed') return row.requests.map((r) => laneKey(r.model, r.recordId));
  if (row.type === 'pulled') {
    return [...row.items.map((item) => item.id), ...row.deleted].map((id) => laneKey(row.model, id));
  }
  return 'recordId' in row ? [laneKey(row.model, row.recordId)] : [];
}

/** Thrown by the reducer when a write comes without what the middleware adds. */
export class MissingMiddlewareError extends Error {
  override readonly name = 'MissingMiddlewareError';
  constructor() {
    super(
      'A syncharts write reached the reducer without an action id: add `sync.middleware` to the store, ' +
        'and make writes with `sync.models` or `sync.actions`.',
    );
  }
}

/**
 * The slice: one reducer over a closed set of actions. The hot cases (an act, a batch of journal
 * entries) stand outside Immer: a draft over pages costs fifty times as much.
 */
export function createSyncSlice(name: string, models: readonly string[]) {
  const ephemeral = ephemeralSlice(name);
  const types = {
    sequenced: `${name}/sequenced`,
    tailRejected: `${name}/tailRejected`,
    checkpointLoaded: `${name}/checkpointLoaded`,
  } as const;
  const empty = emptyFacts(models);
  const initialState: SyncState = {
    sequenced: empty,
    tail: noPages(),
    shown: empty,
    ephemeral: initialEphemeral,
  };

  const actions = {
    ...ephemeral.actions,
    /** Entries of the journal, in order; `writer` is this tab's, if the acts were its own. */
    sequenced: (entries: readonly JournalEntry[], writer: string) => ({
      type: types.sequenced,
      payload: { entries, writer },
    }),
    /** Acts that could not be made durable leave again. */
    tailRejected: (counts: readonly number[]) => ({ type: types.tailRejected, payload: counts }),
    /** Facts read from disk: at the start, after a compaction, after a jump of the DevTools. */
    checkpointLoaded: (facts: Facts) => ({ type: types.checkpointLoaded, payload: facts }),
  };

  function isPersonAction(action: UnknownAction): action is PersonAction & UnknownAction {
    const meta = action.meta as { syncharts?: unknown } | undefined;
    return meta?.syncharts === name;
  }

  const reducer: Reducer<SyncState> = (state = initialState, action) => {
    if (isPersonAction(action)) return acted(state, action);
    switch (action.type) {
      case types.sequenced: {
        const { entries, writer } = action.payload as ReturnType<typeof actions.sequenced>['payload'];
        return sequenced(state, entries, writer);
      }
      case types.tailRejected:
        return tailRejected(state, action.payload as readonly number[]);
      case types.checkpointLoaded:
        return loaded(state, action.payload as Facts);
      // redux-persist's own action: the same function as `checkpointLoaded`.
      case 'persist/REHYDRATE':
        return action.key === name && action.payload ? loaded(state, action.payload as Facts) : state;
      default: {
        const next = ephemeral.reducer(state.ephemeral, action);
        return next === state.ephemeral ? state : { ...state, ephemeral: next };
      }
    }
  };

  return { name, reducer, actions, types, isPersonAction };
}

export type SyncSlice = ReturnType<typeof createSyncSlice>;

function acted(state: SyncState, action: PersonAction): SyncState {
  const actionId = action.meta.actionId;
  if (!actionId) throw new MissingMiddlewareError();
  const row = { ...action.payload, actionId } as PersonRow;
  return {
    ...state,
    tail: setIn(state.tail, orderKey(actionId.n), row),
    shown: foldTail(state.shown, [row]),
    ephemeral: { ...state.ephemeral, saving: counted(state.ephemeral.saving, [row], 1) },
  };
}

function counted(
  saving: Ephemeral['saving'],
  rows: readonly Row[],
  by: 1 | -1,
): Ephemeral['saving'] {
  const next: Record<string, number> = { ...saving };
  for (const row of rows) {
    for (const lane of lanesOfRow(row)) {
      const count = (next[lane] ?? 0) + by;
      if (count > 0) next[lane] = count;
      else delete next[lane];
    }
  }
  return next;
}
