import { settlementCap } from '../store/caps.ts';
import type { Outcome } from '../store/facts.ts';
import { selectOutcome } from '../store/selectors/outcomes.ts';
import { selectRecord } from '../store/selectors/records.ts';
import type { SyncState } from '../store/slice.ts';
import type { SyncError } from './errors.ts';

export interface Settled<T = unknown> {
  readonly outcome: Outcome;
  /** The record as it is shown then; null if there is none. */
  readonly record: T | null;
}

/** What a write gives back. Whoever ignores it gets no unhandled rejection. */
export interface OperationHandle<T = unknown> {
  /** The record's key. */
  readonly id: string;
  readonly operationId: string;
  /**
   * Resolves when the write survives a crash, on both shelves where there are two: one that has no room
   * is waited for. Rejects (rolled back) with `notSaved` or `readOnly`, and with `notStarted` where the
   * sync was stopped before it was known.
   */
  readonly saved: Promise<void>;
  /** Resolves with how it ended, maybe days later. Never rejects. */
  readonly settled: Promise<Settled<T>>;
  /** Takes it back if it is not sealed yet. */
  cancel(): Promise<'cancelled' | 'tooLate'>;
}

interface Deferred {
  /** Null: the act is no operation. */
  readonly operationId: string | null;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: SyncError) => void;
}

function deferred(operationId: string | null): Deferred {
  let resolve: () => void = () => {};
  let reject: (error: SyncError) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { operationId, promise, resolve, reject };
}

interface Waiter {
  readonly model: string;
  readonly recordId: string;
  readonly resolve: (settled: Settled) => void;
}

/** Who waits for what: durability by the act's count, endings by the operation's id. */
export class Handles {
  readonly #state: () => SyncState;
  /** Whether endings are known that nobody may be told of yet. */
  readonly #isHeld: () => boolean;
  readonly #saving = new Map<number, Deferred>();
  readonly #ending = new Map<string, Waiter[]>();
  /** Writes that were rolled back before they were durable; the last of them. */
  readonly #rejected = new Set<string>();

  constructor(state: () => SyncState, isHeld: () => boolean) {
    this.#state = state;
    this.#isHeld = isHeld;
  }

  /** A promise for the durability of act `n`; `operationId` where it is one. */
  saving(n: number, operationId: string | null): Promise<void> {
    const waiting = deferred(operationId);
    this.#saving.set(n, waiting);
    return waiting.promise;
  }

  /** Acts up to and including `n` of this tab are durable. */
  savedThrough(n: number): void {
    for (const count of this.#saving.keys()) {
      if (count > n) break;
      this.#done(count)?.resolve();
    }
  }

  /** Nobody waits for this act any more. */
  #done(count: number): Deferred | undefined {
    const waiting = this.#saving.get(count);
    this.#saving.delete(count);
    return waiting;
  }

  /**
   * Their database is gone: acts up to `n` of which the one that took its place knows nothing, or
   * nobody can say.
   */
  lostThrough(n: number, isKnown: (operationId: string) => boolean, error: SyncError): void {
    for (const [count, { operationId }] of this.#saving) {
      if (count > n) break;
      if (operationId !== null && isKnown(operationId)) continue;
      this.#done(count)?.reject(error);
    }
  }

  /** Stopped: nobody will hear of the rest. */
  end(error: SyncError): void {
    for (const count of this.#saving.keys()) this.#done(count)?.reject(error);
  }

  notSaved(n: number, operationId: string | null, error: SyncError): void {
    this.#done(n)?.reject(error);
    if (operationId === null) return;
    this.#rejected.add(operationId);
    if (this.#rejected.size > settlementCap) {
      const [oldest = ''] = this.#rejected;
      this.#rejected.delete(oldest);
    }
    this.#settle(operationId, 'discarded');
  }

  /** How an operation ends; at once if it has. */
  settled(model: string, recordId: string, operationId: string): Promise<Settled> {
    const outcome = this.#rejected.has(operationId) ? 'discarded' : this.#outcomeOf(operationId);
    if (outcome) return Promise.resolve(this.#result(model, recordId, outcome));
    return new Promise((resolve) => {
      const waiters = this.#ending.get(operationId) ?? [];
      waiters.push({ model, recordId, resolve });
      this.#ending.set(operationId, waiters);
    });
  }

  ended(operationId: string, outcome: Outcome): void {
    this.#settle(operationId, outcome);
  }

  /** After facts were read from disk, or may be told again: what ended or vanished meanwhile. */
  review(): void {
    for (const operationId of [...this.#ending.keys()]) {
      const outcome = this.#outcomeOf(operationId);
      if (outcome) this.#settle(operationId, outcome);
    }
  }

  #outcomeOf(operationId: string): Outcome | undefined {
    return this.#isHeld() ? undefined : selectOutcome(this.#state(), operationId);
  }

  #settle(operationId: string, outcome: Outcome): void {
    const waiters = this.#ending.get(operationId);
    if (!waiters) return;
    this.#ending.delete(operationId);
    for (const { model, recordId, resolve } of waiters) {
      resolve(this.#result(model, recordId, outcome));
    }
  }

  #result(model: string, recordId: string, outcome: Outcome): Settled {
    return { outcome, record: selectRecord(this.#state(), model, recordId) ?? null };
  }
}
