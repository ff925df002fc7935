import { v4, v7 } from 'uuid';
import type { NetworkKind } from '../../machines/network.ts';
import type { Env, LockEvents, ShelfWorker, TabChannel } from '../ports/env.ts';

/** `setTimeout` fires at once for delays beyond 2^31 - 1 ms. */
const longestDelay = 2_147_483_647;

/** Web Locks; where they are refused (an opaque origin) nobody else could hold one either. */
function lock(name: string, on: LockEvents, { steal = false } = {}): () => void {
  const { locks } = globalThis.navigator;
  const abort = new AbortController();
  let release: (() => void) | null = null;
  const hold = () => {
    if (abort.signal.aborted) return undefined;
    return new Promise<void>((resolve) => {
      const end = () => {
        release = null;
        resolve();
      };
      release = end;
      on.held({ release: end });
    });
  };
  // The request of a lock that is stolen rejects, though it was granted.
  const ended = () => {
    if (release === null) return;
    release = null;
    on.lost();
  };
  const queue = () => locks.request(name, { signal: abort.signal }, hold).catch(ended);
  if (steal) locks.request(name, { steal }, hold).catch(ended);
  else {
    locks
      .request(name, { ifAvailable: true }, (granted) => {
        if (granted) return hold();
        on.waiting();
        if (!abort.signal.aborted) queue();
        return undefined;
      })
      .catch((error: unknown) => {
        if (release !== null) ended();
        else if ((error as { name?: unknown }).name === 'SecurityError') hold();
      });
  }
  return () => {
    abort.abort();
    release?.();
  };
}

/** Sync access handles need a worker, the private file system and a secure origin. */
function shelfWorker(): ShelfWorker | undefined {
  const { navigator, Worker: Started } = globalThis;
  if (!Started || typeof navigator?.storage?.getDirectory !== 'function') return undefined;
  // Bundlers look for just this form; in the package the worker is a file of its own.
  const worker = new Worker(new URL('./shelfWorker.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen: ({ answer, failed }) => {
      worker.onmessage = ({ data }) => answer(data);
      worker.onerror = failed;
      worker.onmessageerror = failed;
    },
    terminate: () => worker.terminate(),
  };
}

function openChannel(name: string, onMessage: (message: unknown) => void): TabChannel | null {
  const { BroadcastChannel: Channel } = globalThis;
  if (!Channel) return null;
  const channel = new Channel(name);
  channel.onmessage = ({ data }) => onMessage(data);
  // In Node an open channel keeps the process alive.
  (channel as { unref?: () => void }).unref?.();
  return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}

function listen(
  target: EventTarget | undefined,
  types: readonly string[],
  listener: (event: Event) => void,
) {
  for (const type of types) target?.addEventListener(type, listener);
  return () => {
    for (const type of types) target?.removeEventListener(type, listener);
  };
}

/** The Network Information API, where there is one (Chromium; `type` on Android alone). */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
  readonly saveData?: boolean;
}

function networkInformation(): NetworkInformation | undefined {
  const { navigator } = globalThis as { navigator?: { connection?: NetworkInformation } };
  return navigator?.connection;
}

const networkTypes: Readonly<Record<string, NetworkKind['type'] | undefined>> = {
  wifi: 'wifi',
  ethernet: 'wired',
  cellular: 'cellular',
};

/** The platform as it is: browsers, and Node as far as it has the same globals. */
export const browserEnv: Env = {
  now: () => Date.now(),
  setTimer: (delay, callback) =>
    setTimeout(callback, Math.min(Math.max(delay, 0), longestDelay)) as unknown as number,
  clearTimer: (handle) => clearTimeout(handle),
  random: () => Math.random(),
  uuid: () => v4(),
  recordId: () => v7(),
  fetch: (url, init) => globalThis.fetch(url, init),
  get indexedDB() {
    return globalThis.indexedDB;
  },
  get lock() {
    return globalThis.navigator?.locks ? lock : undefined;
  },
  openChannel,
  readMark: (key) => {
    try {
      return globalThis.localStorage?.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  },
  writeMark: (key, value) => {
    try {
      globalThis.localStorage?.setItem(key, value);
    } catch {
      // Refused (private mode, full): the mark is a second sign, not the only one.
    }
  },
  shelfWorker,
  storageRoom: async () => {
    const storage = globalThis.navigator?.storage;
    if (typeof storage?.estimate !== 'function') return null;
    const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([
      storage.estimate(),
      storage.persisted?.() ?? false,
    ]);
    return { usage, quota, persisted };
  },
  askToPersist: async () => (await globalThis.navigator?.storage?.persist?.()) ?? false,
  networkHint: () => (globalThis.navigator?.onLine === false ? 'absent' : 'present'),
  networkKind: () => {
    const told = networkInformation();
    const type = networkTypes[told?.type ?? ''] ?? 'unknown';
    const spared = told?.saveData === true || type === 'cellular';
    return { type, metered: spared || (told ? false : null) };
  },
  onNetworkHint: (listener) => {
    const target = globalThis.window;
    const stopCame = listen(target, ['online'], () => listener('present'));
    const stopWent = listen(target, ['offline'], () => listener('absent'));
    const { networkHint } = browserEnv;
    const stopKind = listen(networkInformation(), ['change'], () => listener(networkHint()));
    return () => {
      stopCame();
      stopWent();
      stopKind();
    };
  },
  onResume: (listener) => {
    const stopShown = listen(globalThis.document, ['visibilitychange'], () => {
      if (globalThis.document.visibilityState === 'visible') listener();
    });
    const stopPage = listen(globalThis.window, ['pageshow'], listener);
    return () => {
      stopShown();
      stopPage();
    };
  },
  onPageLife: (listener) => {
    const { document, window } = globalThis;
    const persisted = (change: 'frozen' | 'thawed') => (event: Event) => {
      if ((event as PageTransitionEvent).persisted) listener(change);
    };
    const stops = [
      listen(document, ['freeze'], () => listener('frozen')),
      listen(document, ['resume'], () => listener('thawed')),
      listen(window, ['pagehide'], persisted('frozen')),
      listen(window, ['pageshow'], persisted('thawed')),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  },
  breathe: () =>
    new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        resolve();
      };
      channel.port2.postMessage(null);
    }),
  report: (error) => {
    setTimeout(() => {
      throw error;
    }, 0);
  },
};
