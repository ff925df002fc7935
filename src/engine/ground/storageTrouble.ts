import type { Env, TimerHandle } from '../../ports/env.ts';
import { asStorageError, type StorageError } from '../../ports/storage.ts';

/** ms between attempts to use a storage that fails. */
const retryDelay = 2_000;

export interface StorageTroubleOptions {
  readonly env: Env;
  /** It does not answer; `isNews`: nobody was told of this kind of trouble yet. */
  readonly onFailed: (error: StorageError, isNews: boolean) => void;
  readonly onRecovered: () => void;
}

/** Storage that does not answer: what is tried again until it does, and who waits for that. */
export class StorageTrouble {
  readonly #options: StorageTroubleOptions;
  #current: StorageError | undefined;
  #timer: TimerHandle | null = null;
  /** Who waits for all to be durable, and must hear of trouble. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #end = new AbortController();

  constructor(options: StorageTroubleOptions) {
    this.#options = options;
  }

  get current(): StorageError | undefined {
    return this.#current;
  }

  /** The engine holds until it answers again. */
  failed(error: StorageError): void {
    const isNews = this.#current?.code !== error.code;
    this.#current = error;
    this.#options.onFailed(error, isNews);
    for (const tell of this.#waiting) tell(error);
  }

  recovered(): void {
    if (!this.#current) return;
    this.#current = undefined;
    this.#options.onRecovered();
  }

  /** Does it again until it works. After the end nobody waits for it any more: it never resolves. */
  async untilDone<T>(work: () => Promise<T>): Promise<T> {
    const { env } = this.#options;
    for (;;) {
      try {
        const done = await work();
        this.recovered();
        return done;
      } catch (error) {
        if (this.#end.signal.aborted) return new Promise(() => {});
        this.failed(asStorageError(error));
        await new Promise<void>((resolve) => {
          this.#timer = env.setTimer(retryDelay, resolve, 'reopen');
        });
      }
    }
  }

  /** Resolves as `work` does, or rejects as soon as the storage does not answer. */
  async orFails<T>(work: () => Promise<T>): Promise<T> {
    if (this.#current) throw this.#current;
    let tell: (error: Error) => void = () => {};
    const trouble = new Promise<never>((_, reject) => {
      tell = reject;
    });
    trouble.catch(() => {});
    this.#waiting.add(tell);
    try {
      return await Promise.race([work(), trouble]);
    } finally {
      this.#waiting.delete(tell);
    }
  }

  /** No attempts any more; whoever waits is told `error`. */
  end(error: Error): void {
    this.#end.abort(error);
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#timer = null;
    for (const tell of this.#waiting) tell(error);
  }
}
