import type { Facts } from '../../../store/facts.ts';
import type { Checkpointer } from '../../journal/checkpointer.ts';
import type { CheckpointSchedule } from '../../journal/checkpointSchedule.ts';

export interface CheckpointsOptions {
  /** The leader's epoch; null: this tab does not lead. */
  readonly fence: () => number | null;
  /** Another leader has taken over. */
  readonly onFenced: () => void;
  /** Another checkpoint stands than the one that was read: the facts are to be read anew. */
  readonly onBehind: () => void;
}

/** When checkpoints are written: one at a time, and never while orphaned pages are swept. */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  #checkpointer: Checkpointer | null = null;
  #schedule: CheckpointSchedule | null = null;
  /** The head of the last one, or of the last that failed. */
  #through = 0;
  /** A checkpoint or a sweep under way. */
  #running: Promise<boolean> | null = null;

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
  isDue({ head, outbox }: Facts): boolean {
    if (this.#running !== null || !this.#schedule) return false;
    const queued = outbox.size - (this.#checkpointer?.queued ?? 0);
    return this.#schedule.isDue(head - this.#through, queued);
  }

  /** Resolves when none is under way; what became of it is for whoever asked for it. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running.catch(() => {});
  }

  /** Writes one of the facts as they are then; none where `facts` gives null. Whether one was. */
  write(facts: () => Facts | null): Promise<boolean> {
    return this.#alone(async () => {
      const { fence, onFenced, onBehind } = this.#options;
      const [now, epoch] = [facts(), fence()];
      const checkpointer = this.#checkpointer;
      if (!now || epoch === null || !checkpointer) return false;
      // Where it fails the old one stands; the next is due after as much again.
      this.#through = now.head;
      const pages = await checkpointer.write(now, epoch);
      if (pages === 'fenced' && fence() === epoch) onFenced();
      // It was read anew meanwhile, or will be.
      if (pages === 'behind' && this.#checkpointer === checkpointer) onBehind();
      return typeof pages === 'number';
    });
  }

  /** Removes what a crash between two slices left behind. */
  async sweep(): Promise<void> {
    await this.#alone(async () => {
      const epoch = this.#options.fence();
      const orphans = epoch === null ? 0 : await this.#checkpointer?.sweep(epoch);
      return (orphans ?? 0) > 0;
    });
  }

  /** Behind all that was asked for before: its place is taken at once, not when that has ended. */
  async #alone(work: () => Promise<boolean>): Promise<boolean> {
    const before = this.#running?.catch(() => {}) ?? Promise.resolve();
    const running = before.then(work);
    this.#running = running;
    try {
      return await running;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }
}
