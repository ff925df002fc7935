import type { Facts } from '../../store/facts.ts';
import type { Checkpointer } from '../journal/checkpointer.ts';
import type { CheckpointSchedule } from '../journal/checkpointSchedule.ts';

export interface CheckpointsOptions {
  /** The leader's epoch. */
  readonly fence: () => number;
  /** Another leader has taken over. */
  readonly onFenced: () => void;
}

/** When checkpoints are written: one at a time, and never while orphaned pages are swept. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #checkpointer: Checkpointer | null = null;
  #schedule: CheckpointSchedule | null = null;
  /** The head of the last one, or of the last that failed. */
  #through = 0;
  /** A checkpoint or a sweep under way. */
  #running: Promise<void> | null = null;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** The facts were read from disk, whose checkpoint ends at `through`. */
  read(checkpointer: Checkpointer, schedule: CheckpointSchedule, through: number): void {
    this.#checkpointer = checkpointer;
    this.#schedule = schedule;
    this.#through = through;
  }

  /** While one is written the next is not queued up: it would be written for every group of rows. */
  isDue(head: number): boolean {
    return this.#running === null && this.#schedule?.isDue(head - this.#through) === true;
  }

  /** Resolves when none is under way; what became of it is for whoever asked for it. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running.catch(() => {});
  }

  /** Writes one of the facts as they are then; none where `facts` gives null. */
  write(facts: () => Facts | null): Promise<void> {
    return this.#alone(async () => {
      const { fence, onFenced } = this.#options;
      const now = facts();
      const checkpointer = this.#checkpointer;
      if (!now || !checkpointer) return;
      // Where it fails the old one stands; the next is due after as much again.
      this.#through = now.head;
      if ((await checkpointer.write(now, fence())) === null) onFenced();
    });
  }

  /** Removes what a crash between two slices left behind. */
  sweep(): Promise<void> {
    return this.#alone(async () => {
      await this.#checkpointer?.sweep(this.#options.fence());
    });
  }

  /** Behind all that was asked for before: its place is taken at once, not when that has ended. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const running = (this.#running?.catch(() => {}) ?? Promise.resolve()).then(work);
    this.#running = running;
    try {
      await running;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }
}
