import { v4, v7 } from 'uuid';
import type { NetworkKind } from '../../machines/network.ts';
import type { Env, HeldLock } from '../ports/env.ts';

/** `setTimeout` fires at once for delays beyond 2^31 - 1 ms. */
const longestDelay = 2_147_483_647;

function lock(
  name: string,
  on: { held: (lock: HeldLock) => void; waiting: () => void },
): () => void {
  const locks = globalThis.navigator?.locks;
  if (!locks) {
    on.held({ release: () => {} });
    return () => {};
  }
  const abort = new AbortController();
  let release: (() => void) | undefined;
  const hold = () =>
    new Promise<void>((resolve) => {
      release = resolve;
      on.held({ release: resolve });
    });
  const queue = () => locks.request(name, { signal: abort.signal }, hold);
  locks
    .request(name, { ifAvailable: true }, (granted) => {
      if (granted) return hold();
      on.waiting();
      if (!abort.signal.aborted) queue().catch(() => {});
      return undefined;
    })
    .catch(() => {});
  return () => {
    abort.abort();
    release?.();
  };
}

function listen(target: EventTarget | undefined, types: readonly string[], listener: () => void) {
  for (const type of types) target?.addEventListener(type, listener);
  return () => {
    for (const type of types) target?.removeEventListener(type, listener);
  };
}

/** The platform as it is: browsers, and Node as far as it has the same globals. */
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

export const browserEnv: Env = {
  now: () => Date.now(),
  setTimer: (delay, callback) =>
    setTimeout(callback, Math.min(Math.max(delay, 0), longestDelay)) as unknown as number,
  clearTimer: (handle) => clearTimeout(handle),
  random: () => Math.random(),
  uuid: () => v4(),
  recordId: () => v7(),
  fetch: (request) => globalThis.fetch(request),
  get indexedDB() {
    return globalThis.indexedDB;
  },
  lock,
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
