import { describe, expect, test } from 'vitest';
import { json, meaning, record, text } from '../support/rest.ts';
import { sayingWorld } from '../support/sayingServer.ts';
import { statusOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

// Rows of the answer table, over HTTP, to the end.

const { device } = sayingWorld();
const milk = { title: 'Milk', done: false };
const isWrite = ({ method }: Request) => method !== 'GET';
const made = async (request: Request) => json(await request.json(), 201, { etag: '"1"' });

describe('answers that spend no attempt', () => {
  test.each<[string, () => Response]>([
    ['SV19: 202', () => json(undefined, 202)],
    ['SV9: 409 in progress', () => json({ type: 'idempotency-in-progress' }, 409)],
    ['SV14: 429', () => json({}, 429, { 'retry-after': '0' })],
    ['SV14: 503 that says when', () => json({}, 503, { 'retry-after': '0' })],
    ['AU1: 401', () => json({}, 401)],
    ['SV7: 405', () => json({}, 405)],
  ])('%s', async (_, answer) => {
    let left = 2;
    const renewed = { auth: { token: () => 'secret', refresh: async () => true } };
    const at = await device((request) => {
      if (!isWrite(request)) return undefined;
      return left-- > 0 ? answer() : made(request);
    }, renewed);
    const seen: number[] = [];
    at.store.subscribe(() => {
      for (const { status } of at.sync.outbox.list()) seen.push(status.attempts);
    });
    at.sync.models.todo.create({ id: 'a', ...milk });
    await until('asked twice', () => {
      void at.sync.resume();
      return left <= 0;
    });
    expect(Math.max(0, ...seen)).toBe(0);
  });
});

describe('a page of HTML in the place of an answer', () => {
  test('N5 SV18: 200 with a log-in page is no server: the device is offline, and sends it when the page is gone', async () => {
    let isPortal = false;
    const at = await device((request) => {
      if (isPortal) return text('<html>Welcome to the hotel</html>', 'text/html');
      return isWrite(request) ? made(request) : undefined;
    });
    isPortal = true;
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    await until('it is told', () => statusOf(at).reason === 'offline');
    expect(at.sync.outbox.list()[0]?.status.attempts).toBe(0);
    expect(statusOf(at)).toMatchObject({ online: false, failed: 0 });
    isPortal = false;
    await at.sync.resume();
    expect((await write.settled).outcome).toBe('committed');
  });
});

test('SV3: 403 is a dead letter with the server’s words, asked once; the others go on', async () => {
  const at = await device(async (request) => {
    if (!isWrite(request)) return undefined;
    const body = await request.json();
    return body.id === 'a' ? json({ detail: 'not yours' }, 403) : json(body, 201, { etag: '"1"' });
  });
  const refused = at.sync.models.todo.create({ id: 'a', ...milk });
  expect((await refused.settled).outcome).toBe('rejected');
  const taken = at.sync.models.todo.create({ id: 'b', ...milk });
  expect((await taken.settled).outcome).toBe('committed');
  expect(at.of('POST')).toBe(2);
  expect(at.sync.outbox.list()[0]?.status.failure).toMatchObject({
    ...{ code: 'forbidden', status: 403, message: 'not yours' },
  });
});

test('SV17: 203 brings the record as 200 does, 205 says yes and no more', async () => {
  expect(await meaning(json(record, 203, { etag: '"2"' }))).toMatchObject({
    ...{ kind: 'committed', version: '"2"', remote: { record } },
  });
  const reset = new Response(null, { status: 205, headers: { etag: '"3"' } });
  expect(await meaning(reset)).toEqual({ kind: 'committed', remote: null, version: '"3"' });
});

test('NW10: an answer whose head came and whose body does not go on is given up after the idle time, long before the whole time, and asked for again', async () => {
  let isSilent = true;
  const at = await device(
    (request) => {
      if (!isWrite(request)) return undefined;
      if (!isSilent) return made(request);
      isSilent = false;
      const body = new ReadableStream({ start: (to) => to.enqueue(new TextEncoder().encode('{')) });
      return new Response(body, { status: 201, headers: { 'content-type': 'application/json' } });
    },
    { idleTimeout: 100, timeout: 60_000 },
  );
  const began = at.of('POST');
  const write = at.sync.models.todo.create({ id: 'a', ...milk });
  expect((await write.settled).outcome).toBe('committed');
  expect(at.of('POST') - began).toBe(2);
});
