import { connect, createServer, type Socket } from 'node:net';

/** One device's own way to the API: a relay that can be cut while all others go on. */
export interface Line {
  /** Where the device finds the API. */
  readonly url: string;
  readonly isCut: boolean;
  /** Ends every connection over it without an answer, and lets no new one in. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export interface LineOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** The API's. */
  readonly to: string;
}

/** Opens a line: bytes go through as they are. */
export function openLine({ port, to }: LineOptions): Promise<Line> {
  const { hostname, port: apiPort } = new URL(to);
  const sockets = new Set<Socket>();
  let isCut = false;

  /** When one end goes, so does the other. */
  function bind(one: Socket, other: Socket): void {
    sockets.add(one);
    one.once('error', () => one.destroy());
    one.once('close', () => {
      sockets.delete(one);
      other.destroy();
    });
    one.pipe(other);
  }

  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(apiPort), hostname);
    bind(socket, onward);
    bind(onward, socket);
  });

  function cut(): void {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  }

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({
        url: `http://${hostname}:${bound}`,
        get isCut() {
          return isCut;
        },
        cut,
        mend: () => {
          isCut = false;
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            cut();
          }),
      });
    });
  });
}
