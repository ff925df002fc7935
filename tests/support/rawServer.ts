import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers a request in any way that HTTP allows; false: as a plain server of records would. */
export type Handler = (request: RawRequest, response: ServerResponse) => boolean;

/** A server on a port of its own that does to the wire what no well-behaved one would. */
export async function rawServer(handle: Handler) {
  const requests: RawRequest[] = [];
  const written = new Map<string, string>();
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(parts).toString() };
      requests.push(request);
      if (!handle(request, outgoing)) answerPlainly(written, request, outgoing);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    requests,
    port,
    url: `http://127.0.0.1:${port}`,
    writes: () => requests.filter(({ method }) => method !== 'GET' && method !== 'OPTIONS'),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** An empty list, a yes to every write, and a record as it was written last. */
function answerPlainly(
  written: Map<string, string>,
  { method, url, body }: RawRequest,
  response: ServerResponse,
): void {
  const [, collection = '', id] = url.split('?')[0]?.split('/') ?? [];
  const list = { items: [], deleted: [], cursor: 'c', hasMore: false };
  const made = method === 'POST' ? String(JSON.parse(body).id) : id;
  const key = `${collection}/${made}`;
  if (method === 'POST') written.set(key, body);
  const known = id === undefined ? JSON.stringify(list) : written.get(key);
  const text = method === 'GET' ? known : body;
  response.writeHead(text === undefined ? 404 : method === 'POST' ? 201 : 200, {
    ...{ 'content-type': 'application/json', etag: '"1"' },
  });
  response.end(text ?? '{}');
}
