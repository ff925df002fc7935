import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { HttpEnv } from './httpEnv.ts';

/** A port that is open, with a hand on every connection it has. */
export interface Listening {
  readonly url: string;
  /** Ends every open connection at once, without an answer. */
  hangUpAll(): void;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly app: Hono<HttpEnv>;
  /** 0 takes any free one. */
  readonly port: number;
  /** Asked for every new connection; false ends it before a byte is read. */
  readonly accepts?: () => boolean;
}

/** Binds to this machine alone: the demo is nobody else's server. */
export function listen({ app, port, accepts = () => true }: ListenOptions): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer(
    getRequestListener((request, env) => app.fetch(request, env), { overrideGlobalObjects: false }),
  );
  server.on('connection', (socket) => {
    if (!accepts()) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const hangUpAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      hangUpAll();
    });

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ url: `http://127.0.0.1:${bound}`, hangUpAll, close });
    });
  });
}
