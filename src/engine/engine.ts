import { createActor, waitFor } from 'xstate';
import { type Backoff, defaultBackoff } from '../../machines/backoff.ts';
import type { ConnectionState } from '../../machines/connection.ts';
import { type EngineRole, type EngineRun, engineMachine } from '../../machines/engine.ts';
import type { NetworkRequirement } from '../../machines/network.ts';
import type { Facts } from '../../store/facts.ts';
import { valuesOf } from '../../store/pages.ts';
import type { JournalEntry, PersonRow, UnreadableRow } from '../../store/rows/row.ts';
import {
  type LineFacts,
  lanesOfRow,
  type PullProgress,
  type SyncState,
} from '../../store/slice.ts';
import { SyncError } from '../errors.ts';
import type { SyncEvents } from '../events.ts';
import { rootKey } from '../journal/checkpointer.ts';
import { identify } from '../journal/identity.ts';
import { Journal } from '../journal/journal.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env, HeldLock, TimerHandle } from '../ports/env.ts';
import { asStorageError, type Storage, type StorageError } from '../ports/storage.ts';
import type { Transport } from '../ports/transport.ts';
import { Connection, envClock, type Inspect, isAway } from './connection.ts';
import { LaneIndex } from './laneIndex.ts';
import { Lines } from './lines.ts';
import type { EngineModels } from './models.ts';
import { type Opened, open, readFacts, sameMoment, takeLead } from './opening.ts';
import { Puller, type PullResult } from './puller.ts';
import type { PullOptions } from './pullRun.ts';
import { Pusher } from './pusher.ts';

/** Journal rows after which a checkpoint is written. */
const checkpointRows = 1_000;
/** ms between attempts to open a storage that fails. */
const reopenDelay = 2_000;
/** ms that a stop waits for rows under way. */
const stopDeadline = 2_000;
/** ms after which a page that is shown again asks what others did meanwhile. */
const resumeRest = 60_000;
/** A probe is cheap, and people wait for it: the connection's waits end at 30 s. */
const probeBackoff: Backoff = { base: 1_000, factor: 2, cap: 30_000 };

/** What the engine tells the store; made into actions by whoever wires the two. */
export interface EngineStore {
  readonly state: () => SyncState;
  readonly sequenced: (entries: readonly JournalEntry[]) => void;
  readonly tailRejected: (counts: readonly number[]) => void;
  readonly checkpointLoaded: (facts: Facts) => void;
  readonly connectionChanged: (state: ConnectionState) => void;
  readonly leadershipChanged: (role: EngineRole, run: EngineRun) => void;
  readonly lineChanged: (origin: string, line: LineFacts) => void;
  readonly dependentChanged: (count: number) => void;
  readonly attempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly progress: (model: string, progress: PullProgress) => void;
}

export interface EngineOptions {
  readonly env: Env;
  readonly name: string;
  readonly storage: Storage;
  readonly codec: Codec;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff?: Backoff;
  readonly store: EngineStore;
  readonly events: SyncEvents;
  /** This tab's id: under it people's rows are written. */
  readonly writer: string;
  readonly onRejected: (
    rows: readonly PersonRow[],
    why: StorageError | 'readOnly' | 'stopped',
  ) => void;
  readonly inspect?: Inspect | undefined;
  readonly network?: NetworkRequirement | undefined;
}

/**
 * Brings facts and world together: opens and reads the storage, takes the lead, writes the journal,
 * seals, sends, pulls, checkpoints. It holds no fact: it decides on `sequenced` alone and changes it
 * only by rows.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #actor;
  readonly #connection: Connection;
  readonly #index: LaneIndex;
  readonly #pusher: Pusher;
  readonly #puller: Puller;
  readonly #lines: Lines;
  #opened: Opened | null = null;
  #journal: Journal | null = null;
  #lock: HeldLock | null = null;
  #leaveQueue: (() => void) | null = null;
  #fence = 0;
  #away = true;
  /** When pulls of all models were last asked for (this device's clock). */
  #askedAt = 0;
  #facts: Facts | null = null;
  #checkpointed = 0;
  /** A checkpoint or a sweep under way: one at a time. */
  #checkpointing: Promise<void> | null = null;
  #waking: Promise<void> | null = null;
  #retryTimer: TimerHandle | null = null;
  #reopenTimer: TimerHandle | null = null;
  #trouble: StorageError | undefined;
  #ending: Promise<void> | null = null;
  /** Who waits for all to be durable, and must hear of trouble. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #stopResume: () => void;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { env, transport, models, store, inspect, backoff = defaultBackoff } = options;
    this.#index = new LaneIndex(backoff.cap, (path) => transport.originOf?.(path) ?? '');
    this.#actor = createActor(engineMachine, { clock: envClock(env), ...(inspect && { inspect }) });
    this.#actor.subscribe(() => store.leadershipChanged(this.role, this.run));
    this.#connection = new Connection({
      env,
      backoff: probeBackoff,
      network: options.network ?? 'any',
      inspect,
      probe: (signal) => transport.probe([...models.values()], signal),
      onChange: (state) => this.#connectionChanged(state),
    });
    this.#lines = new Lines({
      ...{ env, inspect, refresh: transport.refresh },
      append: (row) => {
        this.#journal?.appendIf(() => [row]).catch((error) => this.#tell(error));
      },
      onChange: (origin, line) => this.#lineChanged(origin, line),
    });
    const shared = {
      ...{ env, transport, models, backoff, index: this.#index, lines: this.#lines },
      facts: () => this.#sequenced(),
      appendIf: (build: Parameters<Journal['appendIf']>[0]) =>
        this.#journal ? this.#journal.appendIf(build) : Promise.resolve(false),
      wireFailed: () => this.#connection.requestFailed(),
      wake: () => this.wake(),
    };
    this.#pusher = new Pusher({
      ...shared,
      onAttempts: store.attempts,
      onStorageError: (error) => this.#tell(error),
    });
    this.#puller = new Puller({
      ...shared,
      onProgress: store.progress,
      onEnd: (result) => this.#pullEnded(result),
      onMassDelete: (model, held) =>
        this.#options.events.emit({ type: 'massDeleteHeld', model, ...held }),
    });
    this.#stopResume = env.onResume(() => this.#resumed());
  }

  get role(): EngineRole {
    return this.#actor.getSnapshot().value.role;
  }

  get run(): EngineRun {
    const { run, moment } = this.#actor.getSnapshot().value;
    return moment === 'past' ? 'timeTravelling' : run;
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  get databaseId(): string | null {
    return this.#opened?.databaseId ?? null;
  }

  /**
   * Starts the machines and opens the storage. Resolves with the facts for the gate
   * (`getStoredState`); it never rejects and never makes facts up: while the storage fails the role
   * is `blocked`, and it is tried again.
   */
  async start(): Promise<Facts> {
    this.#actor.start();
    this.#actor.send({ type: 'started' });
    this.#connection.start();
    const opened = await this.#untilDone(() => open(this.#openingOptions()));
    if (this.isEnded) {
      await opened.connection.close();
      return new Promise(() => {});
    }
    this.#opened = opened;
    if (opened.lost !== null) {
      const { lost: known, databaseId: found } = opened;
      this.#options.events.emit({ type: 'dataLoss', known, found });
    }
    opened.remember();
    return opened.hydrated.facts;
  }

  /** `settledOrder` up to which everybody was told in an earlier life of the page. */
  get settledBefore(): number {
    return this.#opened?.hydrated.settledBefore ?? 0;
  }

  /** The store has the facts: from here on it may write. */
  hydrated(): void {
    const opened = this.#opened;
    if (!opened || this.role !== 'hydrating') return;
    this.#rebase(this.#options.store.state().sequenced);
    this.#checkpointed = opened.hydrated.checkpointed;
    for (const move of opened.hydrated.illegal) this.#illegal(move);
    for (const row of opened.hydrated.unreadable) this.#quarantined(row);
    this.#actor.send({ type: 'hydrated' });
    this.#elect();
  }

  /** A person's row is in the tail: make it durable. */
  write(row: PersonRow): void {
    if (this.role === 'readOnly') this.#options.onRejected([row], 'readOnly');
    else this.#journal?.append(row);
  }

  /** Something changed: do what may be done now. Calls of one task are one. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = Promise.resolve().then(() => {
      this.#waking = null;
      this.#work();
    });
  }

  pull(model: string, how?: PullOptions): Promise<PullResult> {
    return this.#puller.pull(model, how);
  }

  /** What a model's pulls can do besides: one record, one page, a person's word. */
  get pulls(): Puller {
    return this.#puller;
  }

  pause(): void {
    this.#actor.send({ type: 'pauseRequested' });
  }

  /** Goes on; after a jump of the DevTools the facts are read from disk again. */
  async resume(): Promise<void> {
    if (this.run === 'timeTravelling') await this.#reload();
    this.#actor.send({ type: 'resumeRequested' });
    this.#lines.resume();
    this.#connection.wake();
    this.wake();
  }

  /** Whether it was stopped, or is about to be; an engine has one life. */
  get isEnded(): boolean {
    return this.#ending !== null;
  }

  /**
   * Resolves when all that was dispatched so far is durable and stands in a checkpoint.
   * Rejects with StorageError as soon as the storage does not answer, with SyncError `notStarted`
   * or `readOnly` where this tab does not write.
   */
  async flush(): Promise<void> {
    let tell: (error: Error) => void = () => {};
    const trouble = new Promise<never>((_, reject) => {
      tell = reject;
    });
    trouble.catch(() => {});
    this.#waiting.add(tell);
    try {
      await Promise.race([this.#durable(), trouble]);
    } finally {
      this.#waiting.delete(tell);
    }
  }

  async #durable(): Promise<void> {
    if (this.#trouble) throw this.#trouble;
    await this.#settledRole();
    if (this.role !== 'leading') {
      const code = this.role === 'readOnly' ? 'readOnly' : 'notStarted';
      throw new SyncError(code, 'this tab does not write, so there is nothing that it could flush');
    }
    await this.#journal?.flush();
    await this.#checkpoint();
  }

  /** Waits while the tab is still finding out what it is. */
  async #settledRole(): Promise<void> {
    if (this.role !== 'hydrating' && this.role !== 'electing') return;
    await waitFor(this.#actor, ({ value }) => !['hydrating', 'electing'].includes(value.role));
  }

  /**
   * The page is shown again, maybe after a night: no timer can be trusted to have fired. What is due
   * goes now, and one pull of each model tells what others did, however often the platform says it.
   */
  #resumed(): void {
    const { env, models } = this.#options;
    const now = env.now();
    if (Math.abs(now - this.#askedAt) >= resumeRest) {
      this.#askedAt = now;
      this.#puller.want(models.keys());
    }
    this.#connection.wake();
    this.wake();
  }

  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#stopResume();
    this.#connection.stop();
    this.#pusher.stop();
    this.#puller.stop();
    this.#lines.stop();
    this.#clear('retry');
    this.#clear('reopen');
    this.#actor.send({ type: 'stopped' });
    if (!this.#trouble) await this.#within(stopDeadline, this.#journal?.flush());
    this.#journal?.close();
    await this.#checkpointing?.catch(() => {});
    this.#leaveQueue?.();
    this.#lock?.release();
    await this.#opened?.connection.close().catch(() => {});
    this.#actor.stop();
    const rest = valuesOf(this.#options.store.state().tail);
    if (rest.length > 0) this.#options.onRejected(rest, 'stopped');
    const ended = new SyncError('notStarted', 'this sync was stopped');
    for (const tell of this.#waiting) tell(ended);
  }

  /** A disk that hangs must not keep the next start waiting for ever. */
  async #within(deadline: number, work: Promise<unknown> | undefined): Promise<void> {
    const { env } = this.#options;
    let timer: TimerHandle | null = null;
    const end = new Promise<void>((resolve) => {
      timer = env.setTimer(deadline, resolve, 'stop');
    });
    await Promise.race([work, end]);
    if (timer !== null) env.clearTimer(timer);
  }

  #openingOptions() {
    const { env, storage, codec, name, models } = this.#options;
    return { env, storage, codec, name, models: [...models.keys()] };
  }

  /** Tries again until it works; while it does not the role is `blocked`. */
  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    const { env } = this.#options;
    for (;;) {
      try {
        const done = await work();
        if (this.#trouble) this.#recovered();
        return done;
      } catch (error) {
        // The stop has closed the connection under it: nobody waits for this any more.
        if (this.isEnded) return new Promise(() => {});
        this.#block(asStorageError(error));
        await new Promise<void>((resolve) => {
          this.#reopenTimer = env.setTimer(reopenDelay, resolve, 'reopen');
        });
        this.#actor.send({ type: 'storageRecovered' });
        if (this.#facts) this.#actor.send({ type: 'hydrated' });
      }
    }
  }

  #elect(): void {
    const { env, name } = this.#options;
    if (this.#lock) {
      this.#untilDone(() => this.#lead()).catch(env.report);
      return;
    }
    this.#leaveQueue = env.lock(`syncharts/${name}`, {
      held: (lock) => {
        this.#lock = lock;
        this.#granted().catch(env.report);
      },
      waiting: () => this.#yieldTo(),
    });
  }

  async #granted(): Promise<void> {
    if (this.role === 'readOnly') {
      // The other tab went: what it wrote since is on disk.
      this.#actor.send({ type: 'elected' });
      await this.#reload();
      this.#actor.send({ type: 'hydrated' });
    }
    await this.#untilDone(() => this.#lead());
  }

  async #lead(): Promise<void> {
    const { env, codec, writer, store, onRejected } = this.#options;
    const opened = this.#opened;
    if (!opened || this.role !== 'electing') return;
    const { connection } = opened;
    this.#fence = await takeLead(connection);
    const { head } = await connection.position();
    const [root] = await connection.readMeta([rootKey]);
    // Whoever led before may have written until the fence was raised.
    if (head !== this.#sequenced().head || root !== opened.hydrated.root) await this.#reload();
    this.#journal?.close();
    this.#journal = new Journal({
      ...{ env, connection, codec, writer },
      facts: () => this.#sequenced(),
      fence: () => this.#fence,
      onSequenced: (entries) => this.#fold(entries),
      onRejected,
      onTrouble: (error) => (error ? this.#block(error) : this.#recovered()),
      onFenced: () => this.#fenced(),
      onReplaced: () => this.#untilDone(() => this.#replaced()),
    });
    for (const row of valuesOf(store.state().tail)) this.#journal.append(row);
    this.#actor.send({ type: 'elected' });
    this.#lines.restore(this.#sequenced().origins);
    this.#askedAt = env.now();
    this.#puller.want(this.#options.models.keys());
    this.wake();
    await this.#sweep();
    // A clear that a crash cut short ends here: the bytes go now, not with some later checkpoint.
    if (this.#opened?.hydrated.isCleared) {
      await this.#checkpoint().catch((error) => this.#tell(error));
    }
  }

  /** No checkpoint is written meanwhile: its pages would be taken for orphans. */
  async #sweep(): Promise<void> {
    const end = () => {
      this.#checkpointing = null;
    };
    this.#checkpointing =
      this.#opened?.checkpointer.sweep().then(end, (error) => {
        end();
        throw error;
      }) ?? null;
    await this.#checkpointing;
  }

  /**
   * The site's data was cleared under the open page: what the new database has is the truth from
   * here on; the rest is told as lost, and pulled again as far as the server has it.
   */
  async #replaced(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    const { env, name, events, store } = this.#options;
    const { id, lost, remember } = await identify(env, opened.connection, name);
    this.#fence = await takeLead(opened.connection);
    const read = await readFacts(this.#openingOptions(), opened.connection);
    this.#opened = { ...opened, ...read, databaseId: id };
    events.emit({ type: 'dataLoss', known: lost ?? opened.databaseId, found: id });
    remember();
    store.checkpointLoaded(read.hydrated.facts);
    this.#rebase(read.hydrated.facts);
    this.#checkpointed = read.hydrated.checkpointed;
    this.#puller.want(this.#options.models.keys());
    this.wake();
  }

  /** Somebody else leads now: this tab shows and does not write. */
  #fenced(): void {
    this.#actor.send({ type: 'fenced' });
    this.#journal?.close();
    this.#journal = null;
    this.#yieldTo();
  }

  #yieldTo(): void {
    this.#actor.send({ type: 'lockHeld' });
    const rows = valuesOf(this.#options.store.state().tail);
    if (rows.length > 0) this.#options.onRejected(rows, 'readOnly');
  }

  /** Reads the facts from disk again; the tail stays. */
  async #reload(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    await this.#journal?.flush();
    // What is read must not be replaced by a checkpoint that this tab is still writing.
    await this.#checkpointing?.catch(() => {});
    const read = await this.#untilDone(() => readFacts(this.#openingOptions(), opened.connection));
    this.#opened = { ...opened, ...read };
    const { facts } = read.hydrated;
    this.#options.store.checkpointLoaded(facts);
    this.#rebase(facts);
    this.#checkpointed = read.hydrated.checkpointed;
  }

  #rebase(facts: Facts): void {
    this.#facts = facts;
    this.#index.rebuild(facts);
  }

  /** Entries are durable: they become facts, in order. */
  #fold(entries: readonly JournalEntry[]): void {
    const { store } = this.#options;
    if (!this.#isHere()) return;
    const before = store.state();
    store.sequenced(entries);
    const after = store.state();
    this.#facts = after.sequenced;
    const lanes = new Set<string>();
    for (const { row } of entries) {
      if (!row) continue;
      // A pull touches many records and no lane but those there are.
      if (row.type === 'pulled' && after.sequenced.lanes.size === 0) continue;
      for (const lane of lanesOfRow(row)) lanes.add(lane);
    }
    if (entries.some(({ row }) => row?.type === 'purged')) this.#index.rebuild(after.sequenced);
    else this.#index.update(after.sequenced, lanes);
    this.#pusher.touched(lanes);
    const known = before.ephemeral.illegal;
    for (const move of after.ephemeral.illegal) if (!known.includes(move)) this.#illegal(move);
    for (const entry of entries) {
      if (entry.row === null) this.#quarantined(entry);
    }
    // While one is written the next is not queued up: it would be written for every group of rows.
    const due = after.sequenced.head - this.#checkpointed >= checkpointRows;
    if (due && !this.#checkpointing) {
      this.#checkpoint().catch((error) => this.#tell(error));
    }
    this.wake();
  }

  #illegal(move: { type: string; sequence: number; reason: string }): void {
    const { type: rowType, sequence, reason } = move;
    this.#options.events.emit({ type: 'illegalRow', rowType, sequence, reason });
  }

  #quarantined({ sequence, reason }: UnreadableRow): void {
    this.#options.events.emit({ type: 'quarantined', sequence, reason });
  }

  #sequenced(): Facts {
    return this.#facts ?? this.#options.store.state().sequenced;
  }

  /** Whether the store shows the facts that the engine folded last; otherwise everything holds. */
  #isHere(): boolean {
    const shown = this.#options.store.state().sequenced;
    const here = this.#facts === null || sameMoment(shown, this.#facts);
    if (!here) this.#actor.send({ type: 'jumped' });
    else if (this.run === 'timeTravelling') {
      this.#actor.send({ type: 'returned' });
      // What became durable meanwhile was not folded, and what was due was not done.
      this.#journal?.resync();
      this.wake();
    }
    return here;
  }

  #work(): void {
    if (this.role !== 'leading' || !this.#isHere() || this.run !== 'running') return;
    if (this.#connection.state !== 'online') return;
    this.#pusher.work();
    this.#puller.work();
    this.#options.store.dependentChanged(this.#index.dependent);
    this.#clear('retry');
    const { nextRetryAt } = this.#index;
    if (nextRetryAt === null) return;
    const { env } = this.#options;
    const delay = Math.max(0, nextRetryAt - env.now());
    this.#retryTimer = env.setTimer(delay, () => this.wake(), 'retry');
  }

  async #checkpoint(): Promise<void> {
    while (this.#checkpointing) await this.#checkpointing;
    const facts = this.#sequenced();
    const opened = this.#opened;
    if (!opened || this.role !== 'leading' || !this.#isHere()) return;
    this.#checkpointing = opened.checkpointer.write(facts, this.#fence).then(
      (pages) => {
        this.#checkpointing = null;
        if (pages === null) this.#fenced();
        else this.#checkpointed = facts.head;
      },
      (error) => {
        this.#checkpointing = null;
        // The old checkpoint stands; the next is due after as many rows again.
        this.#checkpointed = facts.head;
        throw error;
      },
    );
    await this.#checkpointing;
  }

  #connectionChanged(state: ConnectionState): void {
    this.#options.store.connectionChanged(state);
    if (isAway(state)) this.#away = true;
    if (state !== 'online') return;
    // A probe that succeeds at once is no reconnection: what failed keeps its own backoff.
    if (this.#away) this.#puller.want(this.#options.models.keys());
    this.#away = false;
    this.wake();
  }

  #lineChanged(origin: string, line: LineFacts): void {
    const { store, events } = this.#options;
    store.lineChanged(origin, line);
    const { state, failure } = line;
    if (state === 'authRequired') events.emit({ type: 'authRequired', origin, failure });
    if (state === 'tripped') events.emit({ type: 'originTripped', origin, failure });
    // Where nothing waits to be sent, a pull tells whether the address is right again.
    if (state === 'trying') this.#puller.want(this.#options.models.keys());
    // Not at once: whoever sends is in the middle of his own work.
    this.wake();
  }

  #pullEnded({ status, model, items, deleted, failure }: PullResult): void {
    const { events } = this.#options;
    if (status === 'done') events.emit({ type: 'pulled', model, items, deleted });
    else if (failure) events.emit({ type: 'pullFailed', model, failure });
  }

  /** Storage does not answer: the engine holds until it does. Told once. */
  #block(error: StorageError): void {
    const known = this.#trouble?.code === error.code;
    this.#trouble = error;
    this.#actor.send({ type: 'storageFailed' });
    for (const tell of this.#waiting) tell(error);
    if (!known) this.#tell(error);
  }

  #tell(cause: unknown): void {
    const { code, message } = asStorageError(cause);
    this.#options.events.emit({ type: 'storageTrouble', code, message });
  }

  #recovered(): void {
    if (!this.#trouble) return;
    this.#trouble = undefined;
    this.#actor.send({ type: 'storageRecovered' });
    if (this.#journal) {
      // Nothing was lost in memory, and the fence tells if somebody else has led meanwhile.
      this.#actor.send({ type: 'hydrated' });
      this.#actor.send({ type: 'elected' });
    }
    this.#options.events.emit({ type: 'storageRecovered' });
    this.wake();
  }

  #clear(timer: 'retry' | 'reopen'): void {
    const handle = timer === 'retry' ? this.#retryTimer : this.#reopenTimer;
    if (handle !== null) this.#options.env.clearTimer(handle);
    if (timer === 'retry') this.#retryTimer = null;
    else this.#reopenTimer = null;
  }
}
