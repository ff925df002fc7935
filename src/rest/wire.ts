import { SyncError } from '../errors.ts';
import type { Env, FetchInit, TimerHandle } from '../ports/env.ts';
import { isAbsolute } from './address.ts';
import { type Body, isPage, readBody } from './answerBody.ts';
import type { Credentials, Keyring } from './credentials.ts';
import type { Heard } from './heard.ts';
import { timeOf } from './httpDate.ts';
import type { Settings } from './settings.ts';

/** A request but for what every request has: the base URL, the credentials, the platform's options. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  /** ms */
  readonly timeout?: number | undefined;
  /** Whether the answer's body is left unread: only whether it comes counts. */
  readonly isGlance?: boolean;
  /** Whether it goes without credentials where there are none. */
  readonly isOpen?: boolean;
  /** Fields of the answer whose keys are names of records. */
  readonly maps?: readonly string[];
}

export interface Wire {
  /** Sends a request and hears the answer to its end. Throws if none came. */
  readonly ask: (outgoing: Outgoing, signal: AbortSignal) => Promise<Heard>;
  /** How far the server's clock is ahead of this device's (ms); null before the first answer. */
  readonly clockOffset: () => number | null;
}

/** Whether requests may go where a path leads; from disk it may name what no option allows any more. */
export function isAllowed(path: string, { origins }: Settings): boolean {
  if (!isAbsolute(path)) return true;
  return URL.canParse(path) && origins.has(new URL(path).origin);
}

export function createWire(env: Env, settings: Settings, keyring: Keyring): Wire {
  const { base, idleTimeout, answerLimit } = settings;
  let clockOffset: number | null = null;

  /** `Date` tells whole seconds, and was written before its head came: a long body tells nothing. */
  function measure(response: Response, sentAt: number, heardAt: number): void {
    const told = timeOf(response.headers.get('date')) + 500;
    if (!Number.isNaN(told) && heardAt >= sentAt) clockOffset = told - (sentAt + heardAt) / 2;
  }

  function requestOf(outgoing: Outgoing, given: Credentials, signal: AbortSignal) {
    const { path, query = '', method, headers, body = null } = outgoing;
    if (!isAllowed(path, settings)) throw new SyncError('remote', 'no request may go there');
    const url = isAbsolute(path) ? path : `${base}${path.replace(/^\//, '')}`;
    const init: FetchInit = {
      method,
      headers: headersOf({ accept: 'application/json' }, given.headers, headers, given.token),
      body,
      signal,
      // Never followed: credentials and writes go to the origin that was named, or nowhere.
      redirect: 'manual',
      // A read must come from the server. A write always does, and with `no-store` Chromium keeps no
      // preflight either: across origins every write would be two requests.
      cache: method === 'GET' ? 'no-store' : 'default',
      referrerPolicy: 'no-referrer',
      credentials: settings.credentials,
    };
    return { url: `${url}${query}`, init };
  }

  async function exchange(outgoing: Outgoing, deadline: Deadline): Promise<Heard> {
    const { isGlance, isOpen } = outgoing;
    const asked = isOpen
      ? await keyring.credentials().catch(() => null)
      : await keyring.credentials();
    if (!asked && !isOpen) return signedOut;
    const given = asked ?? noCredentials;
    const sentAt = env.now();
    const { url, init } = requestOf(outgoing, given, deadline.signal);
    const response = await env.fetch(url, init);
    const heardAt = env.now();
    deadline.heard();
    const body = isGlance
      ? await glance(response)
      : await readBody(response, answerLimit, deadline.heard, outgoing.maps);
    const { status } = response;
    if (body.kind === 'page' && status >= 200 && status < 300) throw portal();
    // Only the server that is meant: neither a portal nor somebody else's.
    if (body.kind !== 'page' && !isAbsolute(outgoing.path)) measure(response, sentAt, heardAt);
    return {
      status,
      header: (name) => response.headers.get(name),
      body,
      secrets: given.secrets,
    };
  }

  async function ask(outgoing: Outgoing, signal: AbortSignal): Promise<Heard> {
    if (signal.aborted) throw givenUp();
    const deadline = startDeadline(env, outgoing.timeout ?? settings.timeout, idleTimeout, signal);
    try {
      // A callback of the app's that never answers must not hold the record for ever.
      return await Promise.race([exchange(outgoing, deadline), deadline.passed]);
    } finally {
      deadline.stop();
    }
  }

  return { ask, clockOffset: () => clockOffset };
}

type Headed = Readonly<Record<string, string>> | undefined;

/** One set of headers; the later ones count, however they are written. */
function headersOf(...groups: readonly Headed[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const group of groups) {
    for (const name in group) headers[name.toLowerCase()] = group[name] as string;
  }
  return headers;
}

const noCredentials: Credentials = { headers: {}, token: {}, secrets: [] };

/** Nobody is signed in: as if the server had said so. */
const signedOut: Heard = {
  status: 401,
  header: () => null,
  body: { kind: 'json', value: { detail: 'nobody is signed in' } },
  secrets: [],
};

/** Only whether an answer came and of what kind: its body may be a whole table. */
async function glance(response: Response): Promise<Body> {
  await response.body?.cancel();
  return isPage(response) && response.status !== 204 ? { kind: 'page' } : { kind: 'empty' };
}

/** A hotel's log-in page in the place of the server: there is no way to it. */
function portal(): SyncError {
  return new SyncError('remote', 'something in front of the server answered with a page');
}

function givenUp(): DOMException {
  return new DOMException('the request was given up', 'AbortError');
}

interface Deadline {
  readonly signal: AbortSignal;
  /** Rejects when the time is over, or somebody else ends it. */
  readonly passed: Promise<never>;
  /** Some of the answer has come. */
  readonly heard: () => void;
  readonly stop: () => void;
}

/** All of it within `total` ms, and once it has begun, some of it every `idle` ms. */
function startDeadline(env: Env, total: number, idle: number, outer: AbortSignal): Deadline {
  const abort = new AbortController();
  let end: () => void = () => {};
  const passed = new Promise<never>((_, reject) => {
    end = () => {
      const reason = givenUp();
      reject(reason);
      abort.abort(reason);
    };
  });
  // It may reject when nobody listens any more.
  passed.catch(() => {});
  const timer = env.setTimer(total, end, 'request');
  let idleTimer: TimerHandle | 'none' | 'over' = 'none';
  const clearIdle = () => {
    if (typeof idleTimer === 'number') env.clearTimer(idleTimer);
  };
  outer.addEventListener('abort', end);
  return {
    signal: abort.signal,
    passed,
    heard: () => {
      // A page that was stopped hears of the deadline first, and of the answer afterwards.
      if (idleTimer === 'over') return;
      clearIdle();
      idleTimer = env.setTimer(idle, end, 'answer');
    },
    stop: () => {
      env.clearTimer(timer);
      clearIdle();
      idleTimer = 'over';
      outer.removeEventListener('abort', end);
    },
  };
}
