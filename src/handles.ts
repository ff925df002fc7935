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
   * Resolves when the write survives a crash; rejects (rolled back) with `notSaved` or `readOnly`, and
   * with `notStarted` where the sync was stopped before it was known.
   */
  readonly saved: Promise<void>;
  /** Resolves with how it ended, maybe days later. Never rejects. */
  readonly settled: Promise<Settled<T>>;
  /** Takes it back if it is not sealed yet. */
  cancel(): Promise<'cancelled' | 'tooLate'>;
}

interface Deferred {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: SyncError) => void;
}

function deferred(): Deferred {
  let resolve: () => void = () => {};
  let reject: (error: SyncError) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

interface Waiter {
  readonly model: string;
  readonly recordId: string;
  readonly resolve: (settled: Settled) => void;
}

/** Who waits for what: durability by the act's count, endings by the operation's id. */
export class Handles {
  readonly #state: () => SyncState;
  readonly #saving = new Map<number, Deferred>();
  readonly #ending = new Map<string, Waiter[]>();
  /** Writes that were rolled back before they were durable; the last of them. */
  readonly #rejected = new Set<string>();

  constructor(state: () => SyncState) {
    this.#state = state;
  }

  /** A promise for the durability of act `n`. */
  saving(n: number): Promise<void> {
    const waiting = deferred();
    this.#saving.set(n, waiting);
    return waiting.promise;
  }

  /** Acts up to and including `n` of this tab are durable. */
  savedThrough(n: number): void {
    for (const [count, waiting] of this.#saving) {
      if (count > n) break;
      this.#saving.delete(count);
      waiting.resolve();
    }
  }

  notSaved(n: number, operationId: string | null, error: SyncError): void {
    this.#saving.get(n)?.reject(error);
    this.#saving.delete(n);
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
    const outcome = this.#rejected.has(operationId)
      ? 'discarded'
      : selectOutcome(this.#state(), operationId);
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

  /** After facts were read from disk: what ended or vanished meanwhile. */
  review(): void {
    for (const operationId of [...this.#ending.keys()]) {
      const outcome = selectOutcome(this.#state(), operationId);
      if (outcome) this.#settle(operationId, outcome);
    }
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
