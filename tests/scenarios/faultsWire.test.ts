import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import { type Handler, rawServer } from '../support/rawServer.ts';
import { type Device, deviceEnv, makeDevice, until } from '../support/world.ts';

/** Servers, proxies and portals that do to HTTP what no well-behaved one does: over real sockets. */
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(handle: Handler) {
  const server = await rawServer(handle);
  ends.push(server.close);
  return server;
}

const always: Handler = () => false;

/** A device against a URL, whose waits for the next probe are short. */
async function device(baseUrl: string, options: Partial<RestOptions> = {}): Promise<Device> {
  const env = deviceEnv({
    setTimer: (delay, callback, label) =>
      browserEnv.setTimer(label === 'machine' ? Math.min(delay, 30) : delay, callback, label),
  });
  const made = makeDevice({ transport: rest({ baseUrl, ...options }), env });
  ends.push(() => made.sync.stop());
  made.sync.start();
  await made.sync.ready;
  return made;
}

const milk = { title: 'Milk', done: false };
const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const waits = (device: Device) =>
  until('it waits', () => ['waiting', 'attention'].includes(statusOf(device).phase));
const shown = ({ sync, store }: Device) => sync.models.todo.selectAll(store.getState());

describe('answers that do not end', () => {
  test('NW11: a server that sends a byte now and then is given up at the deadline, and holds up no other record', async () => {
    let drips = 2;
    const dripping: (() => void)[] = [];
    const server = await serve(({ method, body }, response) => {
      if (method !== 'POST' || !body.includes('drip') || drips-- <= 0) return false;
      response.writeHead(201, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
      dripping.push(() => clearInterval(timer));
      return true;
    });
    const made = await device(server.url, { timeout: 300 });
    const { todo } = made.sync.models;
    const slow = todo.create({ title: 'drip', done: false });
    await until('it drips', () => dripping.length === 1);
    const quick = todo.create(milk);
    expect((await quick.settled).outcome).toBe('committed');
    expect(made.sync.outbox.list()).toMatchObject([{ operation: { id: slow.operationId } }]);
    expect((await slow.settled).outcome).toBe('committed');
    const sent = server.writes().filter(({ body }) => body.includes('drip'));
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('NW17: an answer that unpacks to more and more is cut off, and the next one is taken', async () => {
    let bombs = 1;
    let [unpacked, ended] = [0, 0];
    const server = await serve(({ method }, response) => {
      if (method !== 'POST' || bombs-- <= 0) return false;
      response.writeHead(201, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      const zip = createGzip();
      pipeline(zip, response, () => ended++);
      const spaces = Buffer.alloc(1_000_000, ' ');
      const more = (): void => {
        if (ended > 0) return;
        unpacked += spaces.length;
        zip.write(spaces, () => setImmediate(more));
      };
      more();
      return true;
    });
    const made = await device(server.url);
    const failures: string[] = [];
    made.sync.events.on('retryScheduled', ({ failure }) => failures.push(failure.code));
    const write = made.sync.models.todo.create(milk);
    expect((await write.settled).outcome).toBe('committed');
    expect(failures).toEqual(['unreadable']);
    await until('the line was cut', () => ended === 1);
    expect(unpacked).toBeGreaterThan(16_000_000);
  });
});

describe('who answers is not the server', () => {
  test('NW12: a portal that answers everything with its own page changes no record, and no write is lost to it', async () => {
    let inFront = true;
    const server = await serve((_, response) => {
      if (!inFront) return false;
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Welcome to the hotel</html>');
      return true;
    });
    const made = await device(server.url);
    const write = made.sync.models.todo.create(milk);
    const removal = made.sync.models.todo.remove('elsewhere');
    await until('both were tried', () => server.writes().length > 1);
    await waits(made);
    expect(shown(made)).toEqual([{ ...milk, id: write.id }]);
    expect(made.sync.outbox.list()).toHaveLength(2);
    inFront = false;
    await made.sync.resume();
    expect((await write.settled).outcome).toBe('committed');
    expect((await removal.settled).outcome).toBe('committed');
  });

  test('NW14: a record under a foreign content type is no answer: asked again with the same key', async () => {
    let foreign = 2;
    const server = await serve(({ method, body }, response) => {
      if (method !== 'POST' || foreign-- <= 0) return false;
      response.writeHead(201, { 'content-type': 'text/plain', etag: '"7"' });
      response.end(body);
      return true;
    });
    const made = await device(server.url);
    const failures: string[] = [];
    made.sync.events.on('retryScheduled', ({ failure }) => failures.push(failure.code));
    const write = made.sync.models.todo.create(milk);
    expect((await write.settled).outcome).toBe('committed');
    expect(failures).toEqual(['unreadable', 'unreadable']);
    const keys = server.writes().map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  test.each([301, 302, 307, 308])(
    'NW13 NW15: a %i to elsewhere is not followed, and no credentials get there',
    async (status) => {
      const elsewhere = await serve(always);
      let redirects = true;
      const server = await serve(({ url }, response) => {
        if (!redirects) return false;
        response.writeHead(status, { location: `${elsewhere.url}${url}` });
        response.end();
        return true;
      });
      const headers = { authorization: 'Bearer secret' };
      const made = await device(server.url, { headers });
      const write = made.sync.models.todo.create(milk);
      await waits(made);
      expect(shown(made)).toEqual([{ ...milk, id: write.id }]);
      expect(made.sync.outbox.list()).toHaveLength(1);
      redirects = false;
      await made.sync.resume();
      expect((await write.settled).outcome).toBe('committed');
      expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer secret');
      expect(elsewhere.requests).toEqual([]);
    },
  );

  test('NW13: a line that can not be made safe is no line: the write waits', async () => {
    const plain = await serve(always);
    const made = await device(`https://localhost:${plain.port}`);
    const write = made.sync.models.todo.create(milk);
    await waits(made);
    expect(statusOf(made)).toMatchObject({ online: false, reason: 'offline' });
    expect(made.sync.outbox.list()).toMatchObject([{ operation: { id: write.operationId } }]);
    expect(plain.requests).toEqual([]);
  });
});

test('NW16 NW22: a list that is "not modified" is asked for again, as before: without a condition and past every cache', async () => {
  let refused = 3;
  const server = await serve(({ method, url }, response) => {
    if (method !== 'GET' || !url.startsWith('/todos')) return false;
    const items = [{ ...milk, id: 'a' }];
    response.writeHead(refused > 0 ? 304 : 200, { 'content-type': 'application/json' });
    if (refused-- > 0) response.end();
    else response.end(JSON.stringify({ items, deleted: [], cursor: 'c', hasMore: false }));
    return true;
  });
  const made = await device(server.url);
  await until('pulled', () => shown(made).length === 1);
  const asked = server.requests.filter(({ url }) => url.startsWith('/todos'));
  expect(asked.length).toBeGreaterThan(3);
  for (const { headers } of asked) {
    expect(headers).not.toHaveProperty('if-none-match');
    expect(headers).not.toHaveProperty('if-modified-since');
    expect(headers['cache-control']).toBe('no-cache');
  }
});
