import { describe, expect, test } from 'vitest';
import { json, meaning, record, todo } from '../support/rest.ts';
import { sayingWorld } from '../support/sayingServer.ts';
import { pause, statusOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

// Servers that say yes, or "later", and do not say what they made.

const { device } = sayingWorld();
const keyless = { idempotencyHeader: false, versioning: 'none' } as const;
const milk = { title: 'Milk', done: false };

describe('a yes that proves nothing', () => {
  test('SV22 neverLost: a create that is answered with "200, error" and is nowhere to be found is no success: it is shown, tried again, and a dead letter in the end', async () => {
    const at = await device((request) =>
      request.method === 'POST' ? json({ error: 'quota exceeded' }) : undefined,
    );
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    expect((await write.settled).outcome).toBe('rejected');
    expect(at.sync.models.todo.selectById(at.store.getState(), 'a')).toMatchObject(milk);
    expect(at.of('POST')).toBe(10);
  });

  test('SV4 neverLost: an edit that is answered with "200, error" and whose record is gone asks a person', async () => {
    let isThere = true;
    const at = await device((request) => {
      const isOne = request.url.endsWith('/todos/a');
      if (request.method === 'PATCH') {
        isThere = false;
        return json({ error: 'no such record' });
      }
      if (request.method !== 'GET') return undefined;
      if (isOne) return isThere ? json({ id: 'a', ...milk }, 200, { etag: '"1"' }) : undefined;
      const items = isThere ? [{ id: 'a', ...milk }] : [];
      return json({ items, versions: { a: '"1"' }, deleted: [], cursor: 'c', hasMore: false });
    });
    at.sync.models.todo.update('a', { title: 'Tea' });
    await until('asked', () => statusOf(at).conflicted === 1);
    expect(at.sync.models.todo.selectById(at.store.getState(), 'a')).toMatchObject({
      title: 'Tea',
    });
  });

  test('SV21: a delete that is answered with another record is not done', async () => {
    expect(await meaning(json({ id: 'other', title: 'x' }), 'delete')).toMatchObject({
      kind: 'retryLater',
      failure: { code: 'unreadable' },
    });
    for (const body of [record, { deleted: true }]) {
      expect(await meaning(json(body), 'delete')).toMatchObject({ kind: 'committed' });
    }
  });

  test.each([
    ['/notes/7/', '7'],
    ['https://api.example.com/v1/notes/a%20b/', 'a b'],
  ])(
    'SV22: the id stands in Location %s, with or without a slash at the end',
    async (location, id) => {
      const note = { ...todo, name: 'note', endpoint: 'notes', ids: 'server' as const };
      const answer = await meaning(
        new Response(null, { status: 201, headers: { location } }),
        'create',
        note,
      );
      expect(answer).toMatchObject({ kind: 'committed', remote: { record: { id } } });
    },
  );
});

describe('a yes that names the id and nothing else', () => {
  test.each([200, 201])(
    'SV22 neverLost: what was made stays as it was written (%s)',
    async (status) => {
      const at = await device(
        ({ method }) => (method === 'POST' ? json({ id: 7 }, status) : undefined),
        keyless,
      );
      const { note } = at.sync.models;
      const { id, settled } = note.create({ text: 'one' });
      expect((await settled).outcome).toBe('committed');
      expect(note.selectById(at.store.getState(), id)).toEqual({ id, text: 'one' });
    },
  );

  test('SV22: it is a yes, also where the record can not be read', async () => {
    const at = await device(({ method, url }) => {
      if (method === 'POST') return json({ id: 'a' }, 201);
      return url.endsWith('/todos/a') ? json({ title: 'busy' }, 500) : undefined;
    }, keyless);
    expect((await at.sync.models.todo.create({ id: 'a', ...milk }).settled).outcome).toBe(
      'committed',
    );
    expect(at.of('POST')).toBe(1);
  });

  test('SV22 neverLost: a change that is answered with it leaves the other fields alone', async () => {
    const items = [{ id: 'a', ...milk }];
    const at = await device((request) => {
      if (request.method !== 'GET') return json({ id: 'a' });
      return request.url.includes('/todos?') ? json({ items }) : undefined;
    }, keyless);
    const { todo } = at.sync.models;
    expect((await todo.update('a', { done: true }).settled).outcome).toBe('committed');
    expect(todo.selectById(at.store.getState(), 'a')).toEqual({
      id: 'a',
      title: 'Milk',
      done: true,
    });
  });
});

describe('a server without keys', () => {
  test('SV31 SV22: a create that it answers without an id is not sent again and again: a person decides', async () => {
    const at = await device(
      (request) => (request.method === 'POST' ? new Response(null, { status: 201 }) : undefined),
      keyless,
    );
    const write = at.sync.models.note.create({ text: 'one' });
    expect((await write.settled).outcome).toBe('rejected');
    await pause(50);
    expect(at.of('POST')).toBe(1);
    expect(at.sync.outbox.list()[0]?.status.failure?.message).toContain('which id was made');
  });

  test('SV31 SV21: nor one that it answers with an id of its own, where ours was given', async () => {
    const at = await device(
      (request) => (request.method === 'POST' ? json({ id: 17, ...milk }, 201) : undefined),
      keyless,
    );
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    expect((await write.settled).outcome).toBe('rejected');
    await pause(50);
    expect(at.of('POST')).toBe(1);
  });

  test('SV31 SV21: one whose own id somebody else has there is a conflict, not done', async () => {
    const at = await device(({ method, url }) => {
      if (method === 'POST') return json({ id: 17, ...milk }, 201);
      return url.endsWith('/todos/a') ? json({ id: 'a', title: 'Theirs', done: true }) : undefined;
    }, keyless);
    const met: string[] = [];
    at.sync.events.on('conflictMerged', ({ recordId }) => met.push(recordId));
    at.sync.models.todo.create({ id: 'a', ...milk });
    await until('it is changed to what was written', () => at.of('PATCH') > 0);
    expect(met).toEqual(['a']);
  });

  test('SV22 neverLost: a create that is answered with "200, error" and is nowhere to be found goes three times at most', async () => {
    const at = await device(
      ({ method }) => (method === 'POST' ? json({ error: 'quota exceeded' }) : undefined),
      keyless,
    );
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    expect((await write.settled).outcome).toBe('rejected');
    expect(at.of('POST')).toBe(3);
  });

  test('SV31: a create that is found under its own id is done, whatever its answer was about', async () => {
    const at = await device((request) => {
      if (request.method === 'POST') return json({ id: 17, ...milk }, 201);
      return request.url.endsWith('/todos/a') ? json({ id: 'a', ...milk }) : undefined;
    }, keyless);
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    expect((await write.settled).outcome).toBe('committed');
    expect(at.of('POST')).toBe(1);
  });

  test('SV19: a create that it took for later (202) and that nothing can be asked by is not sent again: a person decides', async () => {
    const at = await device(
      (request) => (request.method === 'POST' ? json(undefined, 202) : undefined),
      keyless,
    );
    const write = at.sync.models.note.create({ text: 'one' });
    expect((await write.settled).outcome).toBe('rejected');
    expect(at.of('POST')).toBe(1);
  });

  test('SV19: an edit that it took for later (202) is asked for by reading, and sent once', async () => {
    const stored: Record<string, unknown> = { id: 'a', ...milk };
    let reads = 0;
    const at = await device((request) => {
      if (request.method === 'PATCH') return json(undefined, 202);
      if (request.method !== 'GET') return undefined;
      if (!request.url.endsWith('/todos/a')) return json({ items: [stored] });
      if (++reads === 3) stored.title = 'Tea';
      return json(stored);
    }, keyless);
    const write = at.sync.models.todo.update('a', { title: 'Tea' });
    expect((await write.settled).outcome).toBe('committed');
    expect(at.of('PATCH')).toBe(1);
    expect(reads).toBe(3);
  });

  test('SV19: nor is it sent again where the wire fails while it is asked for', async () => {
    const stored: Record<string, unknown> = { id: 'a', ...milk };
    let reads = 0;
    const at = await device((request) => {
      if (request.method === 'PATCH') return json(undefined, 202);
      if (request.method !== 'GET') return undefined;
      if (!request.url.endsWith('/todos/a')) return json({ items: [stored] });
      if (++reads === 2) throw new TypeError('no network');
      if (reads === 4) stored.title = 'Tea';
      return json(stored);
    }, keyless);
    const write = at.sync.models.todo.update('a', { title: 'Tea' });
    expect((await write.settled).outcome).toBe('committed');
    expect(at.of('PATCH')).toBe(1);
  });
});

describe('202 of a server with keys', () => {
  test('SV19: what a read shows as done is done, though the stored answer says 202 for ever; and waits grow', async () => {
    let reads = 0;
    const at = await device((request) => {
      if (request.method === 'POST') return json(undefined, 202);
      return request.url.endsWith('/todos/a') && ++reads === 3
        ? json({ id: 'a', ...milk }, 200, { etag: '"1"' })
        : undefined;
    });
    const waits: number[] = [];
    at.sync.events.on('retryScheduled', ({ failure, retryAt }) => waits.push(retryAt - failure.at));
    const write = at.sync.models.todo.create({ id: 'a', ...milk });
    expect((await write.settled).outcome).toBe('committed');
    expect(waits.length).toBeGreaterThan(1);
    for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(250 * 2 ** i);
  });
});

test('SV22 neverLost: nor is it one where the read that would tell can not be read', async () => {
  let isMade = false;
  const at = await device(async (request) => {
    if (request.method === 'POST' && !isMade) return json({ error: 'not now' });
    if (request.method === 'POST') return json(await request.json(), 201, { etag: '"1"' });
    if (!request.url.endsWith('/todos/a')) return undefined;
    isMade = true;
    return json(undefined, 202);
  });
  expect((await at.sync.models.todo.create({ id: 'a', ...milk }).settled).outcome).toBe(
    'committed',
  );
  expect(at.of('POST')).toBe(2);
});
