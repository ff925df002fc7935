import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configureStore } from '@reduxjs/toolkit';
import { onTestFinished } from 'vitest';
import { createSync, type Models, type TransportFactory } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import { fetching } from './fetching.ts';
import { deviceEnv, until } from './world.ts';

/** A server on a socket of its own. */
export async function listen(
  listener: RequestListener,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url, close };
}

/** A request as the server heard it. */
export interface Sent {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly type: string | null;
  readonly body: unknown;
}

/** What becomes of an answer on its way: it may be lost after the server has acted. */
type OnWay = (sent: Sent, response: Response) => Response | 'lost';

/** A device with the models of an example, whose way to the server the test holds. */
export async function exampleDevice<M extends Models>(models: M, transport: TransportFactory) {
  const sent: Sent[] = [];
  let isAway = false;
  let onWay: OnWay = (_, response) => response;
  const fetchOnWay = async (request: Request): Promise<Response> => {
    if (isAway) throw new TypeError('no network');
    const { method, headers } = request;
    const { pathname, search } = new URL(request.url);
    const text = await request.clone().text();
    const body: unknown = text === '' ? null : JSON.parse(text);
    const made = { method, url: pathname + search, type: headers.get('content-type'), body };
    const response = await fetch(request);
    sent.push(made);
    const given = onWay(made, response);
    if (given === 'lost') throw new TypeError('the connection was cut');
    return given;
  };
  const sync = createSync({
    ...{ name: `example-${crypto.randomUUID()}`, models, transport, storage: memory() },
    env: deviceEnv({ fetch: fetching(fetchOnWay) }),
    backoff: { base: 10, cap: 50 },
  });
  const store = configureStore({
    reducer: { [sync.reducerPath]: sync.reducer },
    middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
  });
  onTestFinished(() => sync.stop());
  sync.start();
  await sync.ready;
  const status = () => sync.selectSyncStatus(store.getState());
  return {
    ...{ sync, store, status, models: sync.models },
    /** What left this device and was answered (also if the answer was lost). */
    sent,
    state: () => store.getState(),
    leave: () => {
      isAway = true;
    },
    comeBack: () => {
      isAway = false;
    },
    /** The first answer to such a request is lost, after the server has acted; what comes `then`. */
    loseAnswer: (method: string, then = () => {}) => {
      onWay = (made, response) => {
        if (made.method !== method) return response;
        onWay = (_, later) => later;
        then();
        return 'lost';
      };
    },
    synced: () => until('all is synced', () => status().phase === 'synced'),
  };
}
