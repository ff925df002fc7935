import { describe, expect, test } from 'vitest';
import {
  against,
  base,
  json,
  now,
  pullRequest,
  record,
  sealed,
  signal,
  text,
  todo,
} from '../support/rest.ts';

const encoded = (part: string) => new TextEncoder().encode(part);

/** Timers that ring when the test says so. */
function handTimers() {
  const open = new Map<number, { readonly label: string; readonly ring: () => void }>();
  let count = 0;
  return {
    open,
    env: {
      setTimer: (_: number, ring: () => void, label: string) => {
        open.set(++count, { label, ring });
        return count;
      },
      clearTimer: (timer: number) => void open.delete(timer),
    },
    ring: (label: string) => {
      const found = [...open.values()].find((timer) => timer.label === label);
      if (!found) throw new Error(`no timer "${label}" is set`);
      found.ring();
    },
  };
}

/** An answer that comes part by part, when the test says so. */
function partedAnswer() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (made) => {
      controller = made;
    },
  });
  return {
    response: new Response(body, { headers: { 'content-type': 'application/json' } }),
    send: (part: string) => controller?.enqueue(encoded(part)),
    end: () => controller?.close(),
  };
}

const tasks = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe('what every request is', () => {
  test('NW13 NW15 NW22 SEC26: follows no redirect, takes nothing from a cache, tells no referrer', async () => {
    const { transport, requests } = against(() => json(record));
    await transport.push(sealed('update'), todo, signal);
    await transport.read(todo, 'a', signal);
    const common = {
      redirect: 'manual',
      referrerPolicy: 'no-referrer',
      credentials: 'same-origin',
    };
    // A write is never answered from a cache, and `no-store` would cost it a preflight each time.
    expect(requests[0]?.request).toMatchObject({ ...common, method: 'PATCH', cache: 'default' });
    expect(requests[1]?.request).toMatchObject({ ...common, method: 'GET', cache: 'no-store' });
  });

  test('NW15: an address behind a redirect is never asked', async () => {
    const { transport, requests } = against(
      () => new Response(null, { status: 307, headers: { location: 'https://evil.example.com' } }),
    );
    await transport.push(sealed('update'), todo, signal);
    await transport.pull(pullRequest(), signal);
    expect(requests.map(({ request }) => new URL(request.url).origin)).toEqual([
      'https://api.example.com',
      'https://api.example.com',
    ]);
  });

  test('P8: the key goes in the header that the option names, or not at all', async () => {
    const sent = async (idempotencyHeader: string | false | undefined) => {
      const options = idempotencyHeader === undefined ? {} : { idempotencyHeader };
      const { transport, requests } = against(() => json(record), options);
      await transport.push(sealed('update'), todo, signal);
      return Object.fromEntries(requests[0]?.request.headers ?? []);
    };
    expect(await sent(undefined)).toMatchObject({ 'idempotency-key': '"op-1"' });
    expect(await sent('X-Request-Id')).toMatchObject({ 'x-request-id': 'op-1' });
    expect(Object.values(await sent(false)).join()).not.toContain('op-1');
  });

  test('SV25: If-Match carries strong versions alone, and none where versions are told otherwise', async () => {
    const ifMatch = async (version: string, options = {}) => {
      const { transport, requests } = against(() => json(record), options);
      const model = { ...todo, versionField: 'v' };
      await transport.push(sealed('update', { version }, model, options), model, signal);
      return requests[0]?.request.headers.get('if-match');
    };
    expect(await ifMatch('"1"')).toBe('"1"');
    expect(await ifMatch('W/"1"')).toBeNull();
    expect(await ifMatch('"1"', { versioning: 'none' })).toBeNull();
    expect(await ifMatch('"1"', { versioning: 'field' })).toBeNull();
    expect(await ifMatch('"1"', { versioning: 'field', ifMatch: true })).toBe('"1"');
  });

  test('SV15: a version that goes by a field goes back in the body, as it came', () => {
    const model = { ...todo, versionField: 'rev' };
    const options = { versioning: 'field' as const };
    const base = { id: 'a', rev: 7 };
    const body = (version: string, more = {}) =>
      JSON.parse(sealed('update', { base, version, ...more }, model, options).body ?? '');
    expect(body('"7"')).toEqual({ title: 'Tea', rev: 7 });
    expect(body('"8"')).toEqual({ title: 'Tea' });
    expect(body('"7"', { changes: { rev: 99 } })).toEqual({ rev: 7 });
  });
});

describe('NW11: an answer that does not come to its end', () => {
  function underWay(options: object = {}) {
    const timers = handTimers();
    const answer = partedAnswer();
    const { transport } = against(() => answer.response, options, timers.env);
    const push = transport.push(sealed('update'), todo, signal);
    push.catch(() => {});
    return { ...timers, ...answer, push };
  }

  test('is given up when the total time is over, though it goes on', async () => {
    const { send, ring, push, open } = underWay();
    await tasks();
    send('{"id"');
    await tasks();
    ring('request');
    await expect(push).rejects.toMatchObject({ name: 'AbortError' });
    expect(open.size).toBe(0);
  });

  test('is given up when nothing of it has come for a while: headers, then silence', async () => {
    const { ring, push, open } = underWay();
    await tasks();
    ring('answer');
    await expect(push).rejects.toMatchObject({ name: 'AbortError' });
    expect(open.size).toBe(0);
  });

  test('is waited for anew whenever some of it has come', async () => {
    const { send, end, push, open } = underWay();
    await tasks();
    const waits: number[] = [];
    for (const part of JSON.stringify(record)) {
      const [wait] = [...open].find(([, { label }]) => label === 'answer') ?? [];
      waits.push(wait ?? 0);
      send(part);
      await tasks();
    }
    end();
    expect(await push).toMatchObject({ kind: 'committed', remote: { record } });
    expect(new Set(waits).size).toBe(JSON.stringify(record).length);
    expect(open.size).toBe(0);
  });

  test('of an app’s own callback is given up likewise', async () => {
    const never = () => new Promise<never>(() => {});
    for (const options of [{ headers: never }, { auth: { token: never } }]) {
      const { ring, push } = underWay(options);
      await tasks();
      ring('request');
      await expect(push).rejects.toMatchObject({ name: 'AbortError' });
    }
  });

  test('has the time that the options give it', async () => {
    const waits: Record<string, number> = {};
    const setTimer = (delay: number, _: () => void, label: string) => {
      waits[label] = delay;
      return 0;
    };
    const env = { setTimer, clearTimer: () => {} };
    const send = async (options: object) => {
      const { transport } = against(() => json(record), options, env);
      await transport.push(sealed('update'), todo, signal);
      return { ...waits };
    };
    expect(await send({})).toEqual({ request: 30_000, answer: 15_000 });
    const own = { timeout: 7_000, idleTimeout: 3_000 };
    expect(await send(own)).toEqual({ request: 7_000, answer: 3_000 });
  });

  test('NW9: leaves no timer behind when the wire fails', async () => {
    const timers = handTimers();
    const { transport } = against(() => Promise.reject(new TypeError('reset')), {}, timers.env);
    await expect(transport.push(sealed('update'), todo, signal)).rejects.toThrow('reset');
    expect(timers.open.size).toBe(0);
  });
});

describe('NW17: an answer without end', () => {
  const endless = () => {
    let sent = 0;
    const chunk = encoded('x'.repeat(10_000));
    const body = new ReadableStream({
      pull: (controller) => {
        sent++;
        controller.enqueue(chunk);
      },
    });
    const headers = { 'content-type': 'application/json' };
    return { response: new Response(body, { headers }), sent: () => sent };
  };

  test('is cut off at the limit', async () => {
    const { response, sent } = endless();
    const { transport } = against(() => response, { limits: { answer: 50_000 } });
    expect(await transport.push(sealed('update'), todo, signal)).toMatchObject({
      kind: 'retryLater',
      failure: { code: 'unreadable', message: 'the answer is too large' },
    });
    expect(sent()).toBeLessThan(10);
  });

  test('of which only its kind is wanted is not read at all', async () => {
    const { response, sent } = endless();
    const { transport } = against(() => response);
    expect(await transport.check?.(todo, signal)).toBe(true);
    expect(sent()).toBeLessThan(3);
  });
});

describe('NW12 NW13: a probe', () => {
  const probe = (response: () => Response, options = {}) => {
    const made = against(response, options);
    return { ...made, done: made.transport.probe([todo], signal) };
  };

  test('is content with any answer of a server', async () => {
    for (const status of [200, 204, 400, 401, 404, 500, 503]) {
      await expect(probe(() => new Response(null, { status })).done).resolves.toBeUndefined();
    }
    const busy = () => text('<html>Bad gateway</html>', 'text/html', 502);
    await expect(probe(busy).done).resolves.toBeUndefined();
  });

  test('P11: hears that the server asks for time', async () => {
    const busy = () => json({}, 503, { 'retry-after': '4' });
    await expect(probe(busy).done).resolves.toMatchObject({ by: 'pause', retryIn: 4_000 });
    await expect(probe(() => json({}, 429)).done).resolves.toMatchObject({ by: 'pause' });
  });

  test('is not content with a portal: a page, a redirect, 511', async () => {
    for (const portal of [
      () => text('<html>Welcome</html>', 'text/html'),
      () => new Response(null, { status: 302, headers: { location: 'https://hotel.example' } }),
      () => Object.defineProperty(new Response(null), 'status', { value: 0 }),
      () => text('', 'text/html', 511),
    ]) {
      await expect(probe(portal).done).rejects.toMatchObject({ code: 'remote' });
    }
    const nobody = () => {
      throw new TypeError('fetch failed');
    };
    await expect(probe(nobody).done).rejects.toThrow();
  });

  test('asks for one record of the first model, or for what the option names', async () => {
    const url = async (options: object) => {
      const { done, requests } = probe(() => json([]), options);
      await done;
      return requests[0]?.request.url;
    };
    expect(await url({})).toBe(`${base}todos?limit=1`);
    expect(await url({ probe: '/health' })).toBe(`${base}health`);
  });
});

describe('SV23: the server’s clock', () => {
  const measured = async (response: Response, path?: string) => {
    const { transport } = against(() => response, { origins: ['https://files.example.com'] });
    const request = { ...sealed('update'), ...(path && { path }) };
    await transport.push(request, todo, signal).catch(() => {});
    return transport.clockOffset?.();
  };
  const date = new Date(now + 90_000).toUTCString();

  test('is measured by its Date, and unknown before', async () => {
    expect(against(() => json(record)).transport.clockOffset?.()).toBeNull();
    expect(await measured(json(record, 200, { date }))).toBe(90_500);
    expect(await measured(json(record, 200, { date: 'noon' }))).toBeNull();
  });

  test('TM1: is measured when the head of an answer has come, however long its body takes', async () => {
    let time = now;
    const body = {
      pull(controller: ReadableStreamDefaultController) {
        time += 20_000;
        controller.enqueue(new TextEncoder().encode(JSON.stringify(record)));
        controller.close();
      },
    };
    const headers = { 'content-type': 'application/json', date };
    // Read when it is asked for, and no sooner.
    const slow = new ReadableStream(body, { highWaterMark: 0 });
    const response = new Response(slow, { headers });
    const { transport } = against(() => response, {}, { now: () => time });
    await transport.push(sealed('update'), todo, signal);
    expect(time).toBeGreaterThan(now);
    expect(transport.clockOffset?.()).toBe(90_500);
  });

  test('is not that of a portal or of another origin', async () => {
    const page = new Response('<html>', { headers: { 'content-type': 'text/html', date } });
    expect(await measured(page)).toBeNull();
    const other = 'https://files.example.com/a';
    expect(await measured(json(record, 200, { date }), other)).toBeNull();
  });
});
