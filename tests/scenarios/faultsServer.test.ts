import { describe, expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire, withBody } from '../support/wire.ts';
import { type Device, type Todo, testModels, until } from '../support/world.ts';

const world = serverWorld();
const milk = { title: 'Milk', done: false };

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const synced = (device: Device) => until('synced', () => statusOf(device).phase === 'synced');
const word = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectRecordStatus(store.getState(), id).status;
const shown = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectById(store.getState(), id);
const allShown = ({ sync, store }: Device) => sync.models.todo.selectAll(store.getState());
const body = (id: string) => world.database.records.find('todos', id)?.record;

describe('refusals', () => {
  test.each(['keep', 'rollback'] as const)(
    'SV1: what the server refuses is a dead letter with its reason; the model says %s; only its record waits',
    async (onReject) => {
      const todoModel = defineModel<Todo>({ endpoint: 'todos', onReject });
      const more = { models: { ...testModels, todo: todoModel } };
      const device = await world.device({ more });
      await synced(device);
      const { todo } = device.sync.models;
      await todo.create({ ...milk, id: 'a' }).settled;
      const letters: unknown[] = [];
      device.sync.events.on('deadLetter', ({ recordId, failure }) =>
        letters.push([recordId, failure.status, failure.message]),
      );
      device.sync.pause();
      const bad = todo.update('a', { title: '' });
      await bad.saved;
      await device.sync.resume();
      expect((await bad.settled).outcome).toBe('rejected');
      const behind = todo.update('a', { done: true });
      const other = todo.create({ ...milk, id: 'b' });
      expect((await other.settled).outcome).toBe('committed');
      expect(letters).toEqual([['a', 422, 'A todo needs a title.']]);
      expect(shown(device, 'a')).toEqual({
        ...{ id: 'a', done: true },
        title: onReject === 'keep' ? '' : 'Milk',
      });
      expect(body('a')).toEqual({ ...milk, id: 'a' });
      await device.sync.outbox.discard(bad.operationId);
      expect((await behind.settled).outcome).toBe('committed');
      expect(body('a')).toEqual({ id: 'a', title: 'Milk', done: true });
    },
  );

  test('SV13: a key that stands for another request there is told and refused; no new key is made for it in silence', async () => {
    const wire = watchedWire();
    const device = await world.device({ env: wire.env() });
    await synced(device);
    device.sync.pause();
    const write = device.sync.models.todo.create({ ...milk, id: 'mine' });
    await write.saved;
    await fetch(`${world.url}/todos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `"${write.operationId}"` },
      body: JSON.stringify({ id: 'foreign', title: 'another', done: true }),
    });
    const letters: unknown[] = [];
    device.sync.events.on('deadLetter', ({ failure }) => letters.push(failure.message));
    await device.sync.resume();
    expect((await write.settled).outcome).toBe('rejected');
    expect(letters).toEqual([expect.stringContaining('Idempotency-Key')]);
    expect(wire.writes().map(({ key }) => key)).toEqual([write.operationId]);
    expect(world.ledger().map(({ recordId }) => recordId)).toEqual(['foreign']);
    expect(shown(device, 'mine')).toMatchObject(milk);
  });
});

describe('a server that can not now', () => {
  const sameRequest = (exchanges: readonly { key: string | null; body: string }[]) =>
    new Set(exchanges.map(({ key, body }) => `${key} ${body}`)).size;

  test.each([408, 421, 425])(
    'SV8: a %i is asked again with the same key and the same bytes',
    async (status) => {
      await asksAgain(status);
    },
  );

  test.each([500, 502, 503, 504, 507, 509, 520, 599])(
    'SV17: a %i is asked again with the same key and the same bytes, after a wait',
    async (status) => {
      await asksAgain(status);
    },
  );

  async function asksAgain(status: number) {
    let left = 2;
    // Said on the way: Node's own fetch answers a 421 by sending the request once more, empty.
    const wire = watchedWire(async (request, pass) =>
      request.method === 'GET' || left-- <= 0 ? pass() : new Response('not now', { status }),
    );
    const device = await world.device({ env: wire.env() });
    await synced(device);
    const said: unknown[] = [];
    device.sync.events.on('retryScheduled', ({ failure, retryAt }) =>
      said.push([failure.status, retryAt >= failure.at]),
    );
    const write = device.sync.models.todo.create(milk);
    expect((await write.settled).outcome).toBe('committed');
    expect(said).toEqual([
      [status, true],
      [status, true],
    ]);
    expect(wire.writes().map((item) => item.status)).toEqual([status, status, 201]);
    expect(sameRequest(wire.writes())).toBe(1);
    expect(world.ledger(write.id)).toHaveLength(1);
  }

  test('SV9: while the first sending of a key is still under way there, the same key waits and is answered', async () => {
    let busy = 2;
    const wire = watchedWire(async (request, pass) => {
      if (request.method === 'GET' || busy-- <= 0) return pass();
      // The reference server's own words, for a first sending that takes long.
      const type = 'idempotency-in-progress';
      const headers = { 'retry-after': '0', 'content-type': 'application/problem+json' };
      return Response.json({ type, title: 'under way' }, { status: 409, headers });
    });
    const device = await world.device({ env: wire.env() });
    const write = device.sync.models.todo.create(milk);
    expect((await write.settled).outcome).toBe('committed');
    expect(wire.writes().map(({ status }) => status)).toEqual([409, 409, 201]);
    expect(sameRequest(wire.writes())).toBe(1);
    expect(device.sync.conflicts.log()).toEqual([]);
  });
});

describe('somebody else was there', () => {
  test('SV4: changed here, deleted there (410): a person chooses whether it is made again or goes', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    for (const id of ['again', 'gone']) await todo.create({ ...milk, id }).settled;
    for (const id of ['again', 'gone']) await world.someoneElse('DELETE', `todos/${id}`);
    device.sync.pause();
    for (const id of ['again', 'gone']) todo.update(id, { done: true });
    await device.sync.resume();
    await until('asked', () => device.sync.conflicts.list().length === 2);
    expect(shown(device, 'again')).toMatchObject({ done: true });
    await device.sync.conflicts.resolve('again', 'keepLocal');
    await device.sync.conflicts.resolve('gone', 'keepRemote');
    await synced(device);
    expect(body('again')).toEqual({ id: 'again', title: 'Milk', done: true });
    expect(shown(device, 'gone')).toBeUndefined();
    expect(body('gone')).toBeNull();
  });

  test('SV5: deleted here and there (410) is what both wanted', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    await todo.create({ ...milk, id: 'a' }).settled;
    await world.someoneElse('DELETE', 'todos/a');
    expect((await todo.remove('a').settled).outcome).toBe('committed');
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(device.sync.outbox.list()).toEqual([]);
  });

  test('SV10: a 409 with the record that stands there is a conflict: both sides’ fields are kept', async () => {
    const device = await world.device();
    await synced(device);
    device.sync.pause();
    const write = device.sync.models.todo.create({ ...milk, id: 'same' });
    await write.saved;
    await world.someoneElse('POST', 'todos', { id: 'same', title: 'Theirs', note: 'n' });
    await device.sync.resume();
    expect((await write.settled).outcome).toBe('merged');
    await synced(device);
    const both = { id: 'same', title: 'Milk', done: false, note: 'n' };
    expect(body('same')).toEqual(both);
    expect(shown(device, 'same')).toEqual(both);
    expect(device.sync.conflicts.log()).toMatchObject([{ field: 'title', remote: 'Theirs' }]);
  });

  test('SV11: a 412 is merged and sent as a new operation: new key, new version, and it says what it replaces', async () => {
    const wire = watchedWire();
    const storage = memory();
    const device = await world.device({ env: wire.env(), storage, name: 'superseding' });
    const { todo } = device.sync.models;
    await todo.create({ ...milk, id: 'a' }).settled;
    await world.someoneElse('PATCH', 'todos/a', { title: 'Theirs' });
    const edit = todo.update('a', { done: true });
    expect((await edit.settled).outcome).toBe('merged');
    const [refused, taken, ...rest] = wire.writes('PATCH');
    expect(rest).toEqual([]);
    expect([refused?.status, taken?.status]).toEqual([412, 200]);
    expect(refused).toMatchObject({ key: edit.operationId, headers: { 'if-match': '"1"' } });
    expect(taken?.headers['if-match']).toBe('"2"');
    expect(taken?.key).not.toBe(edit.operationId);
    const rows = await (await storage.open('superseding')).readRows(0, 99);
    const resolved = rows.map(({ text }) => JSON.parse(String(text))).find(isResolved);
    expect(resolved).toMatchObject({
      replaced: [edit.operationId],
      operation: { id: taken?.key, supersedes: [edit.operationId] },
    });
    expect(body('a')).toEqual({ id: 'a', title: 'Theirs', done: true });
  });

  const isResolved = (row: { type: string }) => row.type === 'resolved';

  test('SV23: clocks that are years apart, here and there, change nothing: the server’s order counts', async () => {
    const years = 365 * 86_400_000;
    const wire = watchedWire(async (_, pass) => {
      const response = await pass();
      const headers = new Headers(response.headers);
      headers.set('date', 'Thu, 01 Jan 1970 00:00:00 GMT');
      return new Response(response.body, { status: response.status, headers });
    });
    const ahead = await world.device({ env: wire.env({ now: () => Date.now() + 10 * years }) });
    const behind = await world.device({ env: wire.env({ now: () => Date.now() - 30 * years }) });
    const dated = { ...milk, id: 'a', updatedAt: '2099-01-01T00:00:00Z' };
    await ahead.sync.models.todo.create(dated).settled;
    await behind.sync.models.todo.pull();
    const late = { title: 'later', updatedAt: '1980-01-01T00:00:00Z' };
    await ahead.sync.models.todo.update('a', { note: 'n' }).settled;
    // On what it pulled: the server says 412, and both sides' fields are kept.
    expect((await behind.sync.models.todo.update('a', late).settled).outcome).toBe('merged');
    await ahead.sync.models.todo.pull();
    for (const device of [ahead, behind]) {
      expect(shown(device, 'a')).toEqual({ ...dated, ...late, note: 'n' });
      expect(statusOf(device).phase).toBe('synced');
    }
  });
});

describe('answers that are none', () => {
  const nonsense = ['null', '[]', '3', '"yes"', '{', '{"id":7}', '{"id":null,"items":1}', '[[]]'];

  test('SV20: whatever JSON comes instead of a record, it reaches no record here, and the write is asked for again', async () => {
    const left = nonsense.slice(0, 6);
    const wire = watchedWire((request, pass) => {
      const next = request.method === 'POST' ? left.shift() : undefined;
      return next === undefined ? pass() : withBody(pass(), () => next);
    });
    const device = await world.device({ env: wire.env() });
    await synced(device);
    const write = device.sync.models.todo.create({ ...milk, id: 'a' });
    const seen = new Set<string>();
    device.store.subscribe(() => seen.add(JSON.stringify(allShown(device))));
    expect((await write.settled).outcome).toBe('committed');
    expect(left).toEqual([]);
    expect(seen).toEqual(new Set([JSON.stringify([{ ...milk, id: 'a' }])]));
    expect(world.ledger('a')).toHaveLength(1);
  });

  test('SV20: whatever JSON comes instead of a list, no record changes and the pull is made again', async () => {
    await world.someoneElse('POST', 'todos', { ...milk, id: 'a' });
    const left: string[] = [];
    const wire = watchedWire((request, pass) => {
      const next = request.url.includes('/todos?since=') ? left.shift() : undefined;
      return next === undefined ? pass() : withBody(pass(), () => next);
    });
    const more = { backoff: { base: 60_000, cap: 60_000 } };
    const device = await world.device({ env: wire.env({ random: () => 0.99 }), more });
    await synced(device);
    // An empty list is one.
    left.push(...nonsense.filter((text) => text !== '[]'));
    while (left.length > 0) {
      const before = left.length;
      expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'failed', items: 0 });
      expect(left.length).toBe(before - 1);
      expect(allShown(device)).toEqual([{ ...milk, id: 'a' }]);
    }
    expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'done' });
  });

  test('SV32: what the server makes of a write is the new base, and the edits made meanwhile stay on top', async () => {
    const wire = watchedWire((request, pass) => {
      if (request.method === 'GET') return pass();
      return withBody(pass(), (text) => JSON.stringify({ ...JSON.parse(text), slug: 'milk-1' }));
    });
    const device = await world.device({ env: wire.env() });
    await synced(device);
    world.trouble.set({ delayMs: 60 });
    const { todo } = device.sync.models;
    const write = todo.create({ ...milk, id: 'a' });
    await until('under way', () => word(device, 'a') === 'syncing');
    const edit = todo.update('a', { done: true });
    await write.settled;
    expect(shown(device, 'a')).toEqual({ id: 'a', title: 'Milk', done: true, slug: 'milk-1' });
    expect((await edit.settled).outcome).toBe('committed');
    expect(JSON.parse(wire.writes('PATCH')[0]?.body ?? '')).toEqual({ done: true });
  });
});

describe('a server that forgets', () => {
  test('SV31: it forgot the keys: what was done is recognised by version or last operation, and not done twice', async () => {
    const wire = watchedWire();
    const device = await world.device({ env: wire.env() });
    await synced(device);
    const { todo } = device.sync.models;
    const acts = [
      () => todo.create({ ...milk, id: 'a' }),
      () => todo.update('a', { done: true }),
      () => todo.remove('a'),
    ];
    for (const [done, act] of acts.entries()) {
      world.trouble.set({ dropAnswers: 1 });
      const write = act();
      await until('applied', () => world.ledger('a').length === done + 1);
      world.database.sql.exec('DELETE FROM idempotency');
      expect((await write.settled).outcome).toBe('committed');
    }
    expect(world.ledger('a').map(({ method }) => method)).toEqual(['POST', 'PATCH', 'DELETE']);
    expect(wire.writes().length).toBeGreaterThan(3);
    expect(device.sync.conflicts.list()).toEqual([]);
  });

  test('SV26 SV27: its data began anew: all is pulled from the start, what is looked up and gone goes, what waits is sent', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    for (const id of ['a', 'b']) await todo.create({ ...milk, id }).settled;
    await synced(device);
    await todo.pull();
    device.sync.pause();
    const waiting = todo.create({ ...milk, id: 'waiting' });
    await waiting.saved;
    world.database.reset();
    await world.someoneElse('POST', 'todos', { ...milk, id: 'new' });
    expect(await todo.pull()).toMatchObject({ status: 'done' });
    const ids = () => allShown(device).map(({ id }) => id);
    expect(ids()).toEqual(['new', 'waiting']);
    await device.sync.resume();
    expect((await waiting.settled).outcome).toBe('committed');
    expect(body('waiting')).toMatchObject(milk);
    expect(ids()).toEqual(['new', 'waiting']);
  });
});

describe('pages', () => {
  test('SV29: pages that repeat, overlap and come in any order make the same records', async () => {
    for (let i = 0; i < 9; i++) await world.someoneElse('POST', 'todos', { ...milk, id: `t${i}` });
    const known: unknown[] = [];
    let overlaps = false;
    const wire = watchedWire((request, pass) => {
      if (!request.url.includes('/todos?')) return pass();
      const [address, query] = request.url.split('?');
      const asked = new URLSearchParams(query);
      asked.set('limit', '2');
      const small = fetch(`${address}?${asked}`);
      return withBody(small, (text) => {
        const page = JSON.parse(text);
        if (!Array.isArray(page.items)) return text;
        known.push(...page.items);
        const items = overlaps ? [...page.items, ...known].reverse() : page.items;
        return JSON.stringify({ ...page, items });
      });
    });
    const straight = await world.device({ env: wire.env() });
    await synced(straight);
    known.length = 0;
    overlaps = true;
    const crooked = await world.device({ env: wire.env() });
    await synced(crooked);
    expect(allShown(crooked)).toHaveLength(9);
    expect(allShown(crooked)).toEqual(allShown(straight));
    await world.someoneElse('PATCH', 'todos/t3', { done: true });
    await crooked.sync.models.todo.pull();
    expect(shown(crooked, 't3')).toMatchObject({ done: true });
  });

  test.each(['the same cursor', 'no cursor'])(
    'SV30: a server that always has more under %s is left, and the status says so',
    async (kind) => {
      let asked = 0;
      const wire = watchedWire((request, pass) => {
        if (!request.url.includes('/todos?')) return pass();
        asked++;
        return withBody(pass(), (text) => {
          const cursor = kind === 'no cursor' ? null : 'stuck';
          return JSON.stringify({ ...JSON.parse(text), cursor, hasMore: true });
        });
      });
      const env = wire.env({ random: () => 0.99 });
      const more = { backoff: { base: 60_000, cap: 60_000 } };
      const device = await world.device({ env, more });
      await until('said', () => statusOf(device).reason === 'pullFailed');
      expect(statusOf(device).phase).toBe('waiting');
      // A probe may be among them.
      expect(asked).toBeLessThan(6);
    },
  );
});

test('SV22: the id that the server gave stands after a crash; edits that waited go to it', async () => {
  const wire = watchedWire();
  const storage = memory();
  const first = await world.device({ storage, name: 'named' });
  const { note } = first.sync.models;
  const write = note.create({ text: 'one' });
  await write.settled;
  first.sync.pause();
  await note.update(write.id, { text: 'two' }).saved;
  const [made] = world.database.records.all('notes');
  expect(made?.id).not.toBe(write.id);
  // Another page over the same disk: the first one never said good-bye.
  const shared = { kind: 'memory', open: () => storage.open('named') };
  const second = await world.device({
    ...{ env: wire.env(), storage: shared, name: 'named again' },
    transport: rest({ baseUrl: world.url }),
  });
  await synced(second);
  expect(wire.writes().map(({ method, path }) => [method, path])).toEqual([
    ['PATCH', `/notes/${made?.id}`],
  ]);
  const notes = () => second.sync.models.note.selectAll(second.store.getState());
  expect(notes()).toEqual([{ id: write.id, text: 'two' }]);
  await second.sync.models.note.pull();
  expect(notes()).toEqual([{ id: write.id, text: 'two' }]);
});
