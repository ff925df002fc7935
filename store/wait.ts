import type { Failure } from '../machines/failure.ts';
import type { LineState } from '../machines/line.ts';
import type { RecordState } from '../machines/record.ts';
import type { LaneRef } from './facts.ts';

/** What a record waits for, as plain data. Times in ms since 1970, this device's clock. */
export type Wait =
  /** The write is not yet known to be durable. */
  | { readonly kind: 'disk' }
  /** Storage does not answer, or is of a newer schema. */
  | { readonly kind: 'storage' }
  | { readonly kind: 'stopped' }
  /** What is stored is being read. */
  | { readonly kind: 'hydrating' }
  /** The page is frozen, or in the back/forward cache. */
  | { readonly kind: 'frozen' }
  /** It is being found out which tab leads. */
  | { readonly kind: 'electing' }
  /** A newer build has the database; this one shows and does not write. */
  | { readonly kind: 'readOnly' }
  /** Another tab leads, and nothing is heard of it: this one takes over, or it speaks again. */
  | { readonly kind: 'leader' }
  /** The second shelf has no room: nothing is called saved, sealed or sent before it has. */
  | { readonly kind: 'room' }
  | { readonly kind: 'paused' }
  /** DevTools show another moment. */
  | { readonly kind: 'timeTravelling' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'networkUnsuited' }
  /** A probe is finding out whether the server can be reached. */
  | { readonly kind: 'probing' }
  /** There is a network, but the server does not answer. */
  | { readonly kind: 'unreachable' }
  /** The line to an origin is held. */
  | {
      readonly kind: 'line';
      readonly origin: string;
      readonly state: Exclude<LineState, 'open' | 'renewed'>;
      readonly until: number | null;
      readonly failure: Failure | null;
    }
  | {
      readonly kind: 'retryAt';
      readonly until: number;
      readonly attempts: number;
      readonly failure: Failure | null;
    }
  /** Another record's change must be on the server first. */
  | ({
      readonly kind: 'blockedBy';
      readonly why: 'dependsOn' | 'reference';
      readonly change: 'create' | 'update' | 'delete';
      readonly state: RecordState;
    } & LaneRef)
  /** What it depends on, or (null) a record that it names, will never reach the server. */
  | { readonly kind: 'parentFailed'; readonly operationId: string | null }
  /** Others changed it too, and a person decides. */
  | { readonly kind: 'conflict'; readonly failure: Failure | null }
  /** The server refused it for good. */
  | { readonly kind: 'deadLetter'; readonly failure: Failure | null }
  /** Rows of this record on disk that this build can not read. */
  | { readonly kind: 'quarantine'; readonly reason: string }
  /** This build of the app has no such model. */
  | { readonly kind: 'unknownModel' }
  /** What the server has, or its version, is not known here: the record is read before its change leaves. */
  | { readonly kind: 'read' }
  /** The transport could not make a request of it. */
  | { readonly kind: 'unsealable' }
  /** Nothing but its turn. */
  | { readonly kind: 'turn'; readonly sealed: boolean }
  /** The request is under way. */
  | { readonly kind: 'answer' };

export type WaitKind = Wait['kind'];

/** Who can end a wait. */
export type Mover = 'person' | 'network' | 'server' | 'time' | 'disk' | 'tab' | 'kit' | 'build';

/**
 * What ends a wait: an event of one of the machines. `elapsed`: its delay runs out. `rebuilt` of the
 * `app`: a build of the app that can read or send it; `roomMade`: the device has room again.
 */
export interface Move {
  readonly by: Mover;
  readonly machine: 'record' | 'connection' | 'line' | 'engine' | 'app';
  readonly event: string;
}

const moves = {
  disk: { by: 'disk', machine: 'record', event: 'journaled' },
  storage: { by: 'disk', machine: 'engine', event: 'storageRecovered' },
  stopped: { by: 'person', machine: 'engine', event: 'started' },
  hydrating: { by: 'disk', machine: 'engine', event: 'hydrated' },
  frozen: { by: 'person', machine: 'engine', event: 'thawed' },
  electing: { by: 'tab', machine: 'engine', event: 'elected' },
  readOnly: { by: 'build', machine: 'app', event: 'rebuilt' },
  leader: { by: 'tab', machine: 'engine', event: 'elected' },
  room: { by: 'person', machine: 'app', event: 'roomMade' },
  paused: { by: 'person', machine: 'engine', event: 'resumeRequested' },
  timeTravelling: { by: 'person', machine: 'engine', event: 'returned' },
  offline: { by: 'network', machine: 'connection', event: 'networkCame' },
  networkUnsuited: { by: 'network', machine: 'connection', event: 'networkCame' },
  probing: { by: 'network', machine: 'connection', event: 'probeSucceeded' },
  unreachable: { by: 'network', machine: 'connection', event: 'elapsed' },
  retryAt: { by: 'time', machine: 'record', event: 'attemptStarted' },
  parentFailed: { by: 'person', machine: 'record', event: 'cancelled' },
  conflict: { by: 'person', machine: 'record', event: 'resolved' },
  deadLetter: { by: 'person', machine: 'record', event: 'retried' },
  quarantine: { by: 'build', machine: 'app', event: 'rebuilt' },
  unknownModel: { by: 'build', machine: 'app', event: 'rebuilt' },
  unsealable: { by: 'build', machine: 'app', event: 'rebuilt' },
  read: { by: 'server', machine: 'record', event: 'sealed' },
  answer: { by: 'server', machine: 'record', event: 'committed' },
} as const satisfies Partial<Record<WaitKind, Move>>;

const lineMoves = {
  pausedUntil: { by: 'time', machine: 'line', event: 'elapsed' },
  refreshing: { by: 'server', machine: 'line', event: 'credentialsRenewed' },
  authRequired: { by: 'person', machine: 'line', event: 'resumeRequested' },
  tripped: { by: 'time', machine: 'line', event: 'elapsed' },
  trying: { by: 'server', machine: 'line', event: 'answered' },
} as const satisfies Record<Extract<Wait, { kind: 'line' }>['state'], Move>;

/** Where a blocking record stands decides what moves it on. */
const blockerMoves: Readonly<Record<RecordState, Move>> = {
  saving: moves.disk,
  pending: { by: 'kit', machine: 'record', event: 'sealed' },
  syncing: moves.answer,
  backoff: moves.retryAt,
  conflicted: moves.conflict,
  failed: moves.deadLetter,
  synced: moves.answer,
};

/** What ends this wait. */
export function moveOf(wait: Wait): Move {
  switch (wait.kind) {
    case 'line':
      return lineMoves[wait.state];
    case 'blockedBy':
      return blockerMoves[wait.state];
    case 'turn':
      return wait.sealed ? moves.answer : blockerMoves.pending;
    default:
      return moves[wait.kind];
  }
}
