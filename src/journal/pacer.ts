import type { Env } from '../ports/env.ts';

/** ms of main thread between two breaths: the rest of a frame (16 ms) is the app's. */
const budget = 5;
/** Steps between two breaths at most, also where the clock is too coarse to tell. */
const steps = 64;

export type PacingEnv = Pick<Env, 'now' | 'breathe'>;

/**
 * Cuts long work into short tasks, by measured time: a page of records may be small or large, and a
 * phone is slower than a desk.
 *
 * @example for (const page of pages) { read(page); if (pacer.isDue()) await pacer.breathe(); }
 */
export class Pacer {
  readonly #env: PacingEnv;
  #since: number;
  #steps = 0;

  constructor(env: PacingEnv) {
    this.#env = env;
    this.#since = env.now();
  }

  /** Asked after each small step: whether others must run before the next. */
  isDue(): boolean {
    // The clock may be set while we work: any distance counts.
    return ++this.#steps >= steps || Math.abs(this.#env.now() - this.#since) >= budget;
  }

  async breathe(): Promise<void> {
    await this.#env.breathe();
    this.rested();
  }

  /** Others have just run, because something else was waited for. */
  rested(): void {
    this.#steps = 0;
    this.#since = this.#env.now();
  }
}

/** Does work that yields after each small step, in short tasks. */
export async function paced<T>(work: Generator<undefined, T>, env: PacingEnv): Promise<T> {
  const pacer = new Pacer(env);
  let step = work.next();
  for (; !step.done; step = work.next()) if (pacer.isDue()) await pacer.breathe();
  return step.value;
}
