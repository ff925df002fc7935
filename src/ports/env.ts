import type { NetworkKind } from '../../machines/network.ts';
/** A timer under way; opaque. */
export type TimerHandle = number;

/** How a request goes out: names of headers in lower case. */
export interface FetchInit extends RequestInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/** A lock that this tab holds. */
export interface HeldLock {
  release(): void;
}

/** What is told of a lock that was asked for. */
export interface LockEvents {
  /** It is ours. */
  held(lock: HeldLock): void;
  /** Another tab holds it; this one stays in the queue. */
  waiting(): void;
  /** It was ours and is not any more: another tab has stolen it. It is in no queue then. */
  lost(): void;
}

/** A way to the other tabs of this name. What is sent may be lost, doubled or late. */
export interface TabChannel {
  /** To all others; the message is copied (structured clone). */
  post(message: unknown): void;
  close(): void;
}

/** What the browser says of this origin's storage. */
export interface StorageRoom {
  /** Bytes. */
  readonly usage: number;
  readonly quota: number;
  /** False: the browser may delete everything when it needs room, or after days without a visit. */
  readonly persisted: boolean;
}

/** A worker that keeps the second shelf's files. */
export interface ShelfWorker {
  post(message: object): void;
  /** `failed`: it can not be started, or it has thrown. */
  listen(on: { readonly answer: (data: unknown) => void; readonly failed: () => void }): void;
  terminate(): void;
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
  /** The platform's `fetch`, of which this much is used. */
  fetch(url: string, init: FetchInit): Promise<Response>;
  /** Undefined where there is no IndexedDB. */
  readonly indexedDB: IDBFactory | undefined;
  /**
   * Asks for an exclusive lock among the tabs of this origin; `steal` takes it from whoever holds it.
   * Undefined where the platform has no locks. Returns how to leave the queue.
   */
  readonly lock?:
    | ((name: string, on: LockEvents, how?: { readonly steal?: boolean }) => () => void)
    | undefined;
  /**
   * Opens the channel of this name to the other tabs: `onMessage` is called for what they send, never
   * for one's own. Null where the platform has none.
   */
  openChannel(name: string, onMessage: (message: unknown) => void): TabChannel | null;
  /** Small text outside the database (localStorage); undefined where there is none or it refuses. */
  readMark(key: string): string | undefined;
  writeMark(key: string, value: string): void;
  /** Starts the second shelf's worker; undefined where the platform has no private file system. */
  shelfWorker?(): ShelfWorker | undefined;
  /** How much this origin may store and does, in bytes, and whether the browser may evict it; null where it does not tell. */
  storageRoom?(): Promise<StorageRoom | null>;
  /** Asks the browser not to evict this origin; true if it will not. */
  askToPersist?(): Promise<boolean>;
  /** The platform's word on the network: a hint. */
  networkHint(): 'present' | 'absent';
  /** What kind of network it is, where the platform tells. */
  networkKind?(): NetworkKind;
  /** Either of both may have changed. Returns how to stop listening. */
  onNetworkHint(listener: (hint: 'present' | 'absent') => void): () => void;
  /** The page is shown again, or comes back from the back/forward cache. */
  onResume(listener: () => void): () => void;
  /**
   * `frozen`: the page is about to be frozen or to go into the back/forward cache, and may never run
   * again; `thawed`: it is back, and knows nothing of the time between. Either may be told twice.
   */
  onPageLife(listener: (change: 'frozen' | 'thawed') => void): () => void;
  /** Lets other tasks run. */
  breathe(): Promise<void>;
  /** For what nobody listens to: a listener of the user's that threw. */
  report(error: unknown): void;
}
