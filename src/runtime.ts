import type { Action, Dispatch } from '@reduxjs/toolkit';
import { quarantineLimit } from '../store/caps.ts';
import { type Facts, laneKey, orderKey } from '../store/facts.ts';
import { getIn, scan, valuesOf } from '../store/pages.ts';
import type { JournalEntry, PersonRow, RecordedRow } from '../store/rows/row.ts';
import { keyOf } from '../store/selectors/records.ts';
import {
  lanesOfRow,
  type PersonAction,
  type PersonDraft,
  type SyncSlice,
  type SyncState,
} from '../store/slice.ts';
import { Engine } from './engine/engine.ts';
import type { EngineOptions, EngineStore, TakenOver } from './engine/ground/engineOptions.ts';
import type { EngineModels } from './engine/records/models.ts';
import { SyncError } from './errors.ts';
import type { SyncEvents } from './events.ts';
import { Handles } from './handles.ts';
import type { StorageError } from './ports/storage.ts';
import type { Transport } from './ports/transport.ts';
import { Trace } from './trace.ts';
import { RecordWatch } from './watch.ts';

/** What act a dispatch became. */
export interface Act {
  readonly n: number;
  readonly saved: Promise<void>;
}

export interface RuntimeOptions extends Omit<EngineOptions, 'store' | 'onRejected' | 'writer'> {
  readonly slice: SyncSlice;
  readonly events: SyncEvents;
}

/** The Redux store as the middleware meets it. */
export interface StoreApi {
  readonly dispatch: Dispatch;
  readonly state: () => SyncState;
}

/**
 * One life of a sync in one store: numbers the acts of this tab, hands them to the engine, and tells
 * whoever waits what became of them.
 */
export class Runtime {
  readonly handles: Handles;
  readonly watch: RecordWatch;
  readonly trace: Trace;
  engine: Engine;
  readonly writer: string;
  readonly #options: RuntimeOptions;
  readonly #api: StoreApi;
  #count = 0;
  /** Own writes that are durable in the database, and not called saved: the second shelf has no room. */
  readonly #untold = new Map<string, RecordedRow>();
  /** `settledOrder` behind which endings were not told for the same reason; null: there are none. */
  #endedBefore: number | null = null;
  /** The number of this tab's last act that a database knew which was deleted since. */
  #carriedOver = 0;

  constructor(options: RuntimeOptions, api: StoreApi) {
    this.#options = options;
    this.#api = api;
    this.writer = options.env.uuid();
    this.handles = new Handles(api.state, () => this.#isHeld);
    this.trace = new Trace(options.slice, options.env);
    this.watch = new RecordWatch(options.slice, api.state, options.env.report);
    this.engine = this.#makeEngine();
  }

  #makeEngine(): Engine {
    return new Engine({
      ...this.#options,
      writer: this.writer,
      store: this.#store(),
      onRejected: (rows, why) => this.#rejected(rows, why),
    });
  }

  /** Starts the engine, or a new one after a stop. Resolves with the facts on disk. */
  start(): Promise<Facts> {
    if (this.engine.isEnded) this.engine = this.#makeEngine();
    return this.engine.start();
  }

  /** After a stop the gate is open already: facts come by the slice's own action. */
  load(facts: Facts): void {
    this.#send(this.#options.slice.actions.restarted(facts));
    this.hydrated();
  }

  /** Ends the engine; whoever waits for what nobody knows any more is told so. */
  async stop(): Promise<void> {
    const { engine } = this;
    await engine.stop();
    // Another life may have begun meanwhile.
    if (engine !== this.engine) return;
    this.handles.end(rejection('stopped'));
    this.#untold.clear();
    this.#endedBefore = null;
  }

  get transport(): Transport {
    return this.#options.transport;
  }

  get models(): EngineModels {
    return this.#options.models;
  }

  /** Whether an act is in the tail. */
  hasTaken(action: PersonAction): boolean {
    return getIn(this.state.tail, orderKey(action.meta.actionId?.n ?? 0)) !== undefined;
  }

  report(error: unknown): void {
    this.#options.env.report(error);
  }

  /** Some action has passed: the DevTools may have come back. */
  noticed(): void {
    if (this.engine.run === 'timeTravelling') this.engine.wake();
  }

  get state(): SyncState {
    return this.#api.state();
  }

  /** The key of a record on this device, by its key or by the server's id. */
  keyOf(model: string, id: string): string {
    return keyOf(this.state, model, id);
  }

  /** The action with what only the middleware knows; refused where it can't be done. */
  stamped(action: PersonAction): PersonAction {
    const { role, connection } = this.state.ephemeral;
    if (role === 'readOnly') throw readOnlyError();
    if (this.engine.isEnded) {
      throw new SyncError('notStarted', 'this sync was stopped: start it again before you write');
    }
    if (action.meta.offline === 'refuse' && connection !== 'online') {
      throw new SyncError(
        'offline',
        'there is no connection, and this write must not wait for one',
      );
    }
    const { payload } = action;
    if (payload.type === 'recorded') this.#refuseSecondCreate(payload.operation);
    this.#refuseHeldUp(payload);
    const actionId = { writer: this.writer, n: ++this.#count };
    const { generation } = this.state.shown;
    const row = payload.type === 'recorded' ? { ...payload, generation } : payload;
    return { ...action, payload: row, meta: { ...action.meta, actionId } };
  }

  /** The act is in the tail: it is to become durable. */
  accepted(action: PersonAction): Act {
    const n = action.meta.actionId?.n ?? 0;
    const { payload } = action;
    const saved = this.handles.saving(n, payload.type === 'recorded' ? payload.operation.id : null);
    // From the action: the store may show another moment, where it is not in the tail.
    this.engine.write({ ...payload, actionId: { writer: this.writer, n } } as PersonRow);
    return { n, saved };
  }

  /** The facts came from disk. */
  hydrated(): void {
    const { sequenced } = this.state;
    this.#reviewed(sequenced);
    // Endings are told at least once: the page may have died between the disk and the listener.
    this.#tellSettled(this.engine.settledBefore, sequenced);
    this.engine.hydrated();
  }

  #refuseSecondCreate(operation: {
    readonly kind: string;
    readonly model: string;
    readonly recordId: string;
  }): void {
    if (operation.kind !== 'create') return;
    const { model, recordId } = operation;
    const records = this.state.shown.models[model]?.records;
    if (!records || !getIn(records, recordId)?.shown) return;
    throw new SyncError(
      'recordExists',
      `a ${model} of this id is there already; use upsert or update`,
    );
  }

  /** What waits behind rows that can't be read is kept whatever it is: so it must not grow for ever. */
  #refuseHeldUp(act: PersonDraft): void {
    const { shown, tail } = this.state;
    if (shown.quarantine.size === 0) return;
    if (shown.quarantine.size + tail.size < quarantineLimit) return;
    const lanes = new Set(lanesOfRow(act));
    const kept = valuesOf(shown.quarantine).flatMap(({ lane }) => (lane ? [lane] : []));
    if (kept.length + tail.size < quarantineLimit) return;
    if (!kept.some(({ model, recordId }) => lanes.has(laneKey(model, recordId)))) return;
    throw new SyncError(
      'heldUp',
      'rows of this record can not be read by this build, and too much waits for them: update the app',
    );
  }

  #store(): EngineStore {
    const { slice } = this.#options;
    const { state } = this.#api;
    const { actions } = slice;
    const dispatch = (action: Action) => this.#send(action);
    return {
      state,
      sequenced: (entries) => this.#sequenced(entries),
      tailRejected: (counts) => void dispatch(actions.tailRejected(counts)),
      checkpointLoaded: (facts, takenOver) => {
        const { settledOrder, lastSeen } = state().sequenced;
        dispatch(actions.checkpointLoaded(facts));
        if (takenOver) this.#replaced(lastSeen[this.writer]?.n ?? 0, facts, takenOver);
        this.#reviewed(facts);
        // What ended in another tab, and went into a checkpoint before it was read here; of another
        // database, as at a start.
        this.#tellSettled(takenOver ? this.engine.settledBefore : settledOrder, facts);
      },
      connectionChanged: (connection) => {
        if (state().ephemeral.connection !== connection) {
          dispatch(actions.connectionChanged(connection));
        }
      },
      leadershipChanged: (role, run) => {
        const now = state().ephemeral;
        if (now.role !== role || now.run !== run)
          dispatch(actions.leadershipChanged({ role, run }));
      },
      roomMeasured: (room) => void dispatch(actions.roomMeasured(room)),
      shelfChanged: (shelf) => {
        if (state().ephemeral.shelf !== shelf) dispatch(actions.shelfChanged(shelf));
        this.#reviewSaved();
      },
      lineChanged: (origin, line) => void dispatch(actions.lineChanged({ origin, line })),
      dependentChanged: (count) => {
        if (state().ephemeral.dependent !== count) dispatch(actions.dependentChanged(count));
      },
      attempts: (change, lanes) => {
        const { attemptStarted, attemptEnded } = actions;
        dispatch(change === 'started' ? attemptStarted([...lanes]) : attemptEnded([...lanes]));
      },
      leaderTold: (shared) => void dispatch(actions.leaderTold(shared)),
      progress: (model, progress) => void dispatch(actions.progress({ model, progress })),
    };
  }

  /** A subscriber of the app's that throws must not stop what follows: the reducer has run. */
  #send(action: Action): void {
    try {
      this.#api.dispatch(action);
    } catch (error) {
      this.#options.env.report(error);
    }
  }

  #sequenced(entries: readonly JournalEntry[]): void {
    const before = this.state.sequenced;
    this.#send(this.#options.slice.actions.sequenced(entries, this.writer));
    const after = this.state.sequenced;
    this.#reviewSaved();
    this.#tellSettled(before.settledOrder, after);
    // A clear may end more operations than are remembered.
    if (entries.some(({ row }) => row?.type === 'purged')) this.handles.review();
    for (const { row } of entries) if (row) this.#tell(row);
  }

  /** Operations that ended with the last rows, in the order they did. */
  #tellSettled(from: number, after: Facts): void {
    if (after.settledOrder === from) return;
    if (this.#isHeld) {
      this.#endedBefore ??= from;
      return;
    }
    scan(after.settled, orderKey(from), (operationId) => {
      const settlement = getIn(after.settlements, operationId);
      if (!settlement) return true;
      const { outcome } = settlement;
      this.handles.ended(operationId, outcome);
      this.#options.events.emit({ type: 'settled', operationId, outcome });
      return true;
    });
  }

  #tell(row: NonNullable<JournalEntry['row']>): void {
    const { events } = this.#options;
    switch (row.type) {
      case 'recorded': {
        const { writer, n } = row.actionId;
        if (writer === this.writer && n > this.engine.keptThrough)
          this.#untold.set(row.operation.id, row);
        else this.#tellSaved(row);
        return;
      }
      case 'retryScheduled': {
        const { model, recordId, failure, retryAt } = row;
        events.emit({ type: 'retryScheduled', model, recordId, failure, retryAt });
        return;
      }
      case 'parked': {
        const { model, recordId, failure } = row;
        const type = row.reason === 'rejected' ? 'deadLetter' : 'conflictParked';
        events.emit({ type, model, recordId, failure });
        return;
      }
      case 'pulled': {
        // Ours waits on top of what came: what it hides of theirs is told now, not when it is sent.
        for (const { id: recordId, overwritten } of row.items) {
          if (!overwritten) continue;
          events.emit({ type: 'conflictMerged', model: row.model, recordId, overwritten });
        }
        return;
      }
      case 'resolved': {
        const { model, recordId, overwritten } = row;
        events.emit({ type: 'conflictMerged', model, recordId, overwritten });
        return;
      }
    }
  }

  #tellSaved({ operation }: RecordedRow): void {
    const { id: operationId, model, recordId } = operation;
    this.#options.events.emit({ type: 'saved', operationId, model, recordId });
  }

  #reviewed(facts: Facts): void {
    this.#reviewSaved(facts);
    this.handles.review();
  }

  /** What is durable is told, as far as it stands on the second shelf too. */
  #reviewSaved({ lastSeen } = this.state.sequenced): void {
    const durable = Math.max(lastSeen[this.writer]?.n ?? 0, this.#carriedOver);
    const through = Math.min(durable, this.engine.keptThrough);
    this.handles.savedThrough(through);
    for (const [operationId, row] of this.#untold) {
      if (row.actionId.n > through) break;
      this.#untold.delete(operationId);
      this.#tellSaved(row);
    }
    const from = this.#endedBefore;
    if (from === null || this.#isHeld) return;
    this.#endedBefore = null;
    this.#tellSettled(from, this.state.sequenced);
    this.handles.review();
  }

  /** Whether the second shelf has no room: what is not told there is told to nobody. */
  get #isHeld(): boolean {
    return this.engine.keptThrough !== Number.POSITIVE_INFINITY;
  }

  /** The database is another one; acts up to `n` were folded from the one before it. */
  #replaced(n: number, facts: Facts, takenOver: TakenOver): void {
    this.#carriedOver = Math.max(this.#carriedOver, n);
    this.#endedBefore = null;
    // All that waited in this page's memory stands in the new one.
    if (takenOver === 'all') return;
    const unread = valuesOf(facts.quarantine).map(({ text }) => JSON.stringify(text));
    const isKnown = (id: string) =>
      getIn(facts.places, id) !== undefined ||
      getIn(facts.settlements, id) !== undefined ||
      unread.some((text) => text.includes(id));
    const why = 'the database was deleted before the write stood on the second shelf too';
    this.handles.lostThrough(n, isKnown, new SyncError('notSaved', why));
    for (const [operationId, { operation }] of this.#untold) {
      if (isKnown(operationId)) continue;
      this.#untold.delete(operationId);
      const { model, recordId } = operation;
      this.#options.events.emit({ type: 'notSaved', operationId, model, recordId, code: 'lost' });
    }
  }

  #rejected(rows: readonly PersonRow[], why: StorageError | 'readOnly' | 'stopped'): void {
    this.#send(this.#options.slice.actions.tailRejected(rows.map((row) => row.actionId.n)));
    for (const row of rows) {
      const operation = row.type === 'recorded' ? row.operation : null;
      const error = rejection(why);
      this.handles.notSaved(row.actionId.n, operation?.id ?? null, error);
      if (operation) {
        const { id: operationId, model, recordId } = operation;
        const code = typeof why === 'string' ? 'denied' : why.code;
        this.#options.events.emit({ type: 'notSaved', operationId, model, recordId, code });
      }
    }
  }
}

function rejection(why: StorageError | 'readOnly' | 'stopped'): SyncError {
  if (why === 'readOnly') return readOnlyError();
  if (why === 'stopped') {
    return new SyncError('notStarted', 'stopped before the write was known to be durable');
  }
  return new SyncError('notSaved', 'the write could not be stored and was rolled back', why);
}

function readOnlyError(): SyncError {
  return new SyncError(
    'readOnly',
    'a newer version of this app has the database: this page shows the records and does not write',
  );
}
