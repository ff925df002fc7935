import type { Backoff } from '../../../machines/backoff.ts';
import type { ConnectionState } from '../../../machines/connection.ts';
import type { NetworkRequirement } from '../../../machines/network.ts';
import type { Facts, OriginPause } from '../../../store/facts.ts';
import type { LineFacts, PullProgress } from '../../../store/slice.ts';
import type { EngineDraft, RowBuilder } from '../../journal/engineQueue.ts';
import type { Env, TimerHandle } from '../../ports/env.ts';
import type { Transport } from '../../ports/transport.ts';
import type { LaneIndex } from '../lanes/laneIndex.ts';
import type { HeldRemovals } from '../pulls/massDeleteGuard.ts';
import { Puller, type PullResult } from '../pulls/puller.ts';
import { SalvagedReads } from '../pulls/salvagedReads.ts';
import { VersionReads } from '../pulls/versionReads.ts';
import type { EngineModels } from '../records/models.ts';
import { Pusher } from '../sending/pusher.ts';
import { Connection, type Inspect, isAway } from '../wire/connection.ts';
import { Lines } from '../wire/lines.ts';

/** A probe is cheap, and people wait for it: the connection's waits end at 30 s. */
const probeBackoff: Backoff = { base: 1_000, factor: 2, cap: 30_000 };
/** ms after which a page that is shown again asks what others did meanwhile. */
const resumeRest = 60_000;

export interface DutyOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly models: EngineModels;
  readonly backoff: Backoff;
  readonly index: LaneIndex;
  readonly inspect?: Inspect | undefined;
  readonly network?: NetworkRequirement | undefined;
  readonly facts: () => Facts;
  readonly appendIf: (build: RowBuilder, patience?: number) => Promise<boolean>;
  readonly onConnection: (state: ConnectionState) => void;
  readonly onLine: (origin: string, line: LineFacts) => void;
  readonly onAttempts: (change: 'started' | 'ended', lanes: readonly string[]) => void;
  readonly onDependent: (count: number) => void;
  readonly onProgress: (model: string, progress: PullProgress) => void;
  readonly onPullEnd: (result: PullResult) => void;
  readonly onMassDelete: (model: string, held: HeldRemovals) => void;
  readonly onStorageError: (error: unknown) => void;
  /** Whether what is sealed and sent stands on the second shelf too, where it has to. */
  readonly mayLeave: () => boolean;
  /** Asks for `work`, soon. */
  readonly wake: () => void;
}

/** What a leader does with the network: it seals, sends and pulls, over lines that it watches. */
export class Duty {
  readonly #options: DutyOptions;
  readonly #connection: Connection;
  readonly #lines: Lines;
  readonly #pusher: Pusher;
  readonly puller: Puller;
  readonly #salvaged: SalvagedReads;
  readonly #versions: VersionReads;
  #away = true;
  /** When pulls of all models were last asked for (this device's clock). */
  #askedAt = 0;
  #retryTimer: TimerHandle | null = null;

  constructor(options: DutyOptions) {
    this.#options = options;
    const { env, transport, inspect, appendIf, onStorageError } = options;
    this.#connection = new Connection({
      ...{ env, inspect, backoff: probeBackoff, network: options.network ?? 'any' },
      probe: (signal) => this.#probe(signal),
      onChange: (state) => this.#connectionChanged(state),
    });
    this.#lines = new Lines({
      ...{ env, inspect, refresh: transport.refresh },
      append: (row: EngineDraft) => void appendIf(() => [row]).catch(onStorageError),
      onChange: (origin, line) => this.#lineChanged(origin, line),
    });
    this.#versions = new VersionReads({
      ...{ env, facts: options.facts },
      mayRead: (model) => this.#mayRead(model),
      read: (model, recordId) => this.puller.pullRecord(model, recordId),
      release: (lanes) => {
        options.index.update(options.facts(), lanes);
        options.wake();
      },
    });
    const shared = {
      ...options,
      lines: this.#lines,
      wireFailed: () => this.#connection.requestFailed(),
      versions: this.#versions,
      awaitsBase: (lane: string) => this.#salvaged.add(lane),
    };
    this.#pusher = new Pusher(shared);
    this.puller = new Puller({
      ...shared,
      onEnd: (result) => {
        options.onPullEnd(result);
        if (result.status !== 'done') return;
        this.#salvaged.pulled(result.model);
        this.#versions.pulled(result.model);
      },
    });
    this.#salvaged = new SalvagedReads({
      ...{ env, facts: options.facts },
      mayRead: (model) => this.#mayRead(model),
      read: (model, recordId) => this.puller.pullRecord(model, recordId),
    });
  }

  start(): void {
    this.#connection.start();
  }

  /** Who answers is there, and may ask for time all the same. */
  async #probe(signal: AbortSignal): Promise<void> {
    const { transport, models } = this.#options;
    const all = [...models.values()];
    const origin = transport.originOf?.(all[0]?.endpoint ?? '') ?? '';
    const renewals = this.#lines.renewals(origin);
    const held = await transport.probe(all, signal);
    if (held) this.#lines.held(origin, held, renewals);
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** Pauses that were asked for and are not over; not all of them need be on the disk. */
  get pauses(): Readonly<Record<string, OriginPause>> {
    return this.#lines.pauses;
  }

  /** The lead is taken: what earlier lives left of pauses holds, and every model is pulled. */
  begin(origins: Readonly<Record<string, OriginPause>>): void {
    this.#lines.restore(origins);
    this.wantAll();
  }

  /** Asks for a pull of each model. */
  wantAll(): void {
    this.#askedAt = this.#options.env.now();
    this.puller.want(this.#options.models.keys());
  }

  /** Does what may be done now. */
  work(): void {
    if (this.#connection.isPromising) this.#pusher.prepare();
    if (this.#connection.state !== 'online') return;
    const { env, index, mayLeave, onDependent, wake } = this.#options;
    this.#pusher.work();
    this.puller.work();
    this.#salvaged.work();
    this.#versions.work();
    onDependent(index.dependent);
    this.#clearRetry();
    const { nextRetryAt } = index;
    // What may not leave is not woken by the clock: the shelf that has room again wakes it.
    if (nextRetryAt === null || !mayLeave()) return;
    this.#retryTimer = env.setTimer(Math.max(0, nextRetryAt - env.now()), wake, 'retry');
  }

  /** A person wants to try now. */
  resume(): void {
    this.#lines.resume();
    this.#connection.wake();
  }

  /**
   * The page is shown again, maybe after a night: no timer can be trusted to have fired. What is due
   * goes now, and one pull of each model tells what others did, however often the platform says it.
   */
  shown(): void {
    if (Math.abs(this.#options.env.now() - this.#askedAt) >= resumeRest) this.wantAll();
    this.#connection.wake();
  }

  stop(): void {
    this.#connection.stop();
    this.#pusher.stop();
    this.puller.stop();
    this.#salvaged.stop();
    this.#versions.stop();
    this.#lines.stop();
    this.#clearRetry();
  }

  /** What the engine reads of its own accord waits with all else for a line that is held. */
  #mayRead(model: string): boolean {
    return this.#connection.state === 'online' && this.puller.mayRead(model);
  }

  #connectionChanged(state: ConnectionState): void {
    const { onConnection, models, wake } = this.#options;
    onConnection(state);
    if (isAway(state)) this.#away = true;
    if (this.#connection.isPromising) wake();
    if (state !== 'online') return;
    // A probe that succeeds at once is no reconnection: what failed keeps its own backoff.
    if (this.#away) this.puller.want(models.keys());
    this.#away = false;
    wake();
  }

  #lineChanged(origin: string, line: LineFacts): void {
    const { onLine, models, wake } = this.#options;
    onLine(origin, line);
    // Where nothing waits to be sent, a pull tells whether the address is right again.
    if (line.state === 'trying') this.puller.want(models.keys());
    // Not at once: whoever sends is in the middle of his own work.
    wake();
  }

  #clearRetry(): void {
    if (this.#retryTimer !== null) this.#options.env.clearTimer(this.#retryTimer);
    this.#retryTimer = null;
  }
}
