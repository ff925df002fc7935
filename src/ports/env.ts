import type { NetworkKind } from '../../machines/network.ts';
/** A timer under way; opaque. */
export type TimerHandle = number;

/** A held lock: the promise settles when the platform takes it away. */
export interface HeldLock {
  release(): void;
}

/**
 * The one door to the outside: time, randomness, I/O, locks, the page's life. Production is a thin
 * adapter (`src/env/browserEnv.ts`); tests and the simulator replace it.
 */
export interface Env {
  /** ms since 1970, this device's clock. */
  now(): number;
  /** Calls back once after `delay` ms (clamped to what timers can take: 24.8 days). */
  setTimer(delay: number, callback: () => void, label: string): TimerHandle;
  clearTimer(handle: TimerHandle): void;
  /** Even in [0, 1). */
  random(label: string): number;
  /** uuid v4: unguessable, for operations. */
  uuid(): string;
  /** uuid v7: rises with time, for records. */
  recordId(): string;
  fetch(request: Request): Promise<Response>;
  /** Undefined where there is no IndexedDB. */
  readonly indexedDB: IDBFactory | undefined;
  /**
   * Asks for an exclusive lock. `held` is called when it is granted, `waiting` at once if another
   * holder is in front (it stays in the queue). Where the platform has no locks, `held` at once.
   */
  lock(name: string, on: { held: (lock: HeldLock) => void; waiting: () => void }): () => void;
  /** Small text outside the database (localStorage); undefined where there is none or it refuses. */
  readMark(key: string): string | undefined;
  writeMark(key: string, value: string): void;
  /** The platform's word on the network: a hint. */
  networkHint(): 'present' | 'absent';
  /** What kind of network it is, where the platform tells. */
  networkKind?(): NetworkKind;
  /** Either of both may have changed. Returns how to stop listening. */
  onNetworkHint(listener: (hint: 'present' | 'absent') => void): () => void;
  /** The page is shown again, or comes back from the back/forward cache. */
  onResume(listener: () => void): () => void;
  /** Lets other tasks run. */
  breathe(): Promise<void>;
  /** For what nobody listens to: a listener of the user's that threw. */
  report(error: unknown): void;
}
