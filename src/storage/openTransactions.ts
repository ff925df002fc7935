import type { Env } from '../ports/env.ts';

/**
 * The transactions under way of one database, and the gate before new ones. A transaction that waits
 * for the page locks its stores as long as the page stands still, against every other tab; so a page
 * that is about to be frozen breaks its own off and begins no other until it is thawed. One that is
 * only being committed needs the page no more, and goes through.
 */
export class OpenTransactions {
  readonly #open = new Set<IDBTransaction>();
  readonly #stopListening: () => void;
  #thaw: (() => void) | null = null;
  #thawed: Promise<void> | null = null;

  constructor(env: Pick<Env, 'onPageLife'>) {
    this.#stopListening = env.onPageLife((change) => {
      if (change === 'frozen') this.#freeze();
      else this.#pass();
    });
  }

  /** Null but while the page is frozen: then it resolves when it is thawed. */
  get thawed(): Promise<void> | null {
    return this.#thawed;
  }

  add(transaction: IDBTransaction): void {
    this.#open.add(transaction);
  }

  delete(transaction: IDBTransaction): void {
    this.#open.delete(transaction);
  }

  close(): void {
    this.#stopListening();
    this.#pass();
  }

  #freeze(): void {
    this.#thawed ??= new Promise((resolve) => {
      this.#thaw = resolve;
    });
    for (const transaction of this.#open) abort(transaction);
  }

  #pass(): void {
    this.#thaw?.();
    this.#thaw = null;
    this.#thawed = null;
  }
}

/** Takes a transaction back, unless it has ended or is being committed. */
export function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It needs the page no more.
  }
}
