import { defaultBackoff } from '../../machines/backoff.ts';
import type { EngineRole, EngineRun } from '../../machines/engine.ts';
import type { Facts } from '../../store/facts.ts';
import { valuesOf } from '../../store/pages.ts';
import type { JournalEntry, PersonRow } from '../../store/rows/row.ts';
import type { ShelfState } from '../../store/slice.ts';
import { SyncError } from '../errors.ts';
import type { TimerHandle } from '../ports/env.ts';
import type { CallRequest } from '../ports/requests.ts';
import { asStorageError, type StorageError } from '../ports/storage.ts';
import type { EngineOptions } from './ground/engineOptions.ts';
import { Ground } from './ground/ground.ts';
import type { Opened } from './ground/opening.ts';
import { Room } from './ground/room.ts';
import { LaneIndex } from './lanes/laneIndex.ts';
import { type LeaderCall, readCall } from './lead/leaderCalls.ts';
import { Leadership } from './lead/leadership.ts';
import { LeaderWork } from './lead/leaderWork.ts';
import { Roles } from './lead/roles.ts';
import type { PullResult } from './pulls/puller.ts';
import type { FetchEnd, FetchQuery, OnceEnd } from './pulls/pullOnce.ts';
import type { PullOptions } from './pulls/pullRun.ts';
import { lanesNamedBy, withServerNames } from './records/references.ts';

/** ms that a stop waits for rows under way. */
const stopDeadline = 2_000;
/** ms until it is looked again whether DevTools still show another moment. */
const lookRest = 500;

/**
 * Brings facts and world together: opens and reads the storage, writes the journal, and, in the tab
 * that leads, seals, sends, pulls and checkpoints. It holds no fact: it decides on `sequenced` alone
 * and changes it only by rows.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #roles: Roles;
  readonly #ground: Ground;
  readonly #index: LaneIndex;
  readonly #leadership: Leadership;
  readonly #work: LeaderWork;
  #lookTimer: TimerHandle | null = null;
  #waking: Promise<void> | null = null;
  readonly #room: Room;
  #ending: Promise<void> | null = null;
  readonly #stopListening: () => void;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { env, transport, models, store, inspect, backoff = defaultBackoff } = options;
    const wake = () => this.wake();
    const onStorageError = (error: unknown) => this.#tell(error);
    const originOf = (path: string) => transport.originOf?.(path) ?? '';
    this.#index = new LaneIndex(backoff.cap, originOf, (model) => models.has(model));
    this.#room = new Room({ env, onRoom: store.roomMeasured });
    const roles = new Roles(env, inspect, () => store.leadershipChanged(this.role, this.run));
    const ground = new Ground({
      ...options,
      models: [...models.keys()],
      ...{ state: store.state, sequenced: store.sequenced },
      checkpointLoaded: store.checkpointLoaded,
      onRejected: (rows, error) => {
        options.onRejected(rows, error);
        this.#met(error);
      },
      renamed: (model, record, names) =>
        withServerNames(record, models.get(model)?.references ?? {}, names),
      namedBy: (row) => lanesNamedBy(row, (model) => models.get(model)?.references),
      isHere: () => this.#isHere(),
      onTouched: (facts, lanes) => this.#touched(facts, lanes),
      onFolded: (before, entries) => this.#folded(before, entries),
      onShelf: (state, error) => this.#shelfChanged(state, error),
      onStorageError,
      onAppended: (head) => this.#leadership.appended(head),
      onFenced: () => this.#leadership.fenced(),
      onReread: () => this.wake(),
      onReplaced: () => this.#leadership.replaced(),
      onFailed: (error, isNews) => {
        roles.send('storageFailed');
        if (isNews) this.#tell(error);
      },
      onRecovered: () => this.#recovered(),
    });
    this.#roles = roles;
    this.#ground = ground;
    this.#leadership = new Leadership({
      ...options,
      ...{ backoff, index: this.#index, roles, ground, onStorageError, wake },
      perform: (call) => this.#work.perform(readCall(call)),
    });
    this.#work = new LeaderWork({
      ground,
      duty: () => this.#leadership.duty,
      isPast: () => this.run === 'timeTravelling',
      pause: () => this.pause(),
      resume: () => this.resume(),
    });
    const stopResume = env.onResume(() => {
      this.#leadership.shown();
      this.wake();
    });
    const stopLife = env.onPageLife((change) => {
      if (change === 'frozen') this.#leadership.freeze();
      else this.#leadership.thaw();
    });
    this.#stopListening = () => {
      stopResume();
      stopLife();
    };
  }

  get role(): EngineRole {
    return this.#roles.role;
  }

  get run(): EngineRun {
    return this.#roles.run;
  }

  get databaseId(): string | null {
    return this.#ground.opened?.identity.id ?? null;
  }

  /**
   * Starts the machines and opens the storage. Resolves with the facts for the gate
   * (`getStoredState`); it never rejects and never makes facts up: while the storage fails the role
   * is `blocked`, and it is tried again.
   */
  async start(): Promise<Facts> {
    this.#roles.start();
    this.#roles.send('started');
    this.#leadership.start();
    const opened = await this.#ground.open();
    if (this.isEnded) {
      await this.#ground.end();
      return new Promise(() => {});
    }
    this.#ground.tellIdentity(opened.identity);
    return opened.facts;
  }

  /** `settledOrder` up to which everybody was told in an earlier life of the page. */
  get settledBefore(): number {
    return this.#ground.opened?.reading.settledBefore ?? 0;
  }

  /**
   * The number of this tab's last act that may be called saved, as far as the second shelf has a say in
   * it; without end where it has none.
   */
  get keptThrough(): number {
    return this.#ground.keptThrough;
  }

  /** The store has the facts: from here on it may write. */
  hydrated(): void {
    const { opened } = this.#ground;
    if (!opened || this.role !== 'hydrating') return;
    if (opened.isShort) this.#beginWhole(opened).catch(this.#options.env.report);
    else this.#begin(opened);
  }

  #begin(opened: Opened): void {
    this.#ground.begin(opened);
    this.#room.measure().catch(this.#options.env.report);
    this.#roles.send('hydrated');
    this.#leadership.stand();
  }

  /** Nothing is written before the database has what the second shelf alone has. */
  async #beginWhole(opened: Opened): Promise<void> {
    const whole = await this.#ground.openWhole(opened);
    if (this.isEnded) await this.#ground.end();
    else this.#begin(whole);
  }

  /** A person's row is in the tail: make it durable. */
  write(row: PersonRow): void {
    if (this.role === 'readOnly') this.#options.onRejected([row], 'readOnly');
    else {
      this.#ground.write(row);
      this.#room.plead();
    }
  }

  /** Something changed: do what may be done now. Calls of one task are one. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = Promise.resolve().then(() => {
      this.#waking = null;
      if (this.#leadership.isLeading && this.#isHere() && this.run === 'running') {
        this.#leadership.duty?.work();
      }
    });
  }

  /** Pulls a model, here or in the tab that leads. */
  pull(model: string, how: PullOptions = {}): Promise<PullResult> {
    return this.#call<PullResult>({ verb: 'pull', model, how });
  }

  /** Reads one record, by its key or the server's id. */
  pullRecord(model: string, id: string, request?: CallRequest): Promise<OnceEnd> {
    return this.#call<OnceEnd>({ verb: 'read', model, id, ...(request && { request }) });
  }

  /** Asks for one page of the server's list; moves no cursor. */
  fetch(model: string, query: FetchQuery): Promise<FetchEnd> {
    return this.#call<FetchEnd>({ verb: 'fetch', model, query });
  }

  /** What a person says to the removals that are held, and a pull that acts on it. */
  decide(model: string, verdict: 'approve' | 'decline'): Promise<PullResult> {
    return this.#call<PullResult>({ verb: 'decide', model, verdict });
  }

  /** Asks for a pull as soon as it may be, where this tab leads. */
  want(model: string): void {
    this.#leadership.duty?.puller.want([model]);
    this.wake();
  }

  /** Whether the transport could make no request of a lane, as far as this tab knows. */
  isUnsealable(lane: string): boolean {
    return this.#index.isSetAside(lane);
  }

  /** Holds the network of all tabs. */
  pause(): void {
    this.#roles.send('pauseRequested');
    this.#leadership.changed();
    this.#roles
      .known()
      .then(() => this.#mustAsk && this.#leadership.ask({ verb: 'pause' }))
      // Stopped before anybody has heard of it.
      .catch(() => {});
  }

  /** Goes on, in all tabs; after a jump of the DevTools the facts are read from disk again. */
  async resume(): Promise<void> {
    if (!this.#isHere()) await this.#ground.reload();
    this.#roles.send('resumeRequested');
    this.#leadership.resumed();
    this.wake();
    await this.#roles.known();
    if (this.#mustAsk) await this.#leadership.ask({ verb: 'resume' });
  }

  /** Whether it was stopped, or is about to be; an engine has one life. */
  get isEnded(): boolean {
    return this.#ending !== null;
  }

  /** Resolves when this tab has folded what the others have written. */
  readOn(): Promise<void> {
    return this.#ground.trouble.orFails(() => this.#ground.readOn());
  }

  /**
   * Resolves when all that was dispatched so far is durable and stands in a checkpoint, which the
   * tab that leads writes. Rejects with StorageError as soon as the storage does not answer or has no
   * room for what is to be told to the second shelf, with
   * SyncError `notStarted` or `readOnly` where this tab does not write.
   */
  flush(): Promise<void> {
    return this.#ground.trouble.orFails(async () => {
      let isDone = false;
      // The lead may go to another tab meanwhile.
      while (!isDone) {
        await this.#roles.known();
        this.#refuseUnwritten();
        const { current } = this.#ground.trouble;
        if (current) throw current;
        this.#ground.refuseFull();
        await this.#ground.written();
        await this.#ground.shelfSettled();
        isDone = await this.#call<boolean>({ verb: 'checkpoint' });
        if (!isDone) await this.#options.env.breathe();
      }
    });
  }

  #refuseUnwritten(): void {
    const { role } = this;
    if (role !== 'stopped' && role !== 'readOnly') return;
    const code = role === 'readOnly' ? 'readOnly' : 'notStarted';
    const why = 'this tab does not write, so there is nothing that it could flush';
    throw new SyncError(code, why);
  }

  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#stopListening();
    this.#leadership.rest();
    if (this.#lookTimer !== null) this.#options.env.clearTimer(this.#lookTimer);
    this.#roles.send('stopped');
    const { trouble } = this.#ground;
    const isStuck = trouble.current !== undefined;
    const ended = new SyncError('notStarted', 'this sync was stopped');
    trouble.end(ended);
    await this.#ground.close((work) => (isStuck ? Promise.resolve() : this.#within(work)));
    this.#leadership.end(ended);
    await this.#ground.end();
    this.#roles.stop();
    const rest = valuesOf(this.#options.store.state().tail);
    if (rest.length > 0) this.#options.onRejected(rest, 'stopped');
  }

  /** A disk that hangs must not keep the next start waiting for ever. */
  async #within(work: Promise<unknown>): Promise<void> {
    const { env } = this.#options;
    let timer: TimerHandle | null = null;
    const end = new Promise<void>((resolve) => {
      timer = env.setTimer(stopDeadline, resolve, 'stop');
    });
    await Promise.race([work, end]);
    if (timer !== null) env.clearTimer(timer);
  }

  /** Whether what needs the network is another tab's to do. */
  get #mustAsk(): boolean {
    return this.role === 'following' || this.role === 'frozen';
  }

  /** Does it here, or has it done by the tab that leads. What comes back was made by `LeaderWork`. */
  async #call<Result>(call: LeaderCall): Promise<Result> {
    await this.#roles.known();
    const done = this.#mustAsk ? this.#leadership.ask(call) : this.#work.perform(call);
    return (await done) as Result;
  }

  #folded(before: Facts, entries: readonly JournalEntry[]): void {
    const { writer } = this.#options;
    this.#leadership.duty?.puller.folded(before, this.#ground.facts, entries);
    // Another tab has cleared: the bytes go, also if it does not live to ask for it.
    const isCleared = entries.some(
      ({ row }) => row?.type === 'purged' && row.actionId.writer !== writer,
    );
    if (this.#ground.isCheckpointDue || (isCleared && this.#leadership.isLeading)) {
      this.#checkpoint();
    }
    this.wake();
  }

  #checkpoint(): void {
    const written = this.#ground.checkpoint().then(() => this.#room.measure());
    written.catch((error) => this.#tell(error));
  }

  /** The index is the leader's: a tab that comes to lead builds it anew. */
  #touched(facts: Facts, lanes: ReadonlySet<string> | null): void {
    if (this.#ground.fence === null) return;
    if (lanes) this.#index.update(facts, lanes);
    else this.#index.rebuild(facts);
    this.#leadership.touched(facts, lanes);
  }

  /** Whether the store shows the facts that the engine folded last; otherwise everything holds. */
  #isHere(): boolean {
    const here = this.#ground.isShown;
    if (!here) {
      // Said once: what the store shows does not take it in, and would be told for ever.
      if (this.run !== 'timeTravelling') this.#roles.send('jumped');
      this.#lookAgain();
    } else if (this.run === 'timeTravelling') {
      this.#roles.send('returned');
      // What became durable meanwhile was not folded, and what was due was not done.
      this.#ground.readOn().catch(this.#options.env.report);
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
        this.#isHere();
      },
      'moment',
    );
  }

  #shelfChanged(state: ShelfState, error: StorageError | null): void {
    const { store, events } = this.#options;
    store.shelfChanged(state);
    this.wake();
    if (this.#ground.isCheckpointDue) this.#checkpoint();
    if (error) events.emit({ type: 'shelfFailed', code: error.code, message: error.message });
  }

  #tell(cause: unknown): void {
    const error = asStorageError(cause);
    const { code, message } = error;
    this.#options.events.emit({ type: 'storageTrouble', code, message });
    this.#met(error);
  }

  /** A newer build has moved the database on while this page was open: it shows, and writes no more. */
  #met({ code }: StorageError): void {
    if (code !== 'newerSchema' || !this.#ground.isRead || this.role === 'readOnly') return;
    this.#leadership.outdated();
    const rest = valuesOf(this.#options.store.state().tail);
    if (rest.length > 0) this.#options.onRejected(rest, 'readOnly');
  }

  #recovered(): void {
    this.#roles.send('storageRecovered');
    if (this.#ground.isRead) {
      this.#roles.send('hydrated');
      this.#leadership.recovered();
    }
    this.#options.events.emit({ type: 'storageRecovered' });
    this.wake();
  }
}
