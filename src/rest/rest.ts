import { SyncError } from '../errors.ts';
import type { Env } from '../ports/env.ts';
import type { Transport, TransportFactory } from '../ports/transport.ts';
import { readBody } from './answerBody.ts';
import { pullAnswer, pushAnswer, readAnswer } from './answers.ts';
import { recordPath, sealRequest } from './seal.ts';

export type HeaderSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface RestOptions {
  /** Where the endpoints stand under; `https`, or `http` on a local host. */
  readonly baseUrl: string;
  /** Sent with every request; asked for at send time, never kept. */
  readonly headers?: HeaderSource;
  /** ms until a request without a complete answer is given up (30 s). */
  readonly timeout?: number;
  /** `include` sends cookies across origins. Default `same-origin`. */
  readonly credentials?: RequestCredentials;
}

const defaultTimeout = 30_000;
const probeTimeout = 10_000;

function checkedBase(baseUrl: string): string {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch (cause) {
    throw new SyncError('badConfig', 'rest: baseUrl must be an absolute URL', cause);
  }
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) {
    throw new SyncError('badConfig', 'rest: baseUrl must be https (http on localhost alone)');
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/**
 * Any REST server: POST, PATCH (merge patch) or PUT, DELETE with `Idempotency-Key` and `If-Match`;
 * pulls by cursor. A wire failure throws; everything a server says is an answer.
 *
 * @example createSync({ …, transport: rest({ baseUrl: 'https://api.example.com' }) })
 * @throws SyncError `badConfig`
 */
export function rest(options: RestOptions): TransportFactory {
  const base = checkedBase(options.baseUrl);
  const timeout = options.timeout ?? defaultTimeout;
  if (!(timeout > 0)) throw new SyncError('badConfig', 'rest: timeout must be a number above 0');
  return (env) => createRest(env, base, timeout, options);
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
}

function createRest(env: Env, base: string, timeout: number, options: RestOptions): Transport {
  /** Sends and reads to the end, within the deadline. */
  async function send<T>(
    sent: Sent,
    signal: AbortSignal,
    read: (response: Response) => Promise<T>,
    deadline = timeout,
  ): Promise<T> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const timer = env.setTimer(deadline, stop, 'request');
    try {
      const { headers } = options;
      const own = typeof headers === 'function' ? await headers() : headers;
      const request = new Request(`${base}${sent.path.replace(/^\//, '')}${sent.query ?? ''}`, {
        method: sent.method,
        headers: { accept: 'application/json', ...own, ...sent.headers },
        body: sent.body ?? null,
        signal: abort.signal,
        redirect: 'error',
        // A read must come from the server. A write always does, and with `no-store` Chromium keeps no
        // preflight either: across origins every write would be two requests.
        cache: sent.method === 'GET' ? 'no-store' : 'default',
        referrerPolicy: 'no-referrer',
        credentials: options.credentials ?? 'same-origin',
      });
      return await read(await env.fetch(request));
    } finally {
      env.clearTimer(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  return {
    seal: sealRequest,
    push: (request, model, signal) => {
      const headers: Record<string, string> = { 'idempotency-key': `"${request.key}"` };
      if (request.ifMatch !== null) headers['if-match'] = request.ifMatch;
      if (request.contentType !== null) headers['content-type'] = request.contentType;
      const { method, path, query, body } = request;
      return send({ method, path, query, headers, body }, signal, async (response) =>
        pushAnswer(request, model, response, await readBody(response), env.now()),
      );
    },
    pull: ({ model, cursor, limit }, signal) => {
      const parameters = new URLSearchParams(cursor === null ? {} : { since: cursor });
      parameters.set('limit', String(limit));
      const sent = { method: 'GET', path: model.endpoint, query: `?${parameters}` };
      return send(sent, signal, async (response) =>
        pullAnswer(model, response, await readBody(response, ['versions']), env.now()),
      );
    },
    read: (model, serverId, signal) =>
      send({ method: 'GET', path: recordPath(model, serverId) }, signal, async (response) =>
        readAnswer(response, await readBody(response)),
      ),
    probe: (models, signal) => {
      const first = models[0];
      const sent = { method: 'GET', path: first?.endpoint ?? '', query: '?limit=1' };
      // Any answer will do: the server is there.
      const heard = async (response: Response) => {
        await response.body?.cancel();
      };
      return send(sent, signal, heard, Math.min(timeout, probeTimeout));
    },
  };
}
