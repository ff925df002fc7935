import {
  createAction,
  createSlice,
  type PayloadAction,
  type UnknownAction,
} from '@reduxjs/toolkit';
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

/**
 * `none`: there is no such place here, or the app wants none; `full`: it has no room, and nothing is
 * called saved before it has; `failed`: it does not work, and what is saved stands in the database
 * alone. Both are tried again.
 */
export type ShelfState = 'none' | 'open' | 'full' | 'failed';

/** Whether requests may go to an origin, and why not. */
export interface LineFacts {
  readonly state: LineState;
  /** When it is tried again (ms since 1970), where that is known. */
  readonly until: number | null;
  readonly failure: Failure | null;
}

export interface LineChange {
  readonly origin: string;
  readonly line: LineFacts;
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
 * The small part of the slice. What comes with every request and every start of a page sets a field or
 * two without a draft of Immer, which costs more than all the rest of such an action (measured in the
 * simulator).
 */
export function ephemeralSlice(name: string) {
  const { actions: rare, reducer: rarely } = createSlice({
    name,
    initialState: initialEphemeral,
    reducers: {
      shelfChanged(state, action: PayloadAction<ShelfState>) {
        state.shelf = action.payload;
      },
      roomMeasured(state, action: PayloadAction<StorageRoom>) {
        state.room = action.payload;
      },
      dependentChanged(state, action: PayloadAction<number>) {
        state.dependent = action.payload;
      },
    },
  });
  const types = {
    connectionChanged: `${name}/connectionChanged`,
    leadershipChanged: `${name}/leadershipChanged`,
    lineChanged: `${name}/lineChanged`,
    leaderTold: `${name}/leaderTold`,
    progress: `${name}/progress`,
    attemptStarted: `${name}/attemptStarted`,
    attemptEnded: `${name}/attemptEnded`,
  } as const;
  const actions = {
    ...rare,
    connectionChanged: createAction<Ephemeral['connection']>(types.connectionChanged),
    leadershipChanged: createAction<Pick<Ephemeral, 'role' | 'run'>>(types.leadershipChanged),
    lineChanged: createAction<LineChange>(types.lineChanged),
    /** Of the leader's, all that its followers show as well. */
    leaderTold: createAction<Shared>(types.leaderTold),
    progress: createAction<{ model: string; progress: PullProgress }>(types.progress),
    /** Requests of these lanes are under way. */
    attemptStarted: createAction<readonly string[]>(types.attemptStarted),
    attemptEnded: createAction<readonly string[]>(types.attemptEnded),
  };
  const reducer = (state: Ephemeral, action: UnknownAction): Ephemeral => {
    switch (action.type) {
      case types.connectionChanged:
        return { ...state, connection: action.payload as Ephemeral['connection'] };
      case types.leadershipChanged: {
        const { role, run } = action.payload as Pick<Ephemeral, 'role' | 'run'>;
        return { ...state, role, run };
      }
      case types.lineChanged:
        return lineChanged(state, action.payload as LineChange);
      case types.leaderTold:
        return { ...state, ...(action.payload as Shared) };
      case types.progress: {
        const { model, progress } = action.payload as { model: string; progress: PullProgress };
        return { ...state, pulls: { ...state.pulls, [model]: progress } };
      }
      case types.attemptStarted:
        return { ...state, underWay: started(state, action.payload as readonly string[]) };
      case types.attemptEnded:
        return { ...state, underWay: ended(state, action.payload as readonly string[]) };
      default:
        return rarely(state, action);
    }
  };
  return { actions, reducer };
}

function lineChanged(state: Ephemeral, { origin, line }: LineChange): Ephemeral {
  const { lines } = state;
  if (line.state !== 'open') return { ...state, lines: { ...lines, [origin]: line } };
  if (!Object.hasOwn(lines, origin)) return state;
  const { [origin]: _, ...others } = lines;
  return { ...state, lines: others };
}

function started({ underWay }: Ephemeral, lanes: readonly string[]): Ephemeral['underWay'] {
  const now = { ...underWay };
  for (const lane of lanes) now[lane] = true;
  return now;
}

function ended({ underWay }: Ephemeral, lanes: readonly string[]): Ephemeral['underWay'] {
  // Made anew: to take two hundred keys out one by one costs five times as much.
  const gone = new Set(lanes);
  return Object.fromEntries(Object.entries(underWay).filter(([lane]) => !gone.has(lane)));
}
