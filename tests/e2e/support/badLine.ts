import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** What happens to a write on its way: each is what real lines, proxies and browsers do. */
export type Mischief =
  /** It never arrives. */
  | 'drop'
  /** It arrives twice. */
  | 'duplicate'
  /** The line breaks while its body is sent. */
  | 'breakUpload'
  /** It is done; the answer breaks off, and the length that was promised is never reached. */
  | 'breakAnswer'
  /** It is done; half of the answer comes as if it were the whole of it. */
  | 'halveAnswer'
  /** It is done; the answer is held until `release`. */
  | 'holdAnswer';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const writes = new Set(['POST', 'PATCH', 'PUT', 'DELETE']);

/** A line between browser and server that does mischief to the next writes, in order. */
export class BadLine implements AsyncDisposable {
  readonly #server = createServer((incoming, outgoing) => {
    this.#pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  readonly #target: string;
  #planned: Mischief[] = [];
  #held: (() => void)[] = [];
  /** Mischief done so far. */
  done: Mischief[] = [];

  private constructor(target: string) {
    this.#target = target;
  }

  static async make(target: string): Promise<BadLine> {
    const line = new BadLine(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  plan(...mischief: readonly Mischief[]): void {
    this.#planned.push(...mischief);
  }

  /** Lets the held answers go on. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const mischief = writes.has(incoming.method ?? '') ? this.#planned.shift() : undefined;
    if (mischief) this.done.push(mischief);
    if (mischief === 'drop' || mischief === 'breakUpload') {
      // Before its first byte is read, or after: in both cases nobody behind us hears of it.
      if (mischief === 'breakUpload') await once(incoming, 'readable');
      incoming.socket.destroy();
      return;
    }
    const body = await collect(incoming);
    if (mischief === 'duplicate') await this.#ask(incoming, body);
    const answer = await this.#ask(incoming, body);
    if (mischief === 'holdAnswer') await new Promise<void>((resolve) => this.#held.push(resolve));
    give(outgoing, answer, mischief);
  }

  #ask({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { method: method ?? 'GET', headers };
      const asked = request(`${this.#target}${url}`, options, (answer) => {
        collect(answer).then((heard) => {
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: heard });
        }, reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }
}

function give(outgoing: ServerResponse, answer: Answer, mischief: Mischief | undefined): void {
  const { 'transfer-encoding': _, ...headers } = answer.headers;
  const half = answer.body.subarray(0, Math.floor(answer.body.length / 2));
  const whole = mischief === 'halveAnswer' ? half : answer.body;
  outgoing.writeHead(answer.status, { ...headers, 'content-length': whole.length });
  if (mischief !== 'breakAnswer') outgoing.end(whole);
  else outgoing.write(half, () => outgoing.destroy());
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
