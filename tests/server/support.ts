import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from '../../demo/server/start.ts';

type Fields = Record<string, unknown>;

/** An answer read to its end, in the words the tests use. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Fields;
}

export interface Sending {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: BodyInit;
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

export function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'reference-server-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'data.sqlite');
}

export async function serve(
  options: Partial<ReferenceServerOptions> = {},
): Promise<ReferenceServer> {
  const file = options.file ?? temporaryFile();
  const server = await startReferenceServer({ ...options, file });
  onTestFinished(() => server.close());
  return server;
}

/** One plain HTTP call. */
export async function call(url: string, sending: Sending = {}): Promise<Heard> {
  const { method = 'GET', body, raw, key, headers = {} } = sending;
  const answer = await fetch(url, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(key === undefined ? {} : { 'Idempotency-Key': `"${key}"` }),
      ...headers,
    },
    body: raw ?? (body === undefined ? null : JSON.stringify(body)),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === '' ? {} : (JSON.parse(text) as Fields),
  };
}

/** A call whose path goes out letter by letter, as fetch never would. */
export function callRawPath(base: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const sent = request({ hostname, port, path, method: 'GET' }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode));
    });
    sent.once('error', reject);
    sent.end();
  });
}

export async function addTodo(apiUrl: string, title: string): Promise<string> {
  const id = randomUUID();
  await call(`${apiUrl}/todos`, { method: 'POST', body: { id, title }, key: `add-${id}` });
  return id;
}
