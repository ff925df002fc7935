import { createSlice, type PayloadAction, type UnknownAction } from '@reduxjs/toolkit';
import type { ConnectionState } from '../machines/connection.ts';
import type { EngineRole, EngineRun } from '../machines/engine.ts';
import type { Failure } from '../machines/failure.ts';
import type { LineState } from '../machines/line.ts';
import type { IllegalMove } from './factsDraft.ts';

/** What is true only while this page lives. */
export interface Ephemeral {
  readonly connection: ConnectionState | 'starting';
  readonly role: EngineRole;
  readonly run: EngineRun;
  /** Lines to origins that are not simply open, by the origin's name. */
  readonly lines: Readonly<Record<string, LineFacts>>;
  /** Whether what is not sent yet stands on the second shelf too. */
  readonly shelf: ShelfState;
  /** What the browser says of this origin's storage; null where it does not, or not yet. */
  readonly room: StorageRoom | null;
  /** Records that wait for other records' changes to reach the server. */
  readonly dependent: number;
  /** Lane keys of requests under way. */
  readonly underWay: Readonly<Record<string, true>>;
  /** The last pull in this page's life, per model. */
  readonly pulls: Readonly<Record<string, PullProgress>>;
  /** Rows that were illegal where they stood (newest last, capped): each changed nothing. */
  readonly illegal: readonly IllegalMove[];
}

/** What a leader knows of the world and its followers show as well. */
export type Shared = Pick<Ephemeral, 'connection' | 'lines' | 'dependent' | 'underWay' | 'pulls'>;

/** Bytes; and whether the browser has promised not to evict this origin. */
export interface StorageRoom {
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}

/** `none`: there is no such place here, or the app wants none; `failed`: it is tried again. */
export type ShelfState = 'none' | 'open' | 'failed';

/** Whether requests may go to an origin, and why not. */
export interface LineFacts {
  readonly state: LineState;
  /** When it is tried again (ms since 1970), where that is known. */
  readonly until: number | null;
  readonly failure: Failure | null;
}

export interface PullProgress {
  /** `held`: it would remove so much that a person is asked first. */
  readonly state: 'running' | 'done' | 'failed' | 'postponed' | 'held';
  /** Records received by this pull so far. */
  readonly received: number;
  /** Records that the server says there are; null where it does not. */
  readonly total: number | null;
  /** Whether no pull of this model had come to its end before. */
  readonly isFirst: boolean;
}

/** Nothing is known: no leader has said anything. */
export const nothingShared: Shared = {
  connection: 'starting',
  lines: {},
  dependent: 0,
  underWay: {},
  pulls: {},
};

export const initialEphemeral: Ephemeral = {
  ...nothingShared,
  role: 'stopped',
  run: 'running',
  shelf: 'none',
  room: null,
  illegal: [],
};

/**
 * The small part of the slice: Immer is welcome here, but for what comes with each request. There a
 * draft costs more than all the rest of the action (measured in the simulator), so it is left out.
 */
export function ephemeralSlice(name: string) {
  const { actions: rare, reducer } = createSlice({
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
      lineChanged(state, action: PayloadAction<{ origin: string; line: LineFacts }>) {
        const { origin, line } = action.payload;
        if (line.state === 'open') delete state.lines[origin];
        else state.lines[origin] = line;
      },
      shelfChanged(state, action: PayloadAction<ShelfState>) {
        state.shelf = action.payload;
      },
      roomMeasured(state, action: PayloadAction<StorageRoom>) {
        state.room = action.payload;
      },
      dependentChanged(state, action: PayloadAction<number>) {
        state.dependent = action.payload;
      },
      leaderTold: (state, action: PayloadAction<Shared>) => ({ ...state, ...action.payload }),
      progress(state, action: PayloadAction<{ model: string; progress: PullProgress }>) {
        state.pulls[action.payload.model] = action.payload.progress;
      },
    },
  });
  const types = {
    attemptStarted: `${name}/attemptStarted`,
    attemptEnded: `${name}/attemptEnded`,
  } as const;
  return {
    actions: {
      ...rare,
      /** Requests of these lanes are under way. */
      attemptStarted: (lanes: readonly string[]) => ({
        type: types.attemptStarted,
        payload: lanes,
      }),
      attemptEnded: (lanes: readonly string[]) => ({ type: types.attemptEnded, payload: lanes }),
    },
    reducer: (state: Ephemeral, action: UnknownAction): Ephemeral => {
      switch (action.type) {
        case types.attemptStarted:
          return { ...state, underWay: started(state, action.payload as readonly string[]) };
        case types.attemptEnded:
          return { ...state, underWay: ended(state, action.payload as readonly string[]) };
        default:
          return reducer(state, action);
      }
    },
  };
}

function started({ underWay }: Ephemeral, lanes: readonly string[]): Ephemeral['underWay'] {
  return { ...underWay, ...Object.fromEntries(lanes.map((lane) => [lane, true as const])) };
}

function ended({ underWay }: Ephemeral, lanes: readonly string[]): Ephemeral['underWay'] {
  const left = { ...underWay };
  for (const lane of lanes) delete left[lane];
  return left;
}
