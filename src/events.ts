import type { Failure } from '../machines/failure.ts';
import type { Explanation } from '../store/explanation.ts';
import type { LaneRef, Outcome } from '../store/facts.ts';
import type { Overwritten } from '../store/rows/row.ts';
import type { StorageFailureCode } from './ports/storage.ts';

/** Everything that an app can be told. */
export type SyncEvent =
  | ({ readonly type: 'saved'; readonly operationId: string } & LaneRef)
  | ({
      readonly type: 'notSaved';
      readonly operationId: string;
      readonly code: StorageFailureCode;
    } & LaneRef)
  /** At least once: after a restart those since the last checkpoint come again. */
  | { readonly type: 'settled'; readonly operationId: string; readonly outcome: Outcome }
  | ({
      readonly type: 'retryScheduled';
      readonly failure: Failure;
      readonly retryAt: number;
    } & LaneRef)
  | ({ readonly type: 'deadLetter'; readonly failure: Failure } & LaneRef)
  | ({ readonly type: 'conflictParked'; readonly failure: Failure } & LaneRef)
  | ({ readonly type: 'conflictMerged'; readonly overwritten: readonly Overwritten[] } & LaneRef)
  | {
      readonly type: 'pulled';
      readonly model: string;
      readonly items: number;
      readonly deleted: number;
    }
  /** The credentials are not accepted and there are no new ones: a person must sign in. */
  | { readonly type: 'authRequired'; readonly origin: string; readonly failure: Failure | null }
  /** An origin refuses everything; it is tried again from time to time, and nothing is dropped. */
  | { readonly type: 'originTripped'; readonly origin: string; readonly failure: Failure | null }
  | { readonly type: 'pullFailed'; readonly model: string; readonly failure: Failure }
  /** A pull would remove `count` of the `total` records here: a person is asked first. */
  | {
      readonly type: 'massDeleteHeld';
      readonly model: string;
      readonly count: number;
      readonly total: number;
    }
  /**
   * A record has waited longer than `stuckAfter` for anything but a person. Once for each wait; what
   * holds many (no network, a held line) is told once, of the record that waits longest.
   */
  | ({
      readonly type: 'stuck';
      /** When the wait began, as far as this page knows (ms since 1970). */
      readonly since: number;
      readonly explanation: Explanation;
      /** Records that wait for anything but a person, this one included. */
      readonly waiting: number;
    } & LaneRef)
  /**
   * The database of this device is gone, or its last rows are, and it is another one from here on: `known`
   * is the id that was expected.
   */
  | {
      readonly type: 'dataLoss';
      readonly known: string;
      readonly found: string | null;
      /** Unsent operations that came back from the second shelf, by id. All else is pulled again. */
      readonly recovered: readonly string[];
      /** Lines of the second shelf that can not be read: what they told is gone. */
      readonly unreadable: number;
    }
  /** The second shelf had been kept and is empty: the browser has deleted it. It is written anew. */
  | { readonly type: 'shelfLost' }
  /**
   * Until the second shelf works again nothing is called saved where it has no room (`quota`); otherwise
   * what is saved stands in the database alone.
   */
  | { readonly type: 'shelfFailed'; readonly code: StorageFailureCode; readonly message: string }
  | { readonly type: 'storageTrouble'; readonly code: StorageFailureCode; readonly message: string }
  | { readonly type: 'storageRecovered' }
  /** A durable row that is not legal where it stands: it changed nothing. */
  | {
      readonly type: 'illegalRow';
      readonly rowType: string;
      readonly sequence: number;
      readonly reason: string;
    }
  /**
   * A durable row that can not be read: it is kept, its record waits. At least once: after a restart
   * those since the last checkpoint come again.
   */
  | { readonly type: 'quarantined'; readonly sequence: number; readonly reason: string };

type EventOf<T extends SyncEvent['type']> = Extract<SyncEvent, { readonly type: T }>;

/** A typed emitter: a listener that throws harms neither the kit nor the other listeners. */
export class SyncEvents {
  readonly #listeners = new Map<string, Set<(event: SyncEvent) => void>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /**
   * Calls `listener` for each event of a type (`'*'`: of all). Returns how to stop.
   *
   * @example sync.events.on('deadLetter', ({ model, recordId, failure }) => notify(failure.message))
   */
  on<T extends SyncEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void;
  on(type: '*', listener: (event: SyncEvent) => void): () => void;
  on(type: string, listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    const added = listener as (event: SyncEvent) => void;
    listeners.add(added);
    return () => listeners.delete(added);
  }

  emit(event: SyncEvent): void {
    for (const type of [event.type, '*']) {
      for (const listener of this.#listeners.get(type) ?? []) {
        try {
          listener(event);
        } catch (error) {
          this.#report(error);
        }
      }
    }
  }

  /** Every event from now on, until the loop is left. At most 1,000 wait; older ones are dropped. */
  async *[Symbol.asyncIterator](): AsyncIterator<SyncEvent> {
    const waiting: SyncEvent[] = [];
    let wake: () => void = () => {};
    const stop = this.on('*', (event) => {
      waiting.push(event);
      if (waiting.length > 1_000) waiting.shift();
      wake();
    });
    try {
      for (;;) {
        const next = waiting.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stop();
    }
  }
}
