import type { Env, LockEvents, TimerHandle } from '../ports/env.ts';
import type { StorageConnection } from '../ports/storage.ts';
import { beatInterval } from './watch.ts';

/** Where the lease stands in the meta store. */
const leaseKey = 'lease';

interface Lease {
  /** The tab; empty: it was given back. */
  readonly holder: string;
  /** Rises as long as the holder lives. */
  readonly beat: number;
}

function readLease(stored: unknown): Lease | null {
  if (typeof stored !== 'string') return null;
  try {
    const { holder, beat } = JSON.parse(stored);
    return typeof holder === 'string' && typeof beat === 'number' ? { holder, beat } : null;
  } catch {
    return null;
  }
}

export interface LeaseOptions {
  readonly env: Env;
  readonly connection: StorageConnection;
  readonly holder: string;
  readonly onError: (error: unknown) => void;
}

/**
 * The lock of platforms that have none: a row of the database with its holder and a count that rises
 * while the holder lives. It is only for peace: a tab that goes on in spite of it is stopped by the
 * fence. Takes are written only if the fence stands, so that of several tabs one succeeds.
 */
export class DatabaseLease {
  readonly #options: LeaseOptions;
  #timer: TimerHandle | null = null;
  #seen: string | null = null;
  /** Counts requests: answers to an earlier one are nobody's. */
  #turn = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** As `Env.lock`, but that nobody stands in a queue: `steal` takes it from whoever does not beat. */
  request(on: LockEvents, steal: boolean): () => void {
    const turn = ++this.#turn;
    const isWanted = () => turn === this.#turn;
    this.#take(steal, isWanted)
      .then((isOurs) => {
        if (!isWanted()) return;
        if (!isOurs) return on.waiting();
        this.#beatOn(on, isWanted);
        on.held({ release: () => this.#leave(isWanted) });
      })
      .catch(this.#options.onError);
    return () => this.#leave(isWanted);
  }

  /** Whether the holder has given a sign since the last look. */
  async look(): Promise<boolean> {
    const [stored] = await this.#options.connection.readMeta([leaseKey]);
    const isNew = stored !== this.#seen;
    this.#seen = typeof stored === 'string' ? stored : null;
    return isNew;
  }

  async #take(steal: boolean, isWanted: () => boolean): Promise<boolean> {
    const { connection, holder } = this.#options;
    for (;;) {
      const { fence } = await connection.position();
      const [stored] = await connection.readMeta([leaseKey]);
      const held = readLease(stored);
      if (!isWanted()) return false;
      if (held && held.holder !== '' && held.holder !== holder && !steal) return false;
      const put: [string, string] = [leaseKey, JSON.stringify({ holder, beat: 1 })];
      const taken = await connection.commit({
        expect: { fence },
        fence: fence + 1,
        putMeta: [put],
      });
      if (taken.ok) return true;
      // Somebody else has: whoever that is lives.
      if (steal) return false;
    }
  }

  #beatOn(on: LockEvents, isWanted: () => boolean): void {
    const { env, onError } = this.#options;
    this.#timer = env.setTimer(
      beatInterval,
      () => {
        if (!isWanted()) return;
        this.#beat().then((isOurs) => {
          if (!isWanted()) return;
          if (isOurs) return this.#beatOn(on, isWanted);
          this.#turn++;
          on.lost();
        }, onError);
      },
      'beat',
    );
  }

  /** Whether it is ours still; storage that fails says nothing about that. */
  async #beat(): Promise<boolean> {
    const { connection, holder } = this.#options;
    try {
      const { fence } = await connection.position();
      const [stored] = await connection.readMeta([leaseKey]);
      const held = readLease(stored);
      if (held?.holder !== holder) return false;
      const put: [string, string] = [leaseKey, JSON.stringify({ holder, beat: held.beat + 1 })];
      await connection.commit({ expect: { fence }, putMeta: [put] });
    } catch {
      // It is tried again with the next beat.
    }
    return true;
  }

  #leave(isWanted: () => boolean): void {
    if (!isWanted()) return;
    this.#turn++;
    if (this.#timer === null) return;
    this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
    this.#giveBack().catch(() => {});
  }

  async #giveBack(): Promise<void> {
    const { connection, holder } = this.#options;
    const { fence } = await connection.position();
    const [stored] = await connection.readMeta([leaseKey]);
    if (readLease(stored)?.holder !== holder) return;
    const put: [string, string] = [leaseKey, JSON.stringify({ holder: '', beat: 0 })];
    await connection.commit({ expect: { fence }, putMeta: [put] });
  }
}
