import type { RecordState } from '../machines/record.ts';
import { type Lane, type LaneRef, laneKey } from './facts.ts';
import { operationsIn } from './operationsIn.ts';
import { getIn, scan } from './pages.ts';
import { selectRecordStatus } from './selectors/recordStatus.ts';
import { keyOf } from './selectors/records.ts';
import type { SyncState } from './slice.ts';
import { type Move, moveOf, type Wait } from './wait.ts';
import { wordsOf } from './waitWords.ts';

/** Where a record is in its life, and why it stays there. Plain data. */
export interface Explanation {
  readonly state: RecordState;
  /** All that must end before it moves, what decides first; empty: the server has everything. */
  readonly waitsFor: readonly Wait[];
  /** What ends the first of them. */
  readonly movedBy: Move | null;
  /** Later changes of this record, which wait for those in front of them. */
  readonly behind: number;
  /** One sentence or two, for people. */
  readonly sentence: string;
}

/** What keeps a lane from being sealed, as far as other operations are concerned. */
export interface BlockedBy {
  /** The lane that is waited for. */
  readonly lane: string;
  readonly why: 'dependsOn' | 'reference' | 'parentFailed';
  readonly operationId: string | null;
}

/** What facts alone don't tell. */
export interface ExplainContext {
  readonly hasModel: (model: string) => boolean;
  /** The origin that a lane's requests go to. */
  readonly originOf: (lane: Lane) => string;
  readonly blockerOf: (state: SyncState, lane: Lane) => BlockedBy | null;
  /** Whether its record is read first, as nobody has told what the server has, or its version. */
  readonly awaitsRead?: (state: SyncState, lane: Lane) => boolean;
  /** Whether the transport could make no request of it, as far as is known. */
  readonly isUnsealable?: (lane: Lane) => boolean;
}

/** How far a chain of blocking records is followed. */
const longestChain = 10;

const synced: Explanation = {
  ...{ state: 'synced', waitsFor: [], movedBy: null, behind: 0 },
  sentence: 'The server has everything.',
};

/** By what it was made of (a lane, or the quarantine) and the lane's key. */
const last = new WeakMap<object, Map<string, Explanation>>();

/**
 * Why a record is where it is: never "unknown". The same object as long as it says the same. Costs
 * the record's own operations and those that it is blocked by, whatever the size of the outbox.
 *
 * @example selectExplanation(state, 'todo', id, context).sentence
 * // 'It is blocked by the create of list 0190….'
 */
export function selectExplanation(
  state: SyncState,
  model: string,
  id: string,
  context: ExplainContext,
): Explanation {
  const recordId = keyOf(state, model, id);
  const lane = getIn(state.shown.lanes, laneKey(model, recordId));
  const waitsFor = waitsOf(state, { model, recordId }, context);
  const [first] = waitsFor;
  if (!first) return synced;
  const { status } = selectRecordStatus(state, model, recordId);
  const behind = lane ? behindOf(lane) : 0;
  const movedBy = moveOf(first);
  const made: Explanation = {
    ...{ state: status, waitsFor, movedBy, behind },
    sentence: sentenceOf(waitsFor, behind),
  };
  const key = laneKey(model, recordId);
  const source = lane ?? state.shown.quarantine;
  const known = last.get(source) ?? new Map<string, Explanation>();
  last.set(source, known);
  const before = known.get(key);
  if (before && JSON.stringify(before) === JSON.stringify(made)) return before;
  known.set(key, made);
  return made;
}

function sentenceOf([first, second]: readonly Wait[], behind: number): string {
  if (!first) return synced.sentence;
  const parts = [wordsOf(first)];
  // The wait of what blocks it says more than that it is blocked.
  if (first.kind === 'blockedBy' && second) parts.push(`There: ${wordsOf(second)}`);
  if (behind > 0)
    parts.push(
      behind === 1
        ? 'One later change waits behind it.'
        : `${behind} later changes wait behind it.`,
    );
  return parts.join(' ');
}

/** Operations that are in no request and in no dead letter, where there is one in front of them. */
function behindOf({ count, sealed, parked }: Lane): number {
  const front = (parked ?? sealed)?.operationIds.length;
  return front === undefined ? 0 : Math.max(0, count - front);
}

function waitsOf(state: SyncState, ref: LaneRef, context: ExplainContext): Wait[] {
  const key = laneKey(ref.model, ref.recordId);
  const lane = getIn(state.shown.lanes, key);
  const kept = quarantined(state, ref);
  if (!lane) return kept;
  const role = roleWaits(state);
  const own = laneWaits(state, key, lane, context, 0);
  const [{ kind } = { kind: null }] = own;
  // A person can decide whatever the network does.
  if (kind === 'deadLetter' || kind === 'conflict') return [...own, ...role, ...kept];
  if (kind === 'disk') return [...role, ...own, ...kept];
  if (role.length > 0) return [...role, ...kept];
  if (kind === 'unknownModel') return [...own, ...kept];
  // Whoever pauses lets what is under way come to its end.
  const run = kind === 'answer' ? [] : runWaits(state);
  return [...run, ...connectionWaits(state), ...own, ...kept];
}

/** What this record waits for, apart from what all records wait for. */
function laneWaits(
  state: SyncState,
  key: string,
  lane: Lane,
  context: ExplainContext,
  depth: number,
): Wait[] {
  if (getIn(state.saving, key) !== undefined) return [{ kind: 'disk' }];
  if (lane.state === 'failed' || lane.state === 'conflicted') {
    const failure = lane.failure ?? lane.parked?.failure ?? null;
    return [{ kind: lane.state === 'failed' ? 'deadLetter' : 'conflict', failure }];
  }
  if (!context.hasModel(lane.model)) return [{ kind: 'unknownModel' }];
  if (Object.hasOwn(state.ephemeral.underWay, key)) return [{ kind: 'answer' }];
  return [...lineWaits(state, lane, context), ...ownWaits(state, lane, context, depth)];
}

/** What only this record waits for. */
function ownWaits(state: SyncState, lane: Lane, context: ExplainContext, depth: number): Wait[] {
  const { retryAt, attempts, failure } = lane;
  if (lane.state === 'backoff' && retryAt !== null) {
    return [{ kind: 'retryAt', until: retryAt, attempts, failure }];
  }
  if (lane.state === 'pending') {
    const blocker = context.blockerOf(state, lane);
    if (blocker) return blockedWaits(state, blocker, context, depth);
    if (context.awaitsRead?.(state, lane)) return [{ kind: 'read' }];
    if (context.isUnsealable?.(lane)) return [{ kind: 'unsealable' }];
  }
  return [{ kind: 'turn', sealed: lane.sealed !== null }];
}

function blockedWaits(
  state: SyncState,
  { lane: key, why, operationId }: BlockedBy,
  context: ExplainContext,
  depth: number,
): Wait[] {
  if (why === 'parentFailed') return [{ kind: why, operationId }];
  const [model = '', recordId = ''] = key.split('\u0000');
  const change = changeOf(state, key, operationId);
  const { status } = selectRecordStatus(state, model, recordId);
  const wait: Wait = { kind: 'blockedBy', why, change, state: status, model, recordId };
  const lane = getIn(state.shown.lanes, key);
  const further =
    lane && depth < longestChain ? laneWaits(state, key, lane, context, depth + 1) : [];
  return [wait, ...further];
}

/** What the blocking operation (or the first of its record) does. */
function changeOf(state: SyncState, lane: string, operationId: string | null) {
  const place = operationId === null ? undefined : getIn(state.shown.places, operationId);
  const blocking = place === undefined ? undefined : getIn(state.shown.outbox, place);
  const operation = blocking ?? operationsIn(state.shown, lane, 1)[0];
  const kind = operation?.kind ?? 'create';
  return kind === 'upsert' ? 'create' : kind;
}

/** This tab does not send; then nothing else decides. */
function roleWaits({ ephemeral }: SyncState): Wait[] {
  switch (ephemeral.role) {
    case 'leading':
      return [];
    // The leader tells how it stands; where nothing is heard of it, that is what is waited for.
    case 'following':
      return ephemeral.connection === 'starting' ? [{ kind: 'leader' }] : [];

    case 'blocked':
      return [{ kind: 'storage' }];
    case 'stopped':
    case 'hydrating':
    case 'electing':
    case 'frozen':
    case 'readOnly':
      return [{ kind: ephemeral.role }];
  }
}

function runWaits({ ephemeral: { run, shelf } }: SyncState): Wait[] {
  const waits: Wait[] = run === 'running' ? [] : [{ kind: run }];
  return shelf === 'full' ? [...waits, { kind: 'room' }] : waits;
}

function connectionWaits({ ephemeral: { connection } }: SyncState): Wait[] {
  switch (connection) {
    case 'online':
      return [];
    case 'offline':
      return [{ kind: 'offline' }];
    case 'unsuited':
      return [{ kind: 'networkUnsuited' }];
    case 'waiting':
      return [{ kind: 'unreachable' }];
    case 'starting':
    case 'probing':
      return [{ kind: 'probing' }];
  }
}

function lineWaits(state: SyncState, lane: Lane, context: ExplainContext): Wait[] {
  const origin = context.originOf(lane);
  const line = state.ephemeral.lines[origin];
  if (!line || line.state === 'open' || line.state === 'renewed') return [];
  const { state: held, until, failure } = line;
  return [{ kind: 'line', origin, state: held, until, failure }];
}

function quarantined(state: SyncState, { model, recordId }: LaneRef): Wait[] {
  const { quarantine } = state.shown;
  if (quarantine.size === 0) return [];
  let wait: Wait | null = null;
  scan(quarantine, '', ({ lane, reason }) => {
    if (lane?.model !== model || lane.recordId !== recordId) return true;
    wait = { kind: 'quarantine', reason };
    return false;
  });
  return wait ? [wait] : [];
}
