import type { Env, FetchInit } from '../../ports/env.ts';
import type { NetFault } from '../plan/plan.ts';
import type { ServerPort, WireAnswer, WireRequest } from '../server/serverPort.ts';
import { batchPath } from '../server/simBatch.ts';
import { keyed, keyedBelow } from '../world/keyed.ts';
import type { World } from '../world/world.ts';
import type { SimCredentials } from './simCredentials.ts';
import { datedPause } from './simFaultAnswers.ts';
import { keyOf, requestsIn, SimGateway } from './simGateway.ts';

/** What a request says: of itself, or of one operation in it. */
export interface Said {
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly body: string;
  readonly ifMatch: string | null;
}

/** A page that sends. */
export interface Page {
  /** Among all pages of its device. */
  readonly id: string;
  readonly tab: number;
  /** What comes from outside reaches the page when it runs. */
  readonly deliver: (run: () => void) => void;
}

/** A request as the invariants see it. */
export interface Attempt extends Said {
  readonly device: number;
  /** The page that sent it, where it says so. */
  readonly page: Page | undefined;
  /** Writes that it carries: itself, or the operations of a batch. */
  readonly writes: readonly Said[];
  readonly from: number;
  to: number | null;
  /** When the page could hear the answer: later than it came where the page stood still. */
  heardAt: number | null;
  /** ms that the answer asked all to wait for, where the page heard it. */
  pause: number | null;
  /** ms after which the answer says that the same request may be asked about. */
  later: number | null;
}

export interface SimNetOptions {
  readonly world: World;
  readonly server: ServerPort;
  readonly faultAt: (device: number, n: number) => NetFault | undefined;
  /** Whether the device's link is down at this moment. */
  readonly isCut: (device: number) => boolean;
  /** The credentials of a device; missing: the server asks for none. */
  readonly credentials?: (device: number) => SimCredentials;
  /** Whether the server answers writes without a record. */
  readonly bare?: boolean | undefined;
  /** Whether the server has no way to delete anything. */
  readonly noDeletes?: boolean | undefined;
}

export const simBaseUrl = 'http://localhost/';

/** Characters of an answer that a device of the simulator reads. */
export const simAnswerLimit = 2_000_000;

/**
 * The way between devices and server, request and answer legs apart: each takes virtual time and
 * can be lost, late, doubled, cut in half or answered by somebody else.
 */
export class SimNet {
  readonly attempts: Attempt[] = [];
  readonly gateway: SimGateway;
  readonly #options: SimNetOptions;
  readonly #counts: number[] = [];
  /** Those that have not ended. */
  readonly open = new Set<Attempt>();
  /** Whether answers say how long they are, as most servers' do: drawn for the whole run. */
  readonly #isMeasured: boolean;

  constructor(options: SimNetOptions) {
    this.#options = options;
    const { world, server, credentials, bare, noDeletes } = options;
    this.gateway = new SimGateway({ world, server, credentials, bare, noDeletes });
    this.#isMeasured = keyed(options.world.seed, 'measured') < 0.5;
  }

  /** Whether a device's link is down. */
  isCut(device: number): boolean {
    return this.#options.isCut(device);
  }

  /** Forgets attempts that have ended, where nobody asks for them any more. */
  forget(): void {
    const open = this.attempts.filter(({ to }) => to === null);
    this.attempts.splice(0, this.attempts.length, ...open);
  }

  /** A page's `fetch`; `alive` tells whether the page is still there to hear the answer. */
  fetch(device: number, alive: () => boolean, page?: Page): Env['fetch'] {
    return (url, init) =>
      new Promise((resolve, reject) => {
        const hear = (how: () => void) => {
          if (!alive()) return;
          if (page) page.deliver(how);
          else how();
        };
        this.#send(device, page, url, init, hear, resolve, reject);
      });
  }

  #send(
    device: number,
    page: Page | undefined,
    url: string,
    { method, headers, body, signal }: FetchInit,
    hear: (how: () => void) => void,
    resolve: (response: Response) => void,
    reject: (error: unknown) => void,
  ): void {
    const { world, faultAt, isCut } = this.#options;
    const count = (this.#counts[device] ?? 0) + 1;
    this.#counts[device] = count;
    const fault = faultAt(device, count);
    const isUntouched = fault === 'noneAttempted' && url.endsWith(batchPath);
    const wire: WireRequest = {
      // As the platform would put it: an id that is a path leads where it leads.
      path: new URL(url).href.slice(simBaseUrl.length),
      ...{ method, headers, body: body ?? '' },
    };
    const attempt = attemptOf(device, page, wire, world.now);
    this.attempts.push(attempt);
    this.open.add(attempt);
    const end = (how: () => void) => {
      if (!this.open.delete(attempt)) return;
      attempt.to = world.now;
      hear(how);
    };
    signal.addEventListener('abort', () => end(() => reject(named('AbortError'))));
    if (signal.aborted) {
      end(() => reject(named('AbortError')));
      return;
    }
    const fail = (delay: number) =>
      world.schedule(delay, () => end(() => reject(named('TypeError'))));
    const leg = (name: string) => 1 + keyed(world.seed, `${name}/${device}/${count}`) * 60;
    const late = () => 5_000 + keyedBelow(world.seed, `late/${device}/${count}`, 30_000);
    if (isCut(device) || fault === 'dropRequest' || fault === 'redirect') {
      fail(leg('fail'));
      return;
    }
    const there = leg('there') + (fault === 'delayRequest' ? late() : 0);
    world.schedule(there, () => {
      this.gateway.ask({ device, n: count, wire, fault }, (made) => {
        // Without the query: a cursor is the server's own.
        const [path] = wire.path.split('?');
        world.note(`net ${device} ${count} ${wire.method} ${path} ${made?.status ?? 'broken off'}`);
        if (fault === 'duplicate') {
          const again = { device, n: count, wire, fault: undefined };
          world.schedule(leg('again'), () => this.gateway.ask(again, () => {}));
        }
        if (made) answer(made);
        else fail(leg('back'));
      });
    });
    const answer = (made: WireAnswer): void => {
      const back = leg('back') + (fault === 'delayAnswer' || fault === 'slow' ? late() : 0);
      if (fault === 'dropAnswer' || isCut(device)) {
        fail(back);
        return;
      }
      const cut = fault === 'truncate' && made.body.length > 1;
      const sent = this.#isMeasured ? measured(made) : made;
      const heard = cut ? { ...sent, body: sent.body.slice(0, sent.body.length >> 1) } : sent;
      world.schedule(back, () => {
        end(() => {
          attempt.pause = isUntouched ? leastPause : pauseIn(heard);
          attempt.later = laterIn(heard);
          attempt.heardAt = world.now;
          resolve(responseOf(fault === 'hugeBody' ? swollen(heard) : heard, fault === 'idleBody'));
        });
      });
    };
  }
}

function attemptOf(
  device: number,
  page: Page | undefined,
  wire: WireRequest,
  from: number,
): Attempt {
  const itself = saidBy(wire);
  const writes = requestsIn(wire).map((part) => (part === wire ? itself : saidBy(part)));
  const keyed = writes.filter(({ key }) => key !== null);
  return {
    ...itself,
    device,
    page,
    writes: keyed,
    from,
    to: null,
    heardAt: null,
    pause: null,
    later: null,
  };
}

function saidBy(wire: WireRequest): Said {
  const { method, path, body, headers } = wire;
  return { method, path, key: keyOf(wire), body, ifMatch: headers['if-match'] ?? null };
}

/** ms for which "too many" and "unavailable" ask everybody to wait; null: they do not say. */
function pauseIn({ status, headers }: WireAnswer): number | null {
  const seconds = status === 429 || status === 503 ? headers['retry-after'] : undefined;
  if (seconds === undefined) return null;
  return Number.isNaN(Number(seconds)) ? datedPause : Number(seconds) * 1_000;
}

/** ms that a line pauses at least, where nobody says how long. */
const leastPause = 1_000;

/** ms after which a server that works on a request may be asked; null: it does not say. */
function laterIn({ status, headers }: WireAnswer): number | null {
  const seconds = status === 202 ? headers['retry-after'] : undefined;
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

/** Larger than what a device of the simulator reads. */
function swollen({ body, headers, ...rest }: WireAnswer): WireAnswer {
  const { 'content-length': _, ...others } = headers;
  return { ...rest, headers: others, body: body + ' '.repeat(simAnswerLimit) };
}

function named(name: string): Error {
  const error = new Error(name === 'AbortError' ? 'aborted' : 'fetch failed');
  error.name = name;
  return error;
}

/** Characters that are a byte each. */
const isPlain = /^[ -~]*$/;

function measured(answer: WireAnswer): WireAnswer {
  if (answer.body === '') return answer;
  const { body } = answer;
  const length = isPlain.test(body) ? body.length : new TextEncoder().encode(body).length;
  return { ...answer, headers: { 'content-length': String(length), ...answer.headers } };
}

/**
 * As much of a Response as the kit reads, without the platform's own queues. One that is shorter
 * than it says ends as platforms end it: the reading fails.
 */
function responseOf({ status, headers, body }: WireAnswer, isIdle = false): Response {
  let left: Uint8Array | null = new TextEncoder().encode(body);
  const length = headers['content-length'];
  const isShort = length !== undefined && left.length < Number(length);
  const reader = {
    read: async () => {
      if (isIdle) return new Promise<never>(() => {});
      const value = left;
      left = null;
      if (value && value.length > 0) return { done: false, value };
      if (isShort) throw named('TypeError');
      return { done: true, value: undefined };
    },
    cancel: async () => {},
  };
  const stream = body === '' ? null : { getReader: () => reader, cancel: async () => {} };
  const response = {
    status,
    headers: { get: (name: string) => headers[name] ?? null },
    body: stream,
    text: async () => {
      if (isIdle) return new Promise<never>(() => {});
      if (isShort) throw named('TypeError');
      return body;
    },
  };
  return response as unknown as Response;
}
