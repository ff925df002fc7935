import type { Env } from '../ports/env.ts';
import type { StorageError } from '../ports/storage.ts';
import type { Standing } from './standing.ts';

/** ms until storage that does not answer is asked again. */
const troubleDelay = 1_000;

interface StoragePauseOptions {
  readonly env: Env;
  readonly standing: Standing;
  readonly onTrouble: (error: StorageError) => void;
}

/** The wait of a journal whose storage does not answer, before it asks again. */
export class StoragePause {
  readonly #options: StoragePauseOptions;
  #timer: number | null = null;
  #wake: (() => void) | null = null;

  constructor(options: StoragePauseOptions) {
    this.#options = options;
  }

  /** Tells of the trouble, and waits; a closed journal waits for nothing. */
  async after(error: StorageError): Promise<void> {
    const { env, standing, onTrouble } = this.#options;
    onTrouble(error);
    if (standing.isClosed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = env.setTimer(troubleDelay, resolve, 'storage');
    });
    this.#wake = null;
    this.#timer = null;
  }

  /** Whoever waits goes on at once. */
  end(): void {
    if (this.#timer !== null) this.#options.env.clearTimer(this.#timer);
    this.#wake?.();
  }
}
