import type { Failure } from '../../machines/failure.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * The durable facts: a closed union. A row carries RESULTS (an answer its new base, a retry its
 * `retryAt`, a resolution its resolved value), so that folding rows needs no clock, no randomness,
 * no policy and no function of the user's.
 */

/** Who wrote a row, and its count among the rows of that writer. */
export interface ActionId {
  readonly writer: string;
  readonly n: number;
}

export type OperationKind = 'create' | 'update' | 'upsert' | 'delete';
export type Strategy = 'optimistic' | 'waitForRemote';

/** One recorded intent of a person. */
export interface Operation {
  /** uuid v4: the idempotency key of the request that it opens. */
  readonly id: string;
  readonly model: string;
  /** The record's key on this device. */
  readonly recordId: string;
  readonly kind: OperationKind;
  /** The whole record (create, upsert), the replaced top-level fields (update), {} (delete). */
  readonly changes: JsonObject;
  /** When it was recorded (ms since 1970, this device's clock). */
  readonly at: number;
  /** False under `waitForRemote`: shown only once the server said yes. */
  readonly visible: boolean;
  readonly strategy: Strategy;
  /** Operations that this one stands for: a dead letter retried, a conflict merged. */
  readonly supersedes?: readonly string[];
  /** Operations that must be on the server before this one is sent. */
  readonly dependsOn?: readonly string[];
  /** How this one call travels, where it differs from its model's way; plain data. */
  readonly request?: JsonObject;
  /** The caller's own, handed back with the operation; never sent. */
  readonly meta?: Json;
}

/** A request as it will leave, byte for byte, but for base URL and credentials. */
export interface SealedRequest {
  /** First operation's id. */
  readonly key: string;
  readonly operationIds: readonly string[];
  readonly kind: 'create' | 'update' | 'delete';
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly contentType: string | null;
  readonly body: string | null;
  readonly ifMatch: string | null;
  /** Of this request alone; never credentials. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The transport's own notes: what it needs to send it and to read its answer; plain data. */
  readonly notes?: JsonObject;
}

interface RowOf<Type extends string> {
  readonly v: 1;
  readonly type: Type;
  readonly actionId: ActionId;
  /** ms since 1970, the writing device's clock; for people and logs, never for order. */
  readonly at: number;
}

interface LaneRow<Type extends string> extends RowOf<Type> {
  readonly model: string;
  readonly recordId: string;
}

/** A person's change. `generation`: how often the store had been cleared when it was dispatched. */
export interface RecordedRow extends RowOf<'recorded'> {
  readonly generation: number;
  readonly operation: Operation;
}

/** Before the first byte leaves. One row may seal many lanes. */
export interface SealedRow extends RowOf<'sealed'> {
  readonly requests: readonly (SealedRequest & {
    readonly model: string;
    readonly recordId: string;
  })[];
}

/** The server said yes: its record is the new base. */
export interface AnsweredRow extends LaneRow<'answered'> {
  readonly operationIds: readonly string[];
  /** Null: the record is gone (a delete was committed). */
  readonly base: JsonObject | null;
  readonly version: string | null;
  /** The server's own id of the record, where it has one. */
  readonly alias?: string;
  /** Models of which its record showed that the server's ids are numbers. */
  readonly numericIds?: readonly string[];
}

export interface RetryScheduledRow extends LaneRow<'retryScheduled'> {
  readonly attempts: number;
  readonly retryAt: number;
  readonly failure: Failure;
}

/** What a person needs to resolve a conflict. */
export interface ConflictFacts {
  /** Null: they deleted it. */
  readonly remote: JsonObject | null;
  readonly remoteVersion: string | null;
}

/** Nothing goes on in this lane until a person (or a later answer) says how. */
export interface ParkedRow extends LaneRow<'parked'> {
  readonly reason: 'rejected' | 'conflict';
  readonly operationIds: readonly string[];
  readonly failure: Failure;
  /** Whether the change is no longer shown. */
  readonly rollback: boolean;
  /** With `reason: 'conflict'`. */
  readonly conflict?: ConflictFacts;
}

/** A field that both sides changed: ours stays, theirs goes to the log (or the other way round). */
export interface Overwritten {
  readonly field: string;
  readonly local: Json;
  readonly remote: Json;
  /** Whose stands. Ours, if it is missing. */
  readonly kept?: 'remote';
}

export interface ResolvedRow extends LaneRow<'resolved'> {
  readonly by: 'policy' | 'person';
  /** Operations that the resolution replaces. */
  readonly replaced: readonly string[];
  /** What goes to the server instead, in the place of the first replaced; null: nothing. */
  readonly operation: Operation | null;
  /** How the replaced end where nothing goes instead. Default: merged, nothing was left to say. */
  readonly outcome?: 'discarded';
  readonly base: JsonObject | null;
  readonly version: string | null;
  readonly overwritten: readonly Overwritten[];
}

export interface CancelledRow extends LaneRow<'cancelled'> {
  readonly operationIds: readonly string[];
}

export interface DiscardedRow extends LaneRow<'discarded'> {
  readonly operationIds: readonly string[];
}

/** A dead letter goes again, unchanged, in its place, under a new id and key. */
export interface RetriedRow extends LaneRow<'retried'> {
  readonly operationIds: readonly string[];
  readonly operation: Operation;
}

/** A dead letter goes again, changed; what was queued behind it must not undo the edit. */
export interface EditedRow extends LaneRow<'edited'> {
  readonly operationIds: readonly string[];
  readonly operation: Operation;
  /** The same edit once more, behind the lane; null where nothing stands behind. */
  readonly behind: Operation | null;
}

export interface PulledItem {
  readonly id: string;
  readonly record: JsonObject;
  readonly version: string | null;
  /** The server's own id, where the record has another key here. */
  readonly alias?: string;
  /** Fields that a pending change of ours overwrites. */
  readonly overwritten?: readonly Overwritten[];
}

export interface PulledRow extends RowOf<'pulled'> {
  readonly model: string;
  readonly items: readonly PulledItem[];
  readonly deleted: readonly string[];
  /**
   * The cursor that the page was asked from; null: the start. The new cursor counts only where this
   * is the one that is known: a row in between that was lost must not be passed over.
   */
  readonly since: string | null;
  /** Set in the last row of a page: everything before it is here. */
  readonly cursor: string | null;
  /** Whether the server said that there is no more (for now). */
  readonly complete: boolean;
  /**
   * The next pull begins at the start: the cursors so far led through the pages of this one alone.
   * Without it a row that names no cursor leaves the place where it is.
   */
  readonly rewinds?: true;
  /** True in the first row of a full pull. */
  readonly begins?: true;
  /** Records that a full pull met as they were known. */
  readonly unchanged?: readonly string[];
  /** The life of the server's data, where it tells. */
  readonly epoch?: string;
  /** The filter that was asked with, as canonical text. */
  readonly filter?: string;
  /** Models of which its records showed that the server's ids are numbers. */
  readonly numericIds?: readonly string[];
}

/** What was known of a record when the database with its base was lost: enough for a merge. */
export interface Salvage {
  /** The fields that the operations change, as the server had confirmed them; null: not known. */
  readonly base: JsonObject | null;
  readonly version: string | null;
}

/** How a lane waited for a person. */
export interface RecoveredParking {
  readonly reason: 'rejected' | 'conflict';
  readonly operationIds: readonly string[];
  readonly failure: Failure;
  readonly rollback: boolean;
  readonly conflict: ConflictFacts | null;
}

/** What the server calls a record that has a key of its own here. */
export interface ServerName {
  readonly model: string;
  readonly recordId: string;
  readonly alias: string;
}

/** A lane of a lost database (or of this one, before it lost its last rows), as the second shelf has kept it. */
export interface RecoveredRow extends LaneRow<'recovered'> {
  /** The id of the database that is gone. */
  readonly from: string;
  readonly operations: readonly Operation[];
  readonly salvage: Salvage;
  /** The server's own id of the record, where it has one. */
  readonly alias?: string;
  /** A request that may have left already: it goes again as it is. */
  readonly sealed: SealedRequest | null;
  readonly parked: RecoveredParking | null;
  /**
   * Operations that had ended and that these stand for (nobody may be told another ending) or depend on
   * (after one that failed they do not go).
   */
  readonly ended?: Readonly<Record<string, RecoveredEnding>>;
  /**
   * The lane stands so instead of as this database has it, which has lost its last rows. Without it
   * the lane is older than what stands here.
   */
  readonly instead?: true;
}

export type RecoveredEnding = 'rejected' | 'merged' | 'committed' | 'discarded' | 'cancelled';

/** An origin asked for a pause. */
export interface OriginPausedRow extends RowOf<'originPaused'> {
  readonly origin: string;
  /** ms since 1970. */
  readonly until: number;
  readonly failure: Failure;
}

/** `sync.clear()`: everything goes; what was recorded before it and arrives later is discarded. */
export interface PurgedRow extends RowOf<'purged'> {
  readonly generation: number;
}

/** Acts of people: shown before they are durable. */
export type PersonRow =
  | RecordedRow
  | CancelledRow
  | EditedRow
  | RetriedRow
  | DiscardedRow
  | ResolvedRow
  | PurgedRow;

/** The engine's: appended first, folded when sequenced. */
export type EngineRow =
  | SealedRow
  | AnsweredRow
  | RetryScheduledRow
  | ParkedRow
  | ResolvedRow
  | CancelledRow
  | PulledRow
  | OriginPausedRow
  | RecoveredRow;

export type Row = PersonRow | EngineRow;
export type RowType = Row['type'];

/** A row at its place in the journal. */
export interface SequencedRow {
  readonly sequence: number;
  readonly row: Row;
}

/** Bytes that no codec of this build can read. They are kept, and their record waits. */
export interface UnreadableRow {
  readonly sequence: number;
  readonly row: null;
  readonly text: string;
  readonly lane: { readonly model: string; readonly recordId: string } | null;
  readonly reason: string;
}

export type JournalEntry = SequencedRow | UnreadableRow;
