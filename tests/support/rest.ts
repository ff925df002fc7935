import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Env } from '../../src/ports/env.ts';
import type { Answer, ModelWire, Transport } from '../../src/ports/transport.ts';
import { sealRequest } from '../../src/rest/seal.ts';
import { settingsOf } from '../../src/rest/settings.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';
import { fetching } from './fetching.ts';

export const base = 'https://api.example.com/v1/';
/** The clock of these tests: ms since 1970. */
export const now = Date.UTC(2026, 4, 1, 12);

export const todo: ModelWire = {
  ...{ name: 'todo', endpoint: 'todos', ids: 'client', nulls: 'delete', versionField: null },
};

export const record = { id: 'a', title: 'Tea' };

export function intent(kind: Intent['kind'], more: Partial<Intent> = {}): Intent {
  return {
    ...{ kind, model: 'todo', recordId: 'a', key: 'op-1', operationIds: ['op-1'] },
    ...{ changes: { title: 'Tea' }, base: null, version: '"1"', alias: null, request: null },
    ...more,
  };
}

/** What would stand on the disk for an intent. */
export function sealed(
  kind: Intent['kind'],
  more: Partial<Intent> = {},
  model: ModelWire = todo,
  options: Partial<RestOptions> = {},
): SealedRequest {
  const made = intent(kind, more);
  const { key, operationIds } = made;
  const settings = settingsOf({ baseUrl: base, ...options });
  return { ...sealRequest(made, model, settings), kind, key, operationIds };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  const text = body === undefined ? null : JSON.stringify(body);
  return new Response(text, { status, headers: { 'content-type': type, ...headers } });
}

export function text(body: string, type: string, status = 200): Response {
  return new Response(body, { status, headers: { 'content-type': type } });
}

/** What a test's server says to a request. */
export type Saying = (request: Request) => Response | Promise<Response>;

export interface Heard {
  readonly transport: Transport;
  /** Requests that left, oldest first, with their bodies. */
  readonly requests: { readonly request: Request; readonly body: unknown }[];
}

/** A transport whose server is a function, and what it was sent. */
export function against(
  saying: Saying,
  options: Partial<RestOptions> = {},
  env: Partial<Env> = {},
): Heard {
  const requests: Heard['requests'] = [];
  const fetch = fetching(async (request) => {
    const sent = request.clone();
    const said = await sent.text();
    requests.push({ request, body: said === '' ? null : JSON.parse(said) });
    return saying(request);
  });
  const made = rest({ baseUrl: base, ...options });
  return { transport: made({ ...browserEnv, now: () => now, fetch, ...env }), requests };
}

export const { signal } = new AbortController();

/** What the answer to one write means. */
export function meaning(
  response: Response,
  kind: Intent['kind'] = 'update',
  model: ModelWire = todo,
  options: Partial<RestOptions> = {},
): Promise<Answer> {
  const { transport } = against(() => response, options);
  return transport.push(sealed(kind, {}, model, options), model, signal);
}

export function pullRequest(more: Partial<Parameters<Transport['pull']>[0]> = {}) {
  return { model: todo, cursor: null, limit: 10, offset: 0, filter: {}, ...more };
}
