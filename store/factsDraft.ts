import type { RecordEvent } from '../machines/record.ts';
import { moveRecord, type RecordFacts } from '../machines/recordTable.ts';
import { conflictLogCap, namelessCap, settlementCap } from './caps.ts';
import {
  type ConflictLogEntry,
  type Entry,
  emptyModel,
  type Facts,
  type Lane,
  type LaneRef,
  type LaneState,
  laneKey,
  type ModelFacts,
  type Outcome,
  orderKey,
  outboxKey,
  outboxPrefix,
  type Quarantined,
  type Settlement,
} from './facts.ts';
import type { JsonObject } from './json.ts';
import { ModelDraft } from './modelDraft.ts';
import { type Pages, valuesOf } from './pages.ts';
import { PagesDraft } from './pagesDraft.ts';
import { asKnown, rebase } from './rebase.ts';
import { broughtBy } from './rows/broughtBy.ts';
import { decodeEntry } from './rows/codec.ts';
import type { Operation } from './rows/row.ts';
import { noteSeen, type Seen } from './seen.ts';

/** A row that is not legal where it stands: it changed nothing. */
export interface IllegalMove {
  readonly sequence: number;
  readonly type: string;
  readonly lane: LaneRef | null;
  readonly reason: string;
}

/** Told of each move of a record's machine, in order. */
export type OnMove = (lane: LaneRef, event: RecordEvent, to: RecordFacts) => void;

/**
 * Facts being folded. Pages are opened at their first use, so that one row costs what it touches.
 * The verbs here keep what belongs together: a lane's count, its state's count, the places.
 */
export class FactsDraft {
  readonly #before: Facts;
  readonly #models = new Map<string, ModelDraft>();
  #pages: Partial<{ [K in PagedField]: PagesDraft<PagedValue<K>> }> = {};
  head: number;
  folded: number;
  generation: number;
  order: number;
  settledOrder: number;
  logOrder: number;
  origins: Facts['origins'];
  lastSyncedAt: number | null;
  lastFailure: Facts['lastFailure'];
  readonly #lastSeen: Facts['lastSeen'];
  #seen: Seen | null = null;
  #counts: Record<LaneState, number> | null = null;
  readonly illegal: IllegalMove[] = [];

  readonly #onMove: OnMove | undefined;

  constructor(before: Facts, onMove?: OnMove) {
    this.#before = before;
    this.#onMove = onMove;
    this.head = before.head;
    this.folded = before.folded;
    this.generation = before.generation;
    this.order = before.order;
    this.settledOrder = before.settledOrder;
    this.logOrder = before.logOrder;
    this.origins = before.origins;
    this.lastSyncedAt = before.lastSyncedAt;
    this.lastFailure = before.lastFailure;
    this.#lastSeen = before.lastSeen;
  }

  pages<K extends PagedField>(field: K): PagesDraft<PagedValue<K>> {
    const open = this.#pages[field];
    if (open) return open as PagesDraft<PagedValue<K>>;
    const draft = new PagesDraft(this.#before[field] as Pages<PagedValue<K>>);
    // One key, one type: the mapped type can't be narrowed by a generic key.
    (this.#pages as Record<string, unknown>)[field] = draft;
    return draft;
  }

  model(name: string): ModelDraft {
    let draft = this.#models.get(name);
    if (!draft) {
      const isKnown = Object.hasOwn(this.#before.models, name);
      draft = new ModelDraft(isKnown ? (this.#before.models[name] as ModelFacts) : emptyModel);
      this.#models.set(name, draft);
    }
    return draft;
  }

  lastSeen(writer: string): number {
    const seen = this.#seen ?? this.#lastSeen;
    return Object.hasOwn(seen, writer) ? (seen[writer]?.n ?? 0) : 0;
  }

  see(writer: string, n: number): void {
    this.#seen ??= { ...this.#lastSeen };
    noteSeen(this.#seen, writer, n, this.folded);
  }

  lane(key: string): Lane | undefined {
    return this.pages('lanes').get(key);
  }

  /** Whether a record has operations; asks nothing where no record has. */
  isDirty(model: string, recordId: string): boolean {
    const lanes = this.pages('lanes');
    return lanes.size > 0 && lanes.get(laneKey(model, recordId)) !== undefined;
  }

  entry(model: string, recordId: string): Entry | undefined {
    return this.model(model).records.get(recordId);
  }

  /** Operations of a lane in order, with their outbox keys; `limit` keeps a long lane cheap. */
  operationsOf(lane: string, limit = Infinity): { key: string; operation: Operation }[] {
    const prefix = outboxPrefix(lane);
    const found: { key: string; operation: Operation }[] = [];
    this.pages('outbox').scan(prefix, (operation, key) => {
      if (!key.startsWith(prefix)) return false;
      found.push({ key, operation });
      return found.length < limit;
    });
    return found;
  }

  /** Puts an operation at the end of its lane, or at a given place. */
  enqueue(operation: Operation, place?: string): void {
    const lane = laneKey(operation.model, operation.recordId);
    const key = place ?? outboxKey(lane, orderKey(this.order++));
    this.pages('outbox').set(key, operation);
    this.pages('places').set(operation.id, key);
    for (const id of operation.supersedes ?? []) this.pages('places').set(id, key);
  }

  /** Takes an operation out of the outbox; its settlement is another matter. */
  dequeue(operationId: string): Operation | undefined {
    const places = this.pages('places');
    const key = places.get(operationId);
    if (key === undefined) return undefined;
    const outbox = this.pages('outbox');
    const operation = outbox.get(key);
    if (!operation || operation.id !== operationId) return undefined;
    outbox.delete(key);
    places.delete(operationId);
    for (const id of operation.supersedes ?? []) places.delete(id);
    return operation;
  }

  /** Stores a lane after a change, or forgets it when it holds nothing; keeps the counts. */
  putLane(key: string, next: Lane | null): void {
    const lanes = this.pages('lanes');
    const before = lanes.get(key);
    this.#counts ??= { ...this.#before.counts };
    if (before) this.#counts[before.state]--;
    if (next) {
      this.#counts[next.state]++;
      lanes.set(key, next);
    } else {
      lanes.delete(key);
    }
    const held = next && (next.state === 'failed' || next.state === 'conflicted');
    if (held) {
      this.pages('attention').set(key, { model: next.model, recordId: next.recordId });
    } else if (before && (before.state === 'failed' || before.state === 'conflicted')) {
      this.pages('attention').delete(key);
    }
  }

  /** Counts a lane that was read from disk. */
  count(lane: Lane): void {
    this.#counts ??= { ...this.#before.counts };
    this.#counts[lane.state]++;
    if (lane.state === 'failed' || lane.state === 'conflicted') {
      const { model, recordId } = lane;
      this.pages('attention').set(laneKey(model, recordId), { model, recordId });
    }
  }

  /** Moves a lane's machine; undefined if the law has no such move. */
  moved(lane: Lane, ...events: readonly RecordEvent[]): Lane | null | undefined {
    let facts: RecordFacts = lane;
    for (const event of events) {
      const next = moveRecord(facts, event);
      if (!next) return undefined;
      this.#onMove?.(lane, event, next);
      facts = next;
    }
    if (facts.state === 'synced') return null;
    const { state, attempts, retryAt, failure } = facts;
    return { ...lane, state: state as LaneState, attempts, retryAt, failure };
  }

  /** The server confirmed something at `at`. */
  confirm(at: number): void {
    if (this.lastSyncedAt === null || at > this.lastSyncedAt) this.lastSyncedAt = at;
  }

  putEntry(model: string, recordId: string, next: Entry): void {
    const hasLane = () => this.lane(laneKey(model, recordId)) !== undefined;
    this.model(model).put(recordId, next, hasLane);
  }

  /** Sets what the server confirmed; what is shown follows by `rebaseRecord`. */
  putBase(
    model: string,
    recordId: string,
    base: JsonObject | null,
    version: string | null,
    alias?: string,
  ): void {
    if (alias !== undefined) this.#dropOther(model, recordId, alias);
    this.model(model).putBase(recordId, { base, version, alias, confirmed: this.head });
  }

  /** The server's id of a record, as it was known before: nothing is confirmed by it. */
  putAlias(model: string, recordId: string, alias: string): void {
    this.#dropOther(model, recordId, alias);
    const { base = null, version = null, confirmed = 0 } = this.entry(model, recordId) ?? {};
    this.model(model).putBase(recordId, { base, version, alias, confirmed });
  }

  /** Base and shown at once, for a record without operations. */
  putClean(
    model: string,
    recordId: string,
    base: JsonObject | null,
    version: string | null,
    alias?: string,
  ): void {
    if (alias !== undefined) this.#dropOther(model, recordId, alias);
    this.model(model).putClean(recordId, { base, version, alias, confirmed: this.head });
  }

  /**
   * The server's id is this record's: one that stands here under it was deleted there and its id given
   * again, or is this one, pulled before the answer that told its id. What waits of it is sent first.
   */
  #dropOther(model: string, recordId: string, alias: string): void {
    const draft = this.model(model);
    if (draft.records.get(recordId)?.alias === alias) return;
    const other = draft.otherOf(recordId, alias);
    if (other === undefined || this.isDirty(model, other)) return;
    draft.putClean(other, { base: null, version: null, confirmed: this.head });
  }

  /** The record that has this key as its id on the server, where that is another one. */
  ownerOf(model: string, recordId: string): string | undefined {
    const { aliases, records } = this.model(model);
    const owner = aliases.size > 0 ? aliases.get(recordId) : undefined;
    const isAnother = owner !== undefined && owner !== recordId;
    return isAnother && records.get(owner) ? owner : undefined;
  }

  /** The server writes the ids of these models as numbers. */
  learnNumericIds(models: readonly string[] = []): void {
    for (const name of models) {
      const model = this.model(name);
      model.progress = { ...model.progress, numericIds: true };
    }
  }

  /** Shows base with the visible operations of the lane: the one function of every change. */
  rebaseRecord(model: string, recordId: string): void {
    const entry = this.entry(model, recordId);
    const key = laneKey(model, recordId);
    const operations = this.operationsOf(key).map((item) => item.operation);
    const base = entry?.base ?? null;
    const shown = rebase(base, operations, this.lane(key)?.parked ?? null);
    this.putEntry(model, recordId, {
      base,
      version: entry?.version ?? null,
      alias: entry?.alias ?? null,
      // Without operations it is the base itself.
      shown: operations.length > 0 ? asKnown(shown, entry?.shown ?? null) : shown,
      confirmed: entry?.confirmed ?? 0,
    });
  }

  settle(operation: Operation, outcome: Outcome, at: number): void {
    // Superseded operations reach the server, if at all, through the one that stands for them.
    const forOthers = outcome === 'committed' ? 'merged' : outcome;
    this.settleId(operation.id, outcome, at);
    for (const id of operation.supersedes ?? []) this.settleId(id, forOthers, at);
  }

  /** One operation alone, not those that it stands for. */
  settleId(operationId: string, outcome: Outcome, at: number): void {
    const settlements = this.pages('settlements');
    const settled = this.pages('settled');
    // An operation ends once: a dead letter that is discarded later stays `rejected`.
    const known = settlements.get(operationId);
    if (known) {
      const reached = outcome === 'committed' || outcome === 'merged';
      if (reached && known.outcome === 'rejected') {
        settlements.set(operationId, { ...known, succeeded: true });
      }
      return;
    }
    const order = orderKey(this.settledOrder++);
    settlements.set(operationId, { outcome, at, order });
    settled.set(order, operationId);
    if (settlements.size > settlementCap) {
      const oldest = settled.first();
      if (oldest) {
        settled.delete(oldest.key);
        settlements.delete(oldest.value);
      }
    }
  }

  /** Keeps a row that can't be folded, with its bytes. */
  quarantine(sequence: number, item: Quarantined): void {
    const kept = this.pages('quarantine');
    kept.set(orderKey(sequence), item);
    if (item.lane || kept.size <= namelessCap) return;
    const nameless: string[] = [];
    kept.scan('', ({ lane }, key) => {
      if (!lane) nameless.push(key);
      return true;
    });
    const [oldest] = nameless;
    if (oldest === undefined || nameless.length <= namelessCap) return;
    kept.delete(oldest);
    const reason = `more than ${namelessCap} unreadable rows of no record: the oldest was dropped`;
    const dropped = Number.parseInt(oldest, 36);
    this.illegal.push({ sequence: dropped, type: 'unreadable', lane: null, reason });
  }

  log(entry: ConflictLogEntry): void {
    const log = this.pages('conflictLog');
    log.set(orderKey(this.logOrder++), entry);
    if (log.size > conflictLogCap) {
      const oldest = log.first();
      if (oldest) log.delete(oldest.key);
    }
  }

  /** Everything goes but the settlements, the journal's place and the writers seen. */
  purge(generation: number, at: number): void {
    this.generation = generation;
    for (const operation of valuesOf(this.pages('outbox').finish())) {
      this.settle(operation, 'discarded', at);
    }
    // What waits behind a row that can not be read can be read itself.
    for (const { text } of valuesOf(this.pages('quarantine').finish())) {
      const { row } = decodeEntry(0, text);
      for (const operation of row ? broughtBy(row) : []) this.settle(operation, 'discarded', at);
    }
    for (const field of ['lanes', 'outbox', 'places', 'attention', 'conflictLog'] as const) {
      this.pages(field).clear();
    }
    this.pages('quarantine').clear();
    this.#counts = { pending: 0, syncing: 0, backoff: 0, conflicted: 0, failed: 0 };
    for (const name of Object.keys(this.#before.models)) this.model(name).clear();
  }

  finish(): Facts {
    const next: { -readonly [K in keyof Facts]: Facts[K] } = {
      ...this.#before,
      head: this.head,
      folded: this.folded,
      generation: this.generation,
      order: this.order,
      settledOrder: this.settledOrder,
      logOrder: this.logOrder,
      origins: this.origins,
      lastSyncedAt: this.lastSyncedAt,
      lastFailure: this.lastFailure,
      lastSeen: this.#seen ?? this.#lastSeen,
    };
    for (const [field, draft] of Object.entries(this.#pages)) {
      (next as Record<string, unknown>)[field] = draft.finish();
    }
    if (this.#counts) next.counts = this.#counts;
    if (this.#models.size > 0) {
      const models = { ...this.#before.models };
      for (const [name, draft] of this.#models) models[name] = draft.finish();
      next.models = models;
    }
    return next;
  }
}

type PagedField =
  | 'lanes'
  | 'outbox'
  | 'places'
  | 'attention'
  | 'settlements'
  | 'settled'
  | 'conflictLog'
  | 'quarantine';

interface PagedValues {
  lanes: Lane;
  outbox: Operation;
  places: string;
  attention: LaneRef;
  settlements: Settlement;
  settled: string;
  conflictLog: ConflictLogEntry;
  quarantine: Quarantined;
}
type PagedValue<K extends PagedField> = PagedValues[K];
