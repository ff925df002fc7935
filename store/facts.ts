import type { Failure } from '../machines/failure.ts';
import { cleanContext } from '../machines/record.ts';
import type { RecordFacts } from '../machines/recordTable.ts';
import type { JsonObject } from './json.ts';
import { getIn, noPages, type Pages } from './pages.ts';
import type { ConflictFacts, Operation, Overwritten, Salvage, SealedRequest } from './rows/row.ts';

/**
 * Everything that is true and survives a reload: the fold of the journal's rows. Never changed but
 * by `foldEntries`.
 */
export interface Facts {
  /** The last journal sequence folded. */
  readonly head: number;
  /** How many rows were folded since the database began; counts on where `head` has gaps. */
  readonly folded: number;
  /** How often everything was cleared. */
  readonly generation: number;
  /** Next place in the outbox; taken by acts of people alone, so that the engine's rows commute. */
  readonly order: number;
  /** Next place among the settlements. */
  readonly settledOrder: number;
  /** Next place in the conflict log. */
  readonly logOrder: number;
  /** The last row seen of each writer, newest last; a row at or below it is skipped. */
  readonly lastSeen: Readonly<Record<string, { readonly n: number; readonly at: number }>>;
  readonly models: Readonly<Record<string, ModelFacts>>;
  /** Dirty records only, by lane key. */
  readonly lanes: Pages<Lane>;
  /** Operations by lane key and order: a lane is a range. */
  readonly outbox: Pages<Operation>;
  /** Where an operation stands: its outbox key. Superseded ids lead to what stands for them. */
  readonly places: Pages<string>;
  /** Lanes that wait for a person. */
  readonly attention: Pages<LaneRef>;
  readonly settlements: Pages<Settlement>;
  /** Operation ids by order, so that the oldest settlement can be dropped. */
  readonly settled: Pages<string>;
  /** What a merge overwrote, by order. */
  readonly conflictLog: Pages<ConflictLogEntry>;
  /** Rows that could not be read, by sequence. */
  readonly quarantine: Pages<Quarantined>;
  /** Origins that asked for a pause, by name: not before `until`. A reload does not forget it. */
  readonly origins: Readonly<Record<string, OriginPause>>;
  /** When the server last confirmed something (ms since 1970); never decreases. */
  readonly lastSyncedAt: number | null;
  readonly lastFailure: Failure | null;
  /** Dirty records by state. */
  readonly counts: Readonly<Record<LaneState, number>>;
}

export interface ModelFacts {
  /** By record key. */
  readonly records: Pages<Entry>;
  /** Server id to record key, where they differ; also of records that are not here any more. */
  readonly aliases: Pages<string>;
  /**
   * Keys of records that are not here any more, of which others may still speak: the server's id of
   * each; null: it was taken back before the server knew it. The lowest keys leave first.
   */
  readonly former: Pages<string | null>;
  /** Where the next pull begins; null: from the start. */
  readonly cursor: string | null;
  /** Whether a pull has ever come to its end. */
  readonly pulled: boolean;
  /** The life of the server's data that the cursor belongs to, where the server tells. */
  readonly epoch: string | null;
  /** The journal sequence since which it is that one: versions from before say nothing any more. */
  readonly epochSince: number;
  /** The filter that the cursor belongs to, as canonical text; '' for none. */
  readonly filter: string;
  /** The journal sequence since which it is that one: what was confirmed before may lie outside of it. */
  readonly filterSince: number;
  /**
   * The journal sequence at which the full pull under way began: a base confirmed before it and not
   * seen since is not on the server any more. Null while none is under way.
   */
  readonly fullSince: number | null;
  /** The journal sequence at which the last full pull began, also after it has ended; 0: none has. */
  readonly listedSince: number;
  /** Whether the server has written ids of this model as numbers; as keys and aliases they are text. */
  readonly numericIds: boolean;
  /** Records shown. */
  readonly shown: number;
}

/** A record: what the server last confirmed and what is shown. */
export interface Entry {
  readonly base: JsonObject | null;
  readonly version: string | null;
  /** The server's own id, where it has one. */
  readonly alias: string | null;
  /** base with the visible operations; the same object as `base` where nothing is dirty. */
  readonly shown: JsonObject | null;
  /** The journal sequence of the row that confirmed the base last; 0 while there is none. */
  readonly confirmed: number;
}

export interface OriginPause {
  /** ms since 1970. */
  readonly until: number;
  readonly failure: Failure;
}

export interface LaneRef {
  readonly model: string;
  readonly recordId: string;
}

export type LaneState = 'pending' | 'syncing' | 'backoff' | 'conflicted' | 'failed';

/** A record's operations in order, and its machine. Exists while there are operations. */
export interface Lane extends LaneRef, RecordFacts {
  readonly state: LaneState;
  /** Operations in it. */
  readonly count: number;
  /** Those among them that are not shown until the server said yes. */
  readonly hidden: number;
  readonly sealed: SealedRequest | null;
  /** The journal sequence of the row that sealed it last. */
  readonly sealedAt?: number;
  /** The base that it was sealed over, where a pull has brought another since. */
  readonly sealedOver?: JsonObject;
  readonly parked: Parked | null;
  /** With the database its base was lost: it is not sealed before the server has told of it again. */
  readonly salvage?: Salvage;
}

export interface Parked {
  readonly reason: 'rejected' | 'conflict';
  readonly operationIds: readonly string[];
  readonly failure: Failure;
  readonly rollback: boolean;
  readonly at: number;
  readonly conflict: ConflictFacts | null;
}

export type Outcome =
  | 'committed'
  | 'merged'
  | 'rejected'
  | 'discarded'
  | 'cancelled'
  | 'lost'
  | 'unknown';

export interface Settlement {
  readonly outcome: Outcome;
  readonly at: number;
  readonly order: string;
  /** It was refused, and what stood for it later (retried, edited) reached the server. */
  readonly succeeded?: true;
}

export interface ConflictLogEntry extends LaneRef, Overwritten {
  readonly at: number;
}

export interface Quarantined {
  readonly text: string;
  readonly lane: LaneRef | null;
  readonly reason: string;
}

const noCounts: Facts['counts'] = { pending: 0, syncing: 0, backoff: 0, conflicted: 0, failed: 0 };

export const emptyModel: ModelFacts = {
  records: noPages(),
  aliases: noPages(),
  former: noPages(),
  cursor: null,
  pulled: false,
  epoch: null,
  epochSince: 0,
  filter: '',
  filterSince: 0,
  fullSince: null,
  listedSince: 0,
  numericIds: false,
  shown: 0,
};

export function emptyFacts(models: readonly string[]): Facts {
  return {
    head: 0,
    folded: 0,
    generation: 0,
    order: 0,
    settledOrder: 0,
    logOrder: 0,
    lastSeen: {},
    models: Object.fromEntries(models.map((name) => [name, emptyModel])),
    lanes: noPages(),
    outbox: noPages(),
    places: noPages(),
    attention: noPages(),
    settlements: noPages(),
    settled: noPages(),
    conflictLog: noPages(),
    quarantine: noPages(),
    origins: {},
    lastSyncedAt: null,
    lastFailure: null,
    counts: noCounts,
  };
}

/** The machine's first stored state: `saving` > `journaled` > `pending` with a clean context. */
export function newLane(model: string, recordId: string, hidden: number): Lane {
  return {
    ...{ model, recordId, state: 'pending', ...cleanContext },
    ...{ count: 1, hidden, sealed: null, parked: null },
  };
}

/** A lane whose request is over. */
export function unsealed(lane: Lane): Lane {
  const { sealedOver: _, ...rest } = lane;
  return { ...rest, sealed: null };
}

/** The server has told of the record: what was known of it before says nothing more. */
export function withoutSalvage(lane: Lane): Lane {
  if (!lane.salvage) return lane;
  const { salvage: _, ...rest } = lane;
  return rest;
}

/** The server's own id of a record, also of one that is not here any more; null where it has none. */
export function aliasOf(model: ModelFacts | undefined, recordId: string): string | null {
  if (!model) return null;
  const entry = getIn(model.records, recordId);
  return (entry ? entry.alias : getIn(model.former, recordId)) ?? null;
}

/** Whether the record of a lane was made here and taken back before the server knew it. */
export function isTakenBack({ models }: Facts, lane: string): boolean {
  const [model = '', recordId = ''] = lane.split('\u0000');
  const former = models[model]?.former;
  return former !== undefined && former.size > 0 && getIn(former, recordId) === null;
}

/** Model names and record keys hold no U+0000 (refused at the border), so this is unambiguous. */
export function laneKey(model: string, recordId: string): string {
  return `${model}\u0000${recordId}`;
}

/** Sorts as the number does: base 36, ten digits (3.6e15). */
export function orderKey(order: number): string {
  return order.toString(36).padStart(10, '0');
}

export function outboxKey(lane: string, order: string): string {
  return `${lane}\u0000${order}`;
}

/** The prefix of all outbox keys of a lane. */
export function outboxPrefix(lane: string): string {
  return `${lane}\u0000`;
}
