import type { Env, HeldLock, LockEvents } from '../ports/env.ts';
import type { StorageConnection } from '../ports/storage.ts';
import { DatabaseLease } from './lease.ts';
import { Watch } from './watch.ts';

export interface ElectionOptions {
  readonly env: Env;
  readonly name: string;
  /** This tab's id. */
  readonly writer: string;
  /** Whether signs of the leader can be heard at all: without, nobody is ever taken for gone. */
  readonly hears: () => boolean;
  /** The lock is ours: the lead may be taken. */
  readonly onHeld: () => void;
  /** Another tab has it. */
  readonly onWaiting: () => void;
  /** It was ours, and another tab has taken it. */
  readonly onLost: () => void;
  /** A look at the leader, while another tab has the lock; `missed`: looks in a row without a sign. */
  readonly onLook: (missed: number) => void;
  /** The leader is taken for gone, and this tab takes the lock from it. */
  readonly onSteal: () => void;
}

/** How this tab stands for the lead. `overtaken`: fenced out with the lock in its hand. */
type Place = 'out' | 'asking' | 'waiting' | 'held' | 'overtaken';

/**
 * Who may take the lead: one lock for all tabs of a name. A leader that hangs keeps its lock, so that
 * the others watch for signs of it, and steal the lock when there are none. It is only for peace:
 * that two leaders never both write is the fence's work.
 */
export class Election {
  readonly #options: ElectionOptions;
  readonly #watch: Watch;
  #lease: DatabaseLease | null = null;
  #place: Place = 'out';
  #leave: (() => void) | null = null;
  #lock: HeldLock | null = null;
  /** Counts requests: what is told of an earlier one is nobody's. */
  #turn = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
    const { env } = options;
    this.#watch = new Watch({
      env,
      onLook: (missed) => this.#look(missed).catch(env.report),
      onGone: () => this.#gone(),
    });
  }

  get isHeld(): boolean {
    return this.#place === 'held';
  }

  get isOut(): boolean {
    return this.#place === 'out';
  }

  /** Asks for the lock. `connection`: where the lease stands, where the platform has no locks. */
  stand(connection: StorageConnection): void {
    if (!this.isOut) return;
    const { env, writer: holder } = this.#options;
    if (!env.lock) {
      const onError = () => this.#place === 'asking' && this.#waits();
      this.#lease ??= new DatabaseLease({ env, connection, holder, onError });
    }
    this.#request(false);
  }

  /** The leader lives, or another tab is about to take its place. */
  sign(): void {
    this.#watch.sign();
    if (this.#place === 'overtaken') this.#again();
  }

  /** Another leader has raised the fence: it is given time, then this tab asks again. */
  overtaken(): void {
    if (this.#place !== 'held') return;
    this.#drop('overtaken');
    this.#watch.begin();
  }

  /** Gives the lock back, or leaves the queue. */
  leave(): void {
    this.#drop('out');
    this.#watch.end();
  }

  #drop(place: Place): void {
    this.#turn++;
    this.#place = place;
    this.#leave?.();
    this.#leave = null;
    this.#lock?.release();
    this.#lock = null;
  }

  #request(steal: boolean): void {
    const { env, name, onHeld, onLost } = this.#options;
    const turn = ++this.#turn;
    const isCurrent = () => turn === this.#turn;
    const on: LockEvents = {
      held: (lock: HeldLock) => {
        if (!isCurrent()) return lock.release();
        this.#place = 'held';
        this.#lock = lock;
        this.#watch.end();
        onHeld();
      },
      waiting: () => {
        if (isCurrent()) this.#waits();
      },
      lost: () => {
        if (!isCurrent()) return;
        this.#place = 'out';
        this.#lock = null;
        onLost();
        if (this.isOut) this.#request(false);
      },
    };
    this.#place = 'asking';
    const leave = env.lock
      ? env.lock(`syncharts/${name}`, on, { steal })
      : this.#lease?.request(on, steal);
    if (isCurrent()) this.#leave = leave ?? null;
    else leave?.();
  }

  #again(): void {
    this.#watch.end();
    this.#request(false);
  }

  #waits(): void {
    this.#place = 'waiting';
    this.#watch.begin();
    this.#options.onWaiting();
  }

  async #look(missed: number): Promise<void> {
    this.#options.onLook(missed);
    // Storage that fails gives no sign, and makes nobody a leader either.
    if (await this.#lease?.look().catch(() => false)) this.#watch.sign();
  }

  #gone(): void {
    const { hears, onSteal } = this.#options;
    if (this.#place === 'overtaken') this.#again();
    else if (this.#place === 'waiting' && (this.#lease || hears())) {
      this.#drop('out');
      onSteal();
      this.#request(true);
    }
  }
}
