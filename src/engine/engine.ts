import { type Backoff, defaultBackoff } from '../../machines/backoff.ts';
import type { ConnectionState } from '../../machines/connection.ts';
import type { EngineRole, EngineRun } from '../../machines/engine.ts';
import type { NetworkRequirement } from '../../machines/network.ts';
import type { Explanation } from '../../store/explanation.ts';
import { emptyFacts, type Facts } from '../../store/facts.ts';
import { valuesOf } from '../../store/pages.ts';
import type { JournalEntry, PersonRow } from '../../store/rows/row.ts';
import type { LineFacts, PullProgress, ShelfState, SyncState } from '../../store/slice.ts';
import { SyncError } from '../errors.ts';
import type { SyncEvents } from '../events.ts';
import { rootKey } from '../journal/checkpointer.ts';
import { type Identity, identify } from '../journal/identity.ts';
import { Journal } from '../journal/journal.ts';
import type { Codec } from '../ports/codec.ts';
import type { Env, HeldLock, TimerHandle } from '../ports/env.ts';
import type { Shelf, ShelfConnection } from '../ports/shelf.ts';
import { asStorageError, type Storage, type StorageError } from '../ports/storage.ts';
import type { Transport } from '../ports/transport.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Inspect } from './connection.ts';
import { Duty } from './duty.ts';
import { FoldedFacts } from './foldedFacts.ts';
import { LaneIndex } from './laneIndex.ts';
import type { EngineModels } from './models.ts';
import { type Opened, open, readFacts, takeLead } from './opening.ts';
import type { Puller, PullResult } from './puller.ts';
import type { PullOptions } from './pullRun.ts';
import { Roles } from './roles.ts';
import { SecondShelf } from './secondShelf.ts';
import { StorageTrouble } from './storageTrouble.ts';
import { defaultStuckAfter, Watchdog } from './watchdog.ts';

/** ms that a stop waits for rows under way. */
const stopDeadline = 2_000;
/** ms until it is looked again whether DevTools still show another moment. */
const lookRest = 500;

/** What the engine tells the store; made into actions by whoever wires the two. */
export interface EngineStore {
  readonly state: () => SyncState;
  readonly sequenced: (entries: readonly JournalEntry[]) => void;
  readonly tailRejected: (counts: readonly number[]) => void;
  readonly checkpointLoaded: (facts: Facts) => void;
  readonly connectionChanged: (state: ConnectionState) => void;
  readonly leadershipChanged: (role: EngineRole, run: EngineRun) => void;
  readonly lineChanged: (origin: string, line: LineFacts) => void;
  readonly shelfChanged: (state: ShelfState) => void;
  readonly dependentChanged: (count: number) => void;
  readonly attempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly progress: (model: string, progress: PullProgress) => void;
}

export interface EngineOptions {
  readonly env: Env;
  readonly name: string;
  readonly storage: Storage;
  /** Null: there is none. */
  readonly shelf: Shelf | null;
  readonly durability: 'double' | 'single';
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
  /** ms that a record may wait for anything but a person. */
  readonly stuckAfter?: number | undefined;
  readonly explain: (model: string, recordId: string) => Explanation;
}

/**
 * Brings facts and world together: opens and reads the storage, takes the lead, writes the journal,
 * seals, sends, pulls, checkpoints. It holds no fact: it decides on `sequenced` alone and changes it
 * only by rows.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #roles: Roles;
  readonly #trouble: StorageTrouble;
  readonly #folded: FoldedFacts;
  readonly #checkpoints: Checkpoints;
  readonly #index: LaneIndex;
  readonly #duty: Duty;
  readonly #watchdog: Watchdog;
  readonly #shelf: SecondShelf;
  #opened: Opened | null = null;
  #journal: Journal | null = null;
  #lock: HeldLock | null = null;
  #leaveQueue: (() => void) | null = null;
  #fence = 0;
  #lookTimer: TimerHandle | null = null;
  #waking: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  readonly #stopResume: () => void;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { env, transport, models, store, events, inspect, backoff = defaultBackoff } = options;
    const originOf = (path: string) => transport.originOf?.(path) ?? '';
    this.#index = new LaneIndex(backoff.cap, originOf, (model) => models.has(model));
    this.#roles = new Roles(env, inspect, () => store.leadershipChanged(this.role, this.run));
    this.#trouble = new StorageTrouble({
      env,
      onFailed: (error, isNews) => {
        this.#roles.send('storageFailed');
        if (isNews) this.#tell(error);
      },
      onRecovered: () => this.#recovered(),
    });
    this.#folded = new FoldedFacts({
      ...{ state: store.state, sequenced: store.sequenced, events },
      onTouched: (facts, lanes) => this.#touched(facts, lanes),
    });
    this.#checkpoints = new Checkpoints({
      fence: () => this.#fence,
      onFenced: () => this.#fenced(),
    });
    this.#watchdog = new Watchdog({
      ...{ env, budget: options.stuckAfter ?? defaultStuckAfter, explain: options.explain },
      onStuck: (stuck) => events.emit({ type: 'stuck', ...stuck }),
    });
    this.#duty = new Duty({
      ...{ env, transport, models, backoff, index: this.#index, inspect },
      network: options.network,
      facts: () => this.#folded.facts,
      appendIf: (...rows: Parameters<Journal['appendIf']>) =>
        this.#journal?.appendIf(...rows) ?? Promise.resolve(false),
      onConnection: (state) => {
        store.connectionChanged(state);
        if (state === 'online') this.#watchdog.released();
      },
      onLine: (origin, line) => this.#lineChanged(origin, line),
      onAttempts: store.attempts,
      onDependent: store.dependentChanged,
      onProgress: store.progress,
      onPullEnd: (result) => this.#pullEnded(result),
      onMassDelete: (model, held) => events.emit({ type: 'massDeleteHeld', model, ...held }),
      onStorageError: (error) => this.#tell(error),
      wake: () => this.wake(),
    });
    this.#shelf = new SecondShelf({
      ...{ env, codec: options.codec, name: options.name, writer: options.writer },
      ...{ shelf: options.shelf, durability: options.durability },
      facts: () => (this.#folded.isRead ? this.#folded.facts : this.#readFacts()),
      onState: (state, error) => this.#shelfChanged(state, error),
    });
    this.#stopResume = env.onResume(() => {
      this.#duty.shown();
      this.wake();
    });
  }

  get role(): EngineRole {
    return this.#roles.role;
  }

  get run(): EngineRun {
    return this.#roles.run;
  }

  get connection(): ConnectionState {
    return this.#duty.connection;
  }

  get databaseId(): string | null {
    return this.#opened?.identity.id ?? null;
  }

  /**
   * Starts the machines and opens the storage. Resolves with the facts for the gate
   * (`getStoredState`); it never rejects and never makes facts up: while the storage fails the role
   * is `blocked`, and it is tried again.
   */
  async start(): Promise<Facts> {
    this.#roles.start();
    this.#roles.send('started');
    this.#duty.start();
    const shelf = await this.#shelf.open();
    const opened = await this.#trouble.untilDone(() => open(this.#openingOptions(shelf)));
    this.#opened = opened;
    await this.#shelf.begin(opened.identity, opened.connection);
    if (this.isEnded) {
      await opened.connection.close();
      await this.#shelf.close();
      return new Promise(() => {});
    }
    this.#tellIdentity(opened.identity);
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
    this.#folded.replace(this.#options.store.state().sequenced);
    this.#checkpoints.read(opened.checkpointer, opened.schedule, opened.hydrated.checkpointed);
    this.#folded.tell(opened.hydrated.illegal, opened.hydrated.unreadable);
    this.#roles.send('hydrated');
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
      if (this.role === 'leading' && this.#isHere() && this.run === 'running') this.#duty.work();
    });
  }

  pull(model: string, how?: PullOptions): Promise<PullResult> {
    return this.pulls.pull(model, how);
  }

  /** What a model's pulls can do besides: one record, one page, a person's word. */
  get pulls(): Puller {
    return this.#duty.puller;
  }

  /** Whether the transport could make no request of a lane. */
  isUnsealable(lane: string): boolean {
    return this.#index.isSetAside(lane);
  }

  pause(): void {
    this.#roles.send('pauseRequested');
  }

  /** Goes on; after a jump of the DevTools the facts are read from disk again. */
  async resume(): Promise<void> {
    if (!this.#isHere()) await this.#reload();
    this.#roles.send('resumeRequested');
    // A reset of the DevTools took what this page has said of itself, too.
    this.#options.store.connectionChanged(this.connection);
    this.#duty.resume();
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
  flush(): Promise<void> {
    return this.#trouble.orFails(async () => {
      await this.#roles.known();
      if (this.role !== 'leading') {
        const code = this.role === 'readOnly' ? 'readOnly' : 'notStarted';
        const why = 'this tab does not write, so there is nothing that it could flush';
        throw new SyncError(code, why);
      }
      await this.#journal?.flush();
      await this.#checkpoint();
    });
  }

  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#stopResume();
    this.#duty.stop();
    this.#watchdog.stop();
    if (this.#lookTimer !== null) this.#options.env.clearTimer(this.#lookTimer);
    this.#roles.send('stopped');
    const isStuck = this.#trouble.current !== undefined;
    this.#trouble.end(new SyncError('notStarted', 'this sync was stopped'));
    if (!isStuck) await this.#within(stopDeadline, this.#journal?.flush());
    this.#journal?.close();
    await this.#checkpoints.idle();
    this.#leaveQueue?.();
    this.#lock?.release();
    await this.#opened?.connection.close().catch(() => {});
    await this.#shelf.close();
    this.#roles.stop();
    const rest = valuesOf(this.#options.store.state().tail);
    if (rest.length > 0) this.#options.onRejected(rest, 'stopped');
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

  #openingOptions(shelf: ShelfConnection | null = null) {
    const { env, storage, codec, name, models } = this.#options;
    return { env, storage, codec, name, models: [...models.keys()], shelf };
  }

  /** A loss is told, with what came back; then it is known outside that this is the database. */
  #tellIdentity({ id, lost, recovered, unreadable, shelf, remember }: Identity): void {
    const { events } = this.#options;
    if (lost !== null) {
      events.emit({ type: 'dataLoss', known: lost, found: id, recovered, unreadable });
    }
    if (shelf === 'missing') events.emit({ type: 'shelfLost' });
    remember().catch((error) => this.#tell(error));
  }

  #elect(): void {
    const { env, name } = this.#options;
    if (this.#lock) {
      this.#lead().catch(env.report);
      return;
    }
    const on = {
      held: (lock: HeldLock) => {
        this.#lock = lock;
        this.#granted().catch(env.report);
      },
      waiting: () => this.#yieldTo(),
      lost: () => this.#fenced(),
    };
    if (env.lock) this.#leaveQueue = env.lock(`syncharts/${name}`, on);
    else on.held({ release: () => {} });
  }

  async #granted(): Promise<void> {
    if (this.role === 'readOnly') {
      // The other tab went: what it wrote since is on disk.
      this.#roles.send('elected');
      await this.#reload();
      this.#roles.send('hydrated');
    }
    await this.#lead();
  }

  async #lead(): Promise<void> {
    const { env, codec, writer, store, onRejected } = this.#options;
    const opened = this.#opened;
    if (!opened || this.role !== 'electing') return;
    const { connection } = opened;
    const { fence, head, root } = await this.#trouble.untilDone(async () => {
      const taken = await takeLead(connection);
      const position = await connection.position();
      const [stored] = await connection.readMeta([rootKey]);
      return { fence: taken, head: position.head, root: stored };
    });
    if (this.isEnded) return;
    this.#fence = fence;
    // Whoever led before may have written until the fence was raised.
    if (head !== this.#folded.facts.head || root !== opened.hydrated.root) await this.#reload();
    this.#journal?.close();
    this.#journal = new Journal({
      ...{ env, connection, codec, writer },
      facts: () => this.#folded.facts,
      fence: () => this.#fence,
      keep: (entries, isOwn) => this.#shelf.keep(this.#folded.facts, entries, isOwn),
      onSequenced: (entries) => this.#fold(entries),
      onRejected,
      onTrouble: (error) => (error ? this.#trouble.failed(error) : this.#trouble.recovered()),
      onFenced: () => this.#fenced(),
      onReplaced: () => this.#trouble.untilDone(() => this.#replaced()),
    });
    for (const row of valuesOf(store.state().tail)) this.#journal.append(row);
    await this.#shelf.lead();
    if (this.isEnded) return;
    this.#roles.send('elected');
    this.#watchdog.rebuild(this.#folded.facts);
    this.#duty.begin(this.#folded.facts.origins);
    this.wake();
    // A clear that a crash cut short ends here: the bytes go now, not with some later checkpoint.
    await this.#checkpointIfDue(this.#opened?.hydrated.isCleared);
    await this.#checkpoints.sweep().catch((error) => this.#tell(error));
    // What became due meanwhile is not left to the next row: there may be none.
    await this.#checkpointIfDue();
  }

  async #checkpointIfDue(isDue = false): Promise<void> {
    if (!isDue && !this.#checkpoints.isDue(this.#folded.facts.head)) return;
    await this.#checkpoint().catch((error) => this.#tell(error));
  }

  /**
   * The site's data was cleared under the open page: what the new database has is the truth from
   * here on; the rest is told as lost, and pulled again as far as the server has it.
   */
  async #replaced(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    const { env, name, codec } = this.#options;
    const { connection } = opened;
    await this.#shelf.close();
    const shelf = await this.#shelf.open();
    const identity = await identify({ env, connection, shelf, codec, name });
    this.#fence = await takeLead(connection);
    const read = await readFacts(this.#openingOptions(), connection);
    this.#tellIdentity({ ...identity, lost: identity.lost ?? opened.identity.id });
    this.#adopt({ ...opened, ...read, identity });
    await this.#shelf.begin(identity, connection);
    this.#duty.wantAll();
    this.wake();
  }

  /** Somebody else leads now: this tab shows and does not write. */
  #fenced(): void {
    this.#roles.send('fenced');
    this.#watchdog.stop();
    this.#journal?.close();
    this.#journal = null;
    this.#yieldTo();
  }

  #yieldTo(): void {
    this.#roles.send('lockHeld');
    const rows = valuesOf(this.#options.store.state().tail);
    if (rows.length > 0) this.#options.onRejected(rows, 'readOnly');
  }

  /** Reads the facts from disk again; the tail stays. */
  async #reload(): Promise<void> {
    const opened = this.#opened;
    if (!opened) return;
    await this.#journal?.flush();
    // What is read must not be replaced by a checkpoint that this tab is still writing.
    await this.#checkpoints.idle();
    const read = await this.#trouble.untilDone(() =>
      readFacts(this.#openingOptions(), opened.connection),
    );
    this.#adopt({ ...opened, ...read });
  }

  /** What was read from disk takes the place of what was known. */
  #adopt(opened: Opened): void {
    this.#opened = opened;
    const { facts, checkpointed } = opened.hydrated;
    this.#options.store.checkpointLoaded(facts);
    this.#folded.replace(facts);
    this.#checkpoints.read(opened.checkpointer, opened.schedule, checkpointed);
  }

  #fold(entries: readonly JournalEntry[]): void {
    if (!this.#isHere()) return;
    const before = this.#folded.facts;
    this.#folded.fold(entries);
    this.#duty.puller.folded(before, this.#folded.facts, entries);
    this.#shelf.folded(entries, this.role === 'leading' ? 'leading' : 'following');
    void this.#checkpointIfDue();
    this.wake();
  }

  #touched(facts: Facts, lanes: ReadonlySet<string> | null): void {
    if (lanes) this.#index.update(facts, lanes);
    else this.#index.rebuild(facts);
    if (lanes) this.#watchdog.update(facts, lanes);
    else if (this.role === 'leading') this.#watchdog.rebuild(facts);
  }

  /** Whether the store shows the facts that the engine folded last; otherwise everything holds. */
  #isHere(): boolean {
    const here = this.#folded.isShown;
    if (!here) {
      // Said once: what the store shows does not take it in, and would be told for ever.
      if (this.run !== 'timeTravelling') this.#roles.send('jumped');
      this.#lookAgain();
    } else if (this.run === 'timeTravelling') {
      this.#roles.send('returned');
      // What became durable meanwhile was not folded, and what was due was not done.
      this.#journal?.resync();
      this.wake();
    }
    return here;
  }

  /** DevTools come back without a word: nothing of theirs passes the middleware. */
  #lookAgain(): void {
    const { env } = this.#options;
    this.#lookTimer ??= env.setTimer(
      lookRest,
      () => {
        this.#lookTimer = null;
        this.wake();
      },
      'moment',
    );
  }

  #checkpoint(): Promise<void> {
    return this.#checkpoints.write(() =>
      this.role === 'leading' && this.#isHere() ? this.#folded.facts : null,
    );
  }

  #lineChanged(origin: string, line: LineFacts): void {
    const { store, events } = this.#options;
    store.lineChanged(origin, line);
    const { state, failure } = line;
    if (state === 'authRequired') events.emit({ type: 'authRequired', origin, failure });
    if (state === 'open' || state === 'renewed') this.#watchdog.released(origin);
    if (state === 'tripped') events.emit({ type: 'originTripped', origin, failure });
  }

  /** As they were read, before the store has them. */
  #readFacts(): Facts {
    return this.#opened?.hydrated.facts ?? emptyFacts([]);
  }

  #shelfChanged(state: ShelfState, error: StorageError | null): void {
    const { store, events } = this.#options;
    store.shelfChanged(state);
    if (error) events.emit({ type: 'shelfFailed', code: error.code, message: error.message });
  }

  #pullEnded({ status, model, items, deleted, failure }: PullResult): void {
    const { events } = this.#options;
    if (status === 'done') events.emit({ type: 'pulled', model, items, deleted });
    else if (failure) events.emit({ type: 'pullFailed', model, failure });
  }

  #tell(cause: unknown): void {
    const { code, message } = asStorageError(cause);
    this.#options.events.emit({ type: 'storageTrouble', code, message });
  }

  #recovered(): void {
    this.#roles.send('storageRecovered');
    if (this.#folded.isRead) this.#roles.send('hydrated');
    // Nothing was lost in memory, and the fence tells if somebody else has led meanwhile.
    if (this.#journal) this.#roles.send('elected');
    this.#options.events.emit({ type: 'storageRecovered' });
    this.#watchdog.released();
    this.wake();
  }
}
