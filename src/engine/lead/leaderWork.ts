import { StorageError } from '../../ports/storage.ts';
import type { Ground } from '../ground/ground.ts';
import type { Duty } from './duty.ts';
import type { LeaderCall } from './leaderCalls.ts';

export interface LeaderWorkOptions {
  readonly ground: Ground;
  /** Null where another tab leads. */
  readonly duty: () => Duty | null;
  /** Whether DevTools show another moment. */
  readonly isPast: () => boolean;
  readonly pause: () => void;
  readonly resume: () => Promise<void>;
}

/** Does what is asked of the tab that leads, by its own app or by another tab. */
export class LeaderWork {
  readonly #options: LeaderWorkOptions;

  constructor(options: LeaderWorkOptions) {
    this.#options = options;
  }

  /** Rejects with StorageError; also for what is no call of this build (null). */
  async perform(call: LeaderCall | null): Promise<unknown> {
    const { pause, resume } = this.#options;
    switch (call?.verb) {
      case 'pull':
        return this.#pulling(call.model, ({ puller }) => puller.pull(call.model, call.how));
      case 'read':
        return this.#pulling(call.model, ({ puller }) =>
          puller.pullRecord(call.model, call.id, call.request),
        );
      case 'fetch':
        return this.#pulling(call.model, ({ puller }) => puller.fetch(call.model, call.query));
      case 'decide':
        return this.#pulling(call.model, ({ puller }) => {
          puller.decide(call.model, call.verdict);
          return puller.pull(call.model);
        });
      case 'checkpoint':
        return this.#checkpoint();
      case 'pause':
        return pause();
      case 'resume':
        return resume();
      default:
        throw new StorageError('failed', 'no call that this build knows');
    }
  }

  #pulling(model: string, pull: (duty: Duty) => Promise<object>): Promise<object> {
    const duty = this.#options.duty();
    const nothing = { ids: [], items: 0, deleted: 0, hasMore: false, cursor: null, failure: null };
    return duty ? pull(duty) : Promise.resolve({ ...nothing, status: 'postponed', model });
  }

  /**
   * Rows that other tabs have written stand in it too. Whether it was written; while DevTools show the
   * past nothing is, and nobody waits for that.
   */
  async #checkpoint(): Promise<boolean> {
    const { ground, isPast } = this.#options;
    await ground.readOn();
    await ground.shelfSettled();
    ground.refuseFull();
    return (await ground.checkpoint()) || isPast();
  }
}
