import type { NetFault } from '../plan/plan.ts';
import type { ServerPort, WireAnswer, WireRequest } from '../server/serverPort.ts';
import { problem } from '../server/simAnswers.ts';
import {
  type BatchOperation,
  type BatchResult,
  batchPath,
  operationsIn,
  requestOf,
  resultOf,
  resultsAnswer,
} from '../server/simBatch.ts';
import { keyIn } from '../server/simProtocol.ts';
import { keyed } from '../world/keyed.ts';
import type { World } from '../world/world.ts';
import type { AuthFault, SimCredentials } from './simCredentials.ts';
import { instead, pick, plain } from './simFaultAnswers.ts';

export interface SimGatewayOptions {
  readonly world: World;
  readonly server: ServerPort;
  /** The credentials of a device; missing: none are asked for. */
  readonly credentials?: ((device: number) => SimCredentials) | undefined;
  /** Whether writes are answered without a record. */
  readonly bare?: boolean | undefined;
  /** Whether the server has no way to delete anything. */
  readonly noDeletes?: boolean | undefined;
}

/** A request that has arrived, and what strikes it. */
interface Arrived {
  readonly device: number;
  /** The n-th of the device. */
  readonly n: number;
  readonly wire: WireRequest;
  readonly fault: NetFault | undefined;
}

/** Takes an answer; null: the connection broke before there was one. */
type Then = (made: WireAnswer | null) => void;

/**
 * What stands in front of the server and says everything that a server, or somebody in its place,
 * can say. A key that it refuses is refused for good, also when a late copy of the request comes:
 * a server that knows keys looks them up first.
 */
export class SimGateway {
  /** Keys that were refused by no fault of their request: they may end as rejected. */
  readonly refused = new Set<string>();
  /** How often a key was told lies of its record, which are believed when they are told again and again. */
  readonly lies = new Map<string, number>();
  /** Keys that took effect and are answered with 500 ever since. */
  readonly hidden = new Set<string>();
  /** Creates that were told as done, and were not. */
  readonly falseYeses = new Set<string>();
  /** Reads of a device that were told once that there is nothing. */
  readonly #denied = new Set<string>();
  readonly #options: SimGatewayOptions;
  /** What a key is answered whenever it comes. */
  readonly #kept = new Map<string, WireAnswer>();
  /** The last answer to a write of each device, and the key that it was for. */
  readonly #last = new Map<number, WireAnswer>();
  /** Whether answers name the key that they are for: drawn for the whole run. */
  readonly #echoes: boolean;

  constructor(options: SimGatewayOptions) {
    this.#options = options;
    this.#echoes = keyed(options.world.seed, 'echo') < 0.5;
  }

  ask(arrived: Arrived, then: Then): void {
    const early = this.#refusal(arrived);
    const { wire } = arrived;
    const operations = wire.path === batchPath ? operationsIn(wire.body) : null;
    if (early) then(early);
    else if (operations) this.#askBatch(arrived, operations, then);
    else this.#askOne(arrived, then);
  }

  #refusal({ device, wire, fault }: Arrived): WireAnswer | null {
    const { credentials } = this.#options;
    const isWhole = fault?.startsWith('expired') && fault !== 'expiredPart';
    const ending = isWhole ? (fault as AuthFault) : undefined;
    const isIn = credentials?.(device).accepts(wire.headers.authorization, ending) ?? true;
    return isIn ? null : problem(401, 'unauthorized');
  }

  #askOne(arrived: Arrived, then: Then): void {
    const { wire, fault, n } = arrived;
    const key = keyOf(wire);
    const kept = key === null ? undefined : this.#kept.get(key);
    const early = kept ?? this.#early(arrived, key);
    // The request is lost, and its place on the line is another's.
    const other = fault === 'crossed' && n % 2 === 1 && !early ? this.#crossed(arrived) : null;
    if (early) then(this.#echoed(wire, early));
    else if (other) then(other);
    else this.#serve(wire, (made) => then(this.#late(arrived, key, made)));
  }

  /** What is answered instead of the server. */
  #early({ fault, n, device, wire }: Arrived, key: string | null): WireAnswer | null {
    if (key !== null && wire.method === 'DELETE' && this.#options.noDeletes) {
      this.refused.add(key);
      return plain(405);
    }
    if (fault === 'falseYes' && key !== null && this.#makesNothing(wire)) {
      this.falseYeses.add(key);
      return falseYes;
    }
    const answer = fault ? instead(fault, n) : null;
    if (fault === 'notFound' && key === null && wire.path.includes('/')) {
      // Two reads that agree are believed, and no cursor comes back to what was told there.
      const read = `${device} ${wire.path}`;
      if (this.#denied.has(read)) return null;
      this.#denied.add(read);
    }
    if (!answer || key === null) return answer;
    if (fault === 'refusal' || fault === 'stuck' || fault === 'tooLarge') {
      // It has been done: a server that knows keys says so.
      if (this.#tookEffect(key)) return null;
      this.#kept.set(key, answer);
      this.refused.add(key);
    }
    if (fault === 'precondition' && this.#tookEffect(key)) return null;
    // Said again and again, it is believed.
    if (fault === 'precondition' || fault === 'notFound') {
      this.refused.add(key);
      this.lies.set(key, (this.lies.get(key) ?? 0) + 1);
    }
    return answer;
  }

  /** What becomes of the server's answer on its way. */
  #late(arrived: Arrived, key: string | null, made: WireAnswer): WireAnswer {
    const { fault, n, device, wire } = arrived;
    if (key !== null && wire.method === 'POST') this.#mayHaveRefused(key, made.status);
    const answer = this.#echoed(wire, this.#options.bare && key !== null ? bared(made) : made);
    const crossed = fault === 'crossed' ? this.#crossed(arrived) : null;
    if (key !== null) this.#last.set(device, answer);
    if (crossed) return crossed;
    switch (fault) {
      case 'stuckAfter':
        if (key !== null && made.status < 300) {
          this.#kept.set(key, plain(500));
          this.refused.add(key);
          this.hidden.add(key);
        }
        return plain(500);
      case 'failedAfter':
        return plain(500);
      case 'acceptedAfter':
        return plain(202);
      case 'unreadable':
        return pick(
          [
            { ...answer, status: 206 },
            plain(304),
            { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' } },
          ],
          n,
        );
      case 'emptyBody':
        return made.status < 300 ? emptied(answer, n) : answer;
      default:
        return answer;
    }
  }

  /**
   * The answer to another write of the device; null where none has come yet, or where nothing could
   * tell that it is another's (docs/faults.md, NW8).
   */
  #crossed({ device, wire }: Arrived): WireAnswer | null {
    const other = this.#last.get(device);
    const key = keyOf(wire);
    if (!other || key === null) return null;
    const echo = other.headers['idempotency-key'];
    if (echo !== undefined) return echo === `"${key}"` ? null : other;
    if (other.status >= 300 || wire.method === 'DELETE' || other.body === '') return null;
    const { id } = JSON.parse(other.body) as { readonly id?: unknown };
    const own =
      wire.method === 'POST'
        ? (JSON.parse(wire.body) as { readonly id?: unknown }).id
        : decodeURIComponent(wire.path.slice(wire.path.indexOf('/') + 1));
    return own !== undefined && id !== undefined && id !== own ? other : null;
  }

  #askBatch(arrived: Arrived, all: readonly BatchOperation[], then: Then): void {
    const { device, fault, n, wire } = arrived;
    const whole = fault ? instead(fault, n) : null;
    if (whole) {
      then(whole);
      return;
    }
    const half = Math.ceil(all.length / 2);
    const isHalved = fault === 'partial' || fault === 'brokenOff';
    const failing = fault === 'partFails' || fault === 'partWaits' ? n % all.length : -1;
    const results = new Map<string, BatchResult>();
    const sent: BatchOperation[] = [];
    all.forEach((operation, i) => {
      const { operationId } = operation;
      const kept = this.#kept.get(operationId);
      const isLacking = operation.method === 'DELETE' && this.#options.noDeletes;
      if (fault === 'expiredPart' && i >= half - 1) {
        if (i === half - 1) {
          this.#options.credentials?.(device).accepts(wire.headers.authorization, 'expired');
        }
        results.set(operationId, resultOf(operationId, problem(401, 'unauthorized')));
      } else if (fault === 'noneAttempted' || (isHalved && i >= half))
        results.set(operationId, { operationId, status: 'notAttempted' });
      else if (i === failing) {
        const answer = fault === 'partFails' ? plain(500) : pick(waits, n);
        results.set(operationId, {
          ...resultOf(operationId, answer),
          ...(answer.headers['retry-after'] && {
            retryAfter: Number(answer.headers['retry-after']),
          }),
        });
      } else if (isLacking) {
        this.refused.add(operationId);
        results.set(operationId, resultOf(operationId, plain(405)));
      } else if (kept) results.set(operationId, resultOf(operationId, kept));
      else sent.push(operation);
    });
    this.#serve({ ...wire, body: JSON.stringify({ operations: sent }) }, (made) => {
      if (fault === 'brokenOff') {
        then(null);
        return;
      }
      const told = (JSON.parse(made.body) as { readonly results: BatchResult[] }).results;
      for (const result of told) {
        const { operationId: id, status } = result;
        const isPost = sent.some((it) => it.operationId === id && it.method === 'POST');
        if (isPost && status !== 'notAttempted') this.#mayHaveRefused(id, status);
        results.set(id, this.#baredResult(all, result));
      }
      const list = all.flatMap(({ operationId }) => results.get(operationId) ?? []);
      if (fault === 'shuffled') list.reverse();
      if (fault === 'missingResult') list.splice(n % all.length, 1);
      then(this.#late(arrived, null, resultsAnswer(list)));
    });
  }

  /** Somebody's record stood in its place; the key is told so whenever it comes, also when that is gone. */
  #mayHaveRefused(key: string, status: number): void {
    if (status === 409) this.refused.add(key);
  }

  /** The id of a record that was made is told in any case. */
  #baredResult(all: readonly BatchOperation[], result: BatchResult): BatchResult {
    const isMade = all.some(
      ({ operationId, method }) => operationId === result.operationId && method === 'POST',
    );
    if (!this.#options.bare || isMade || result.status === 'notAttempted') return result;
    const { record: _, ...bare } = result;
    return isTold(result.status) ? bare : result;
  }

  /** A create of a record that is not there: a read tells that a "yes" to it was none. */
  #makesNothing({ method, path, body }: WireRequest): boolean {
    if (method !== 'POST') return false;
    const { id } = JSON.parse(body) as { readonly id?: unknown };
    return typeof id === 'string' && !this.#options.server.rows(path).has(id);
  }

  #echoed(wire: WireRequest, answer: WireAnswer): WireAnswer {
    const key = wire.headers['idempotency-key'];
    if (!this.#echoes || key === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, 'idempotency-key': key } };
  }

  #tookEffect(key: string): boolean {
    return this.#options.server.ledger.some((effect) => effect.key === key);
  }

  /** `then` happens at the same virtual moment, also where the answer takes real time. */
  #serve(wire: WireRequest, then: (made: WireAnswer) => void): void {
    const { world, server } = this.#options;
    const made = server.handle(wire);
    if (made instanceof Promise) world.external(made.then(then));
    else then(made);
  }
}

/** An error, in the words of a success. */
const falseYes: WireAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"error":"the quota is used up"}',
};

/** What one operation of a batch is told that has to wait. */
const waits: readonly WireAnswer[] = [plain(202), plain(429, { 'retry-after': '2' }), plain(429)];

/** The requests that are in one: of a batch each of its operations, otherwise itself. */
export function requestsIn(wire: WireRequest): readonly WireRequest[] {
  const operations = wire.path === batchPath ? operationsIn(wire.body) : null;
  return operations?.map(requestOf) ?? [wire];
}

export function keyOf({ headers }: WireRequest): string | null {
  const key = headers['idempotency-key'];
  return key === undefined ? null : (keyIn(key) ?? null);
}

/** Statuses whose answers hold a record. */
function isTold(status: number): boolean {
  return status < 300 || status === 409 || status === 412;
}

function bared(answer: WireAnswer): WireAnswer {
  return isTold(answer.status) ? withoutBody(answer) : answer;
}

function withoutBody({ status, headers }: WireAnswer): WireAnswer {
  const { 'content-type': _, ...rest } = headers;
  return { status, headers: rest, body: '' };
}

/** 200 or 204, with what the headers say or without; where a record was made always stands there. */
function emptied(answer: WireAnswer, n: number): WireAnswer {
  const { headers, ...rest } = withoutBody(answer);
  const { location, 'idempotency-key': echo } = headers;
  const kept = {
    ...(location !== undefined && { location }),
    ...(echo !== undefined && { 'idempotency-key': echo }),
  };
  return { ...rest, status: n % 2 === 0 ? 204 : 200, headers: n % 3 === 0 ? kept : headers };
}
