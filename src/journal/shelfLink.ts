import type { Env, TimerHandle } from '../ports/env.ts';
import type { ShelfConnection } from '../ports/shelf.ts';
import { asStorageError, StorageError } from '../ports/storage.ts';

/**
 * - `open`: it works.
 * - `retrying`: it has just failed, and is opened again at once.
 * - `full`: there is no room for what it has to say; it is tried again until there is.
 * - `broken`: it does not work, and did not when it was tried again.
 */
export type ShelfStanding = 'open' | 'retrying' | 'full' | 'broken';

export interface ShelfLinkOptions {
  readonly env: Env;
  /** Opens the shelf again after it has failed. */
  readonly open: () => Promise<ShelfConnection>;
  /** Tells it what it does not say yet. Rejects with StorageError. */
  readonly catchUp: (connection: ShelfConnection) => Promise<void>;
  /** Whether there is something that it does not say yet. */
  readonly isBehind: () => boolean;
  /** Not told of a failure that was over at once; `open` is told each time. */
  readonly onChange: (standing: 'open' | 'full' | 'broken', error: StorageError | null) => void;
}

/** ms until a shelf is opened again that has failed. */
const delays = { retrying: 0, full: 5_000, broken: 30_000 } as const;

/** ms between two looks of who waits for an attempt. */
const settling = 50;

/** The connection to the second shelf, through its failures. */
export class ShelfLink {
  readonly #options: ShelfLinkOptions;
  #connection: ShelfConnection | null;
  #standing: ShelfStanding;
  #timer: TimerHandle | null = null;
  #attempt: Promise<void> | null = null;
  readonly #end = new AbortController();

  /** @param found the error where it did not open */
  constructor(options: ShelfLinkOptions, found: ShelfConnection | StorageError) {
    this.#options = options;
    const isOpen = !(found instanceof StorageError);
    this.#connection = isOpen ? found : null;
    this.#standing = isOpen ? 'open' : found.code === 'quota' ? 'full' : 'broken';
    if (!isOpen) this.#tryLater();
  }

  /** Resolves once it is known how an attempt that is due at once has ended. */
  async settled(): Promise<void> {
    while (this.#standing === 'retrying' && !this.#end.signal.aborted) {
      await new Promise<void>((resolve) => this.#options.env.setTimer(settling, resolve, 'shelf'));
    }
  }

  get standing(): ShelfStanding {
    return this.#standing;
  }

  /** Null while it does not work, or does not say everything yet. */
  get connection(): ShelfConnection | null {
    return this.#connection;
  }

  /** Over this connection something has failed; one that was given up already may fail as it likes. */
  failed(connection: ShelfConnection, cause: unknown): void {
    if (connection !== this.#connection) return;
    this.#connection = null;
    connection.close().catch(() => {});
    const error = asStorageError(cause);
    this.#stand(error.code === 'quota' ? 'full' : 'retrying', error);
    this.#tryLater();
  }

  async close(): Promise<void> {
    this.#end.abort();
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close().catch(() => {});
    await this.#attempt;
  }

  #stand(standing: ShelfStanding, error: StorageError | null): void {
    const isNews = standing === 'open' || standing !== this.#standing;
    this.#standing = standing;
    if (isNews && standing !== 'retrying') this.#options.onChange(standing, error);
  }

  #tryLater(): void {
    const { env } = this.#options;
    if (this.#end.signal.aborted || this.#standing === 'open') return;
    this.#timer = env.setTimer(
      delays[this.#standing],
      () => {
        this.#timer = null;
        this.#attempt = this.#again().catch(env.report);
      },
      'shelf',
    );
  }

  async #again(): Promise<void> {
    const { open, catchUp, isBehind } = this.#options;
    let connection: ShelfConnection | null = null;
    try {
      connection = await open();
      do await catchUp(connection);
      while (isBehind() && !this.#end.signal.aborted);
    } catch (cause) {
      await connection?.close().catch(() => {});
      this.#failedAgain(asStorageError(cause));
      return;
    }
    if (this.#end.signal.aborted) {
      await connection.close().catch(() => {});
      return;
    }
    this.#connection = connection;
    this.#stand('open', null);
  }

  #failedAgain(error: StorageError): void {
    if (this.#end.signal.aborted) return;
    // A full disk has many words for it; but a shelf that can not be opened any more is not full.
    const isSame = this.#standing === 'full' && error.code === 'failed';
    const isFull = error.code === 'quota' || isSame;
    this.#stand(isFull ? 'full' : 'broken', error);
    this.#tryLater();
  }
}
