import type { ConnectionState } from '../../machines/connection.ts';
import type { LineState } from '../../machines/line.ts';
import { isJsonObject } from '../../store/json.ts';
import type { Shared } from '../../store/slice.ts';
import type { SyncEvent } from '../events.ts';

/** What a leader tells of itself: all of it each time, so that a lost message is made good by the next. */
export interface Led {
  readonly type: 'led';
  /** The leader's epoch. */
  readonly fence: number;
  /** Rises with each message of this epoch. */
  readonly beat: number;
  /** How far it has folded the journal. */
  readonly head: number;
  readonly paused: boolean;
  readonly shared: Shared;
}

/** What only a leader learns, and every tab tells its app. */
export type LeaderEvent =
  | Extract<
      SyncEvent,
      {
        readonly type:
          | 'pulled'
          | 'pullFailed'
          | 'massDeleteHeld'
          | 'authRequired'
          | 'originTripped';
      }
    >
  | Omit<Extract<SyncEvent, { readonly type: 'stuck' }>, 'explanation'>;

/** An event of the leader's. */
export interface Heard {
  readonly type: 'heard';
  readonly fence: number;
  /** Rises with each event of this epoch. */
  readonly n: number;
  readonly event: LeaderEvent;
}

/**
 * What tabs say to each other. All of it is a hint and may be lost, doubled, late or garbage: what is
 * true stands in the journal. Ids and states of machines, no record's content.
 */
export type TabMessage =
  /** There are rows up to this sequence. */
  | { readonly type: 'appended'; readonly head: number }
  /** A follower asks whether anybody leads; `head`: how far it has folded the journal. */
  | { readonly type: 'asked'; readonly head: number }
  | Led
  | Heard
  /** The leader is taken for gone, and the sender takes its place. */
  | { readonly type: 'stealing' }
  /** A call for the leader stands in the database under this id. */
  | { readonly type: 'called'; readonly id: string }
  /** Its answer does. */
  | { readonly type: 'answered'; readonly id: string };

/** Messages of another version are not for us. */
const version = 1;

export function sealed(message: TabMessage): object {
  return { v: version, ...message };
}

const connections: Readonly<Record<ConnectionState | 'starting', true>> = {
  ...{ starting: true, offline: true, probing: true, online: true, waiting: true, unsuited: true },
};

/** A message as it was sent; null for anything else. */
export function readMessage(data: unknown): TabMessage | null {
  if (!isJsonObject(data) || data.v !== version) return null;
  switch (data.type) {
    case 'appended':
    case 'asked':
      return isCount(data.head) ? { type: data.type, head: data.head } : null;
    case 'stealing':
      return { type: data.type };
    case 'called':
    case 'answered':
      return typeof data.id === 'string' ? { type: data.type, id: data.id } : null;
    case 'led':
      return isLed(data) ? (data as unknown as Led) : null;
    case 'heard':
      return isHeard(data) ? (data as unknown as Heard) : null;
    default:
      return null;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isLed({ fence, beat, head, paused, shared }: Record<string, unknown>): boolean {
  return (
    [fence, beat, head].every(isCount) &&
    typeof paused === 'boolean' &&
    isJsonObject(shared) &&
    typeof shared.connection === 'string' &&
    Object.hasOwn(connections, shared.connection) &&
    isCount(shared.dependent) &&
    isTable(shared.lines, isLine) &&
    isTable(shared.underWay, (is) => is === true) &&
    isTable(shared.pulls, isPull)
  );
}

const events: Readonly<Record<LeaderEvent['type'], 'model' | 'origin' | 'recordId'>> = {
  ...{ pulled: 'model', pullFailed: 'model', massDeleteHeld: 'model' },
  ...{ authRequired: 'origin', originTripped: 'origin', stuck: 'recordId' },
};

function isHeard({ fence, n, event }: Record<string, unknown>): boolean {
  if (!isCount(fence) || !isCount(n) || !isJsonObject(event)) return false;
  const { type, failure = null } = event;
  if (typeof type !== 'string' || !Object.hasOwn(events, type)) return false;
  const subject = event[events[type as LeaderEvent['type']]];
  const isNamed = type !== 'stuck' || typeof event.model === 'string';
  return typeof subject === 'string' && isNamed && isFailure(failure);
}

function isFailure(failure: unknown): boolean {
  return failure === null || (isJsonObject(failure) && typeof failure.code === 'string');
}

function isTable(table: unknown, check: (value: unknown) => boolean): boolean {
  return isJsonObject(table) && Object.values(table).every(check);
}

const lines: Readonly<Record<LineState, true>> = {
  ...{ open: true, pausedUntil: true, refreshing: true, renewed: true, authRequired: true },
  ...{ tripped: true, trying: true },
};

function isLine(line: unknown): boolean {
  if (!isJsonObject(line)) return false;
  const { state, until, failure } = line;
  return (
    typeof state === 'string' &&
    Object.hasOwn(lines, state) &&
    (until === null || typeof until === 'number') &&
    isFailure(failure)
  );
}

const pullStates: Readonly<Record<string, true>> = {
  ...{ running: true, done: true, failed: true, postponed: true, held: true },
};

function isPull(pull: unknown): boolean {
  if (!isJsonObject(pull)) return false;
  const { state, received, total, isFirst } = pull;
  return (
    typeof state === 'string' &&
    Object.hasOwn(pullStates, state) &&
    isCount(received) &&
    (total === null || isCount(total)) &&
    typeof isFirst === 'boolean'
  );
}
