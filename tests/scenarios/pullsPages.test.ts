import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { PullAnswer, PullRequest } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { fetching } from '../support/fetching.ts';
import { entryOf, idsOf, patient, progressOf, seed, withTodo } from '../support/pulls.ts';
import {
  type Bend,
  busy,
  pause,
  quickEnv,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { type Device, makeDevice, until } from '../support/world.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };

/** As databases without a feed do it: in the order of the ids, each page from a cursor, the last with none. */
function byKey(size: number): Bend {
  return ({ pull }) => ({
    pull: async (request, signal) => {
      const page = await pull({ ...request, cursor: null, limit: Infinity }, signal);
      if (page.kind !== 'page' || request.model.name !== 'todo') return page;
      const sorted = page.items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const left = sorted.filter(({ id }) => request.cursor === null || id > request.cursor);
      const items = left.slice(0, size);
      const hasMore = items.length === size;
      return {
        ...page,
        items,
        deleted: [],
        hasMore,
        cursor: hasMore ? (items.at(-1)?.id ?? null) : null,
      };
    },
  });
}

/** Requests for todos as they were made, and what a test makes of their answers. */
function watched(answer: (page: PullAnswer, request: PullRequest) => PullAnswer = (page) => page) {
  const asked: PullRequest[] = [];
  const bend: Bend = ({ pull }) => ({
    pull: async (request, signal) => {
      const page = await pull(request, signal);
      if (request.model.name !== 'todo') return page;
      asked.push(request);
      return answer(page, request);
    },
  });
  return { asked, bend };
}

describe('S19 P19: pages', () => {
  test('of the size that the model says, and the cursor stands in the row of its records', async () => {
    const ids = seed(world.server, 25);
    const rows: { items: unknown[]; cursor: string | null; complete: boolean }[] = [];
    const storage = bent(memory(), {
      beforeCommit: ({ append = [] }) => {
        const added = append.map((row) => JSON.parse(row));
        rows.push(...added.filter((row) => row.type === 'pulled' && row.model === 'todo'));
      },
    });
    const { asked, bend } = watched();
    const device = await world.settled({ bend, storage, more: withTodo({ pageSize: 10 }) });
    expect(idsOf(device)).toEqual(ids);
    expect(asked.map(({ limit, cursor }) => [limit, cursor])).toEqual([
      ...[
        [10, null],
        [10, '10'],
        [10, '20'],
      ],
    ]);
    const told = rows.map(({ items, cursor, complete }) => [items.length, cursor, complete]);
    expect(told).toEqual([
      ...[
        [10, '10', false],
        [10, '20', false],
        [5, null, false],
        [0, '25', true],
      ],
    ]);
  });

  test('S18: limit brings so many at most; the next pull goes on behind them', async () => {
    const ids = seed(world.server, 25);
    const device = world.device();
    const { todo } = device.sync.models;
    device.sync.start();
    device.sync.pause();
    await device.sync.ready;
    await until('it leads', () => statusOf(device).role === 'leading');
    expect(await todo.pull({ limit: 10 })).toMatchObject({
      status: 'done',
      hasMore: true,
      items: 10,
    });
    expect(idsOf(device)).toEqual(ids.slice(0, 10));
    expect(await todo.pull({ limit: 10 })).toMatchObject({ items: 10, hasMore: true });
    expect(await todo.pull({ limit: 10 })).toMatchObject({ items: 5, hasMore: false });
    expect(idsOf(device)).toEqual(ids);
    expect(progressOf(device)).toMatchObject({ pulled: true, fullSince: null });
  });

  test('S18 P19: a pull that a limit ends does not take the place of the whole one that was due', async () => {
    const ids = seed(world.server, 25);
    const device = world.device();
    const { todo } = device.sync.models;
    device.sync.start();
    device.sync.pause();
    await device.sync.ready;
    await until('it leads', () => statusOf(device).role === 'leading');
    // The first pull is due; a person looks at the beginning before it may run.
    expect(await todo.pull({ limit: 10 })).toMatchObject({ hasMore: true, items: 10 });
    await device.sync.resume();
    await until('the rest is here', () => idsOf(device).length === 25);
    expect(idsOf(device)).toEqual(ids);
    // Nothing is due any more: a limit is a limit.
    await synced(device);
    for (let i = 0; i < 20; i++) world.server.put('todo', `new${i}`, milk);
    expect(await todo.pull({ limit: 5 })).toMatchObject({ hasMore: true, items: 5 });
    const { pulls } = world.server;
    await pause(50);
    expect(world.server.pulls).toBe(pulls);
  });

  test('S18: since brings what changed from there once, and leaves the cursor where it is', async () => {
    const ids = seed(world.server, 3);
    const device = await world.settled();
    world.server.put('todo', 'new', milk);
    const result = await device.sync.models.todo.pull({ since: '1' });
    expect(result).toMatchObject({ status: 'done', items: 3 });
    expect(idsOf(device)).toEqual(['new', ...ids]);
    expect(progressOf(device)?.cursor).toBe('3');
    world.server.put('todo', 'newer', milk);
    await device.sync.models.todo.pull({ since: '3' });
    expect(progressOf(device)?.cursor).toBe('3');
    world.server.expireCursors();
    expect((await device.sync.models.todo.pull({ since: '1' })).status).toBe('failed');
  });

  test('S18: a page is fetched by place or since, is stored, and moves no cursor', async () => {
    const ids = seed(world.server, 30);
    world.server.pagesBy = 'place';
    const device = await world.started({ bend: failing('todo'), more: patient });
    await until('the first pull failed', () => statusOf(device).reason === 'pullFailed');
    const { todo } = device.sync.models;
    const page = await todo.fetch({ limit: 5, offset: 10 });
    expect(page).toMatchObject({ status: 'done', hasMore: true, failure: null });
    expect(page.records.map((record) => record.id)).toEqual(ids.slice(10, 15));
    expect(page.records[0]).toBe(todoOf(device, ids[10] ?? ''));
    expect(idsOf(device)).toEqual(ids.slice(10, 15));
    expect(progressOf(device)).toMatchObject({ cursor: null, pulled: false, fullSince: null });
    world.server.pagesBy = 'cursor';
    const changes = await todo.fetch({ since: '28' });
    expect(changes.records.map((record) => record.id)).toEqual(ids.slice(28));
    expect(changes.cursor).toBe('30');
    const part = await todo.fetch({ filter: { title: ids[2] ?? '' } });
    expect(part.records.map((record) => record.id)).toEqual([ids[2]]);
  });

  test('S18: a fetch that gets no answer says so, and so does one that a reset server answers', async () => {
    world.server.epoch = 'e1';
    seed(world.server, 2);
    let broken = false;
    const bend: Bend = ({ pull }) => ({
      pull: async (...args) => (broken ? { kind: 'failed', failure: busy } : pull(...args)),
    });
    const device = await world.settled({ bend });
    const { todo } = device.sync.models;
    broken = true;
    expect(await todo.fetch()).toMatchObject({ status: 'failed', failure: busy, records: [] });
    broken = false;
    world.server.reset('e2');
    world.server.put('todo', 'new', milk);
    expect(await todo.fetch()).toMatchObject({ status: 'postponed', records: [] });
    await until('a pull mends it', () => progressOf(device)?.epoch === 'e2');
    expect(todoOf(device, 'new')).toBeDefined();
  });

  test('S18: one record by id, by its key or the server’s; what is gone goes', async () => {
    const [first = ''] = seed(world.server, 2);
    const device = await world.settled();
    const { todo, note } = device.sync.models;
    world.server.put('todo', first, { title: 'new', done: true });
    expect(await todo.pullById(first)).toEqual({
      ...{ status: 'done', failure: null },
      record: { id: first, title: 'new', done: true },
    });
    expect(progressOf(device)?.cursor).toBe('2');
    world.server.put('todo', first, null);
    expect(await todo.pullById(first)).toMatchObject({ status: 'done', record: null });
    expect(todoOf(device, first)).toBeUndefined();
    const made = note.create({ text: 'one' });
    await made.settled;
    const [serverId = ''] = world.server.ids('note');
    for (const [id, text] of [
      [made.id, 'two'],
      [serverId, 'three'],
    ] as const) {
      world.server.put('note', serverId, { text });
      expect((await note.pullById(id)).record).toEqual({ id: made.id, text });
    }
  });

  test('S18: a record that is edited here keeps its edit on top of what a pull by id brings', async () => {
    const [first = ''] = seed(world.server, 1);
    const device = await world.settled();
    const { todo } = device.sync.models;
    device.sync.pause();
    await todo.update(first, { title: 'mine' }).saved;
    world.server.put('todo', first, { title: 'theirs', done: true });
    await todo.pullById(first);
    expect(todoOf(device, first)).toEqual({ id: first, title: 'mine', done: true });
  });

  test('S9 S18: sync sends what waits, then pulls', async () => {
    const device = await world.settled();
    const { todo } = device.sync.models;
    const { id } = todo.create(milk);
    world.server.put('todo', 'theirs', milk);
    expect((await todo.sync()).status).toBe('done');
    expect(world.server.find('todo', id)?.record).toMatchObject(milk);
    expect(todoOf(device, 'theirs')).toBeDefined();
    expect(stateOf(device).sequenced.outbox.size).toBe(0);
  });

  test('S9: sync does not wait for what can not go now', async () => {
    const bend: Bend = () => ({ push: async () => ({ kind: 'retryLater', failure: busy }) });
    const device = await world.settled({ bend, more: patient });
    device.sync.models.todo.create(milk);
    expect((await device.sync.models.todo.sync()).status).toBe('done');
    expect(stateOf(device).sequenced.counts.backoff).toBe(1);
  });

  test('S24: the first pull tells how far it is, and how much there is', async () => {
    seed(world.server, 25);
    world.server.pagesBy = 'place';
    const device = world.device({ more: withTodo({ pageSize: 10 }) });
    const { todo } = device.sync.models;
    const seen: unknown[] = [];
    device.store.subscribe(() => {
      const progress = todo.selectPullProgress(device.store.getState());
      if (progress && progress !== seen.at(-1)) seen.push(progress);
    });
    expect(todo.selectPullProgress(device.store.getState())).toBeUndefined();
    device.sync.start();
    await device.sync.ready;
    await synced(device);
    const told = (state: string, received: number, total: number | null) => ({
      ...{ state, received, total, isFirst: true },
    });
    expect(seen).toEqual([
      ...[told('running', 0, null), told('running', 10, 25), told('running', 20, 25)],
      told('done', 25, 25),
    ]);
    await todo.pull();
    expect(todo.selectPullProgress(device.store.getState())?.isFirst).toBe(false);
  });
});

describe('P19: where the next pull begins', () => {
  test.each([
    ['the last page has some left', 25],
    ['the last page is empty', 30],
  ])(
    'P19: cursors that lead from page to page alone are none to come back to: what others change before them arrives (%s)',
    async (_, count) => {
      const [first = '', second = ''] = seed(world.server, count);
      const device = await world.settled({ bend: byKey(10) });
      expect(progressOf(device)).toMatchObject({ cursor: null, fullSince: null, pulled: true });
      world.server.put('todo', first, { title: 'theirs', done: true });
      world.server.put('todo', second, null);
      expect((await device.sync.models.todo.pull()).status).toBe('done');
      expect(todoOf(device, first)).toMatchObject({ title: 'theirs' });
      expect(todoOf(device, second)).toBeUndefined();
      expect(idsOf(device)).toHaveLength(count - 1);
    },
  );

  test('P19 UP1: such a cursor that an earlier version kept is left at the next pull that brings something', async () => {
    const [first = ''] = seed(world.server, 25);
    let isByKey = false;
    const bend: Bend = (straight) => {
      const byKeys = { ...straight, ...byKey(10)(straight) };
      return { pull: (...args) => (isByKey ? byKeys : straight).pull(...args) };
    };
    const device = await world.settled({ bend });
    expect(progressOf(device)?.cursor).toBe('25');
    isByKey = true;
    world.server.put('todo', first, { title: 'theirs', done: true });
    const { todo } = device.sync.models;
    await todo.pull();
    expect(progressOf(device)?.cursor).toBeNull();
    await todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'theirs' });
  });

  test('P19: a page of changes that is empty and names no cursor leaves the place where it was', async () => {
    const ids = seed(world.server, 3);
    let isSilent = false;
    const { asked, bend } = watched((page) =>
      isSilent && page.kind === 'page' ? { ...page, cursor: null } : page,
    );
    const device = await world.settled({ bend });
    isSilent = true;
    asked.length = 0;
    for (let i = 0; i < 3; i++) await device.sync.models.todo.pull();
    expect(asked.map(({ cursor }) => cursor)).toEqual(['3', '3', '3']);
    expect(idsOf(device)).toEqual(ids);
  });

  test('P19 SV30: changes whose pages name no cursor but the last are asked for by place, from the cursor they began at', async () => {
    seed(world.server, 3);
    const { asked, bend } = watched();
    const inTwo: Bend = (straight) => ({
      ...bend(straight),
      pull: async (request, signal) => {
        const page = await (bend(straight).pull ?? straight.pull)(request, signal);
        if (page.kind !== 'page' || request.cursor === null) return page;
        const { offset } = request;
        const told = [...page.items, ...page.deleted];
        const part = told.slice(offset, offset + 1);
        const hasMore = told.length > offset + 1;
        return {
          ...page,
          items: page.items.filter((item) => part.includes(item)),
          deleted: page.deleted.filter((gone) => part.includes(gone)),
          ...{ hasMore, cursor: hasMore ? null : page.cursor },
        };
      },
    });
    const device = await world.settled({ bend: inTwo });
    world.server.put('todo', 'new', milk);
    world.server.put('todo', 'newer', milk);
    world.server.put('todo', 'r000001', null);
    asked.length = 0;
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(asked.map(({ cursor, offset }) => [cursor, offset])).toEqual([
      ...[
        ['3', 0],
        ['3', 1],
        ['3', 2],
      ],
    ]);
    expect(idsOf(device)).toEqual(['new', 'newer', 'r000000', 'r000002']);
    expect(progressOf(device)?.cursor).toBe('6');
  });

  test('SV30: changes of which there are always more, without a cursor: the pull ends, and the place is kept', async () => {
    const ids = seed(world.server, 3);
    let isEndless = false;
    const { asked, bend } = watched((page) =>
      isEndless && page.kind === 'page' ? { ...page, cursor: null, hasMore: true } : page,
    );
    const device = await world.settled({ bend, more: patient });
    isEndless = true;
    world.server.put('todo', 'new', milk);
    asked.length = 0;
    const { status, failure } = await device.sync.models.todo.pull();
    expect([status, failure?.message]).toEqual(['failed', expect.stringContaining('lead nowhere')]);
    expect(asked).toHaveLength(4);
    expect(progressOf(device)?.cursor).toBe('3');
    isEndless = false;
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual(['new', ...ids]);
  });
});

describe('SV29: unstable pages', () => {
  test('that overlap, repeat and skip bring every record once, whatever comes first', async () => {
    const ids = seed(world.server, 30);
    world.server.pagesBy = 'place';
    world.server.page = 10;
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        // Three of the page before again, in another order; one that no list has.
        const offset = Math.max(0, request.offset - 3);
        const page = await pull({ ...request, offset }, signal);
        if (page.kind !== 'page') return page;
        const items = page.items.filter(({ id }) => id !== ids[17]).toReversed();
        return { ...page, items };
      },
    });
    const device = await world.settled({ bend });
    expect(idsOf(device)).toEqual(ids.filter((id) => id !== ids[17]));
    world.server.hides = () => false;
    await device.sync.models.todo.pullById(ids[17] ?? '');
    // It is known now, and missing from the list: it is asked for, and stays.
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids);
  });
});

describe('SV30: a server that always has more', () => {
  const empty = { kind: 'page', items: [], deleted: [], hasMore: true } as const;
  const item = { id: 'a', record: { id: 'a', ...milk }, version: '"1"' };

  test.each<[string, number, (n: number) => PullAnswer]>([
    ['a cursor that does not move', 2, () => ({ ...empty, items: [item], cursor: 'c' })],
    ['cursors in a circle', 4, (n) => ({ ...empty, items: [item], cursor: `c${n % 3}` })],
    ['new cursors, nothing new', 101, (n) => ({ ...empty, items: [item], cursor: `c${n}` })],
    ['empty pages for ever', 100, (n) => ({ ...empty, cursor: `c${n}` })],
    ['the same at every place', 4, () => ({ ...empty, items: [item], cursor: null })],
    ['empty pages without a cursor', 1, () => ({ ...empty, cursor: null })],
  ])(
    '%s: the pull ends after %i pages, says why, and what came is kept',
    async (what, most, answer) => {
      let asked = 0;
      const { bend } = watched(() => answer(asked++));
      const device = await world.started({ bend, more: patient });
      await until('it failed', () => statusOf(device).reason === 'pullFailed');
      expect(asked).toBe(most);
      const { failure } = await device.sync.models.todo.pull();
      expect(failure?.message).toContain('lead nowhere');
      expect(idsOf(device)).toEqual(what.startsWith('empty') ? [] : ['a']);
    },
  );

  test('pages that bring nothing new are no reason to stop while they move on', async () => {
    const { bend } = watched((page, { cursor }) => {
      const n = Number(cursor ?? 0);
      return n < 60 ? { ...empty, cursor: String(n + 1) } : { ...page, items: [item] };
    });
    const device = await world.settled({ bend, more: patient });
    expect(todoOf(device, 'a')).toBeDefined();
  });

  test('a second list that never ends is left as well', async () => {
    const ids = seed(world.server, 60);
    const device = await world.settled({ more: patient });
    let n = 0;
    const pull = world.server.pull.bind(world.server);
    world.server.pull = (request) => {
      if (request.model.name !== 'todo') return pull(request);
      // The first list is empty; the second gives new cursors for ever.
      return ++n === 1
        ? { ...empty, hasMore: false, cursor: 'x' }
        : { ...empty, items: [item], cursor: `c${n}` };
    };
    expect((await device.sync.models.todo.pull({ full: true })).status).toBe('failed');
    expect(idsOf(device)).toEqual(expect.arrayContaining(ids));
  });
});

describe('a page of 100,000 records', () => {
  test('N14: is folded in parts, between which others may work, and is whole before its cursor is', async () => {
    const count = 100_000;
    const items = Array.from({ length: count }, (_, i) => {
      const id = `r${String(i).padStart(6, '0')}`;
      return { id, record: { id, title: 'x', done: false }, version: '"1"' };
    });
    const deleted = Array.from({ length: 5_000 }, (_, i) => ({ id: `gone${i}` }));
    let breaths = 0;
    const largest = { records: 0, rows: 0 };
    const storage = bent(memory(), {
      beforeCommit: ({ append = [] }) => {
        const rows = append.filter((row) => row.includes('"pulled"'));
        for (const row of rows) {
          const { items: pulled, deleted: gone, cursor } = JSON.parse(row);
          largest.records = Math.max(largest.records, pulled.length + gone.length);
          if (cursor === 'end') expect(idsOf(device)).toHaveLength(count);
        }
        largest.rows = Math.max(largest.rows, rows.length);
      },
    });
    const { bend } = watched(() => ({
      ...{ kind: 'page', items, deleted, cursor: 'end', hasMore: false },
    }));
    const env = quickEnv({
      breathe: () => {
        breaths++;
        return browserEnv.breathe();
      },
    });
    const device = world.device({ bend, storage, env, more: withTodo({ pageSize: 100_000 }) });
    device.sync.start();
    await device.sync.ready;
    await until('all is there', () => progressOf(device)?.cursor === 'end', 60_000);
    expect(largest.records).toBeLessThanOrEqual(1_000);
    expect(breaths).toBeGreaterThan(100);
    // And looked through again, with most of it gone.
    items.splice(0, 60_000);
    expect((await device.sync.models.todo.pull({ full: true })).status).toBe('held');
    expect((await device.sync.models.todo.approveDeletes()).status).toBe('done');
    expect(idsOf(device)).toHaveLength(40_000);
    expect(entryOf(device, 'r000001')).toBeUndefined();
  }, 120_000);
});

describe('a server that holds the line', () => {
  test('SV14: pulls fail with its words, and are wanted again after the time that it asked for', async () => {
    seed(world.server, 1);
    const failure = { code: 'paused', status: 429, message: 'slow down', at: 1 } as const;
    let holds = true;
    const bend: Bend = ({ pull }) => ({
      pull: async (...args) =>
        holds ? { kind: 'held', by: 'pause', retryIn: 300, failure } : pull(...args),
    });
    const device = await world.started({ bend });
    await until('it was told', () => statusOf(device).reason === 'pausedUntil');
    expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'failed', failure });
    holds = false;
    await synced(device);
    expect(idsOf(device)).toHaveLength(1);
  });
});

/** Pulls of a model fail, whatever asks. */
function failing(model: string): Bend {
  return ({ pull }) => ({
    pull: async (request, signal) =>
      request.model.name === model &&
      request.offset === 0 &&
      request.cursor === null &&
      !('title' in request.filter)
        ? { kind: 'failed', failure: busy }
        : pull(request, signal),
  });
}

describe('what can not be meant', () => {
  test.each<[string, (todo: Device['sync']['models']['todo']) => Promise<unknown>]>([
    ['pull: limit must', (todo) => todo.pull({ limit: 0 })],
    ['pull: since must', (todo) => todo.pull({ since: '' })],
    ['fetch: offset must', (todo) => todo.fetch({ offset: -1 })],
    ['fetch: limit must', (todo) => todo.fetch({ limit: 1.5 })],
    ['fetch: filter.done must', (todo) => todo.fetch({ filter: { done: {} } } as never)],
    ['a record id', (todo) => todo.pullById('')],
  ])('is refused with its name: %s', async (message, call) => {
    const device = await world.settled();
    const { pulls } = world.server;
    await expect(call(device.sync.models.todo)).rejects.toThrow(message);
    expect(world.server.pulls).toBe(pulls);
  });
});

test('S20: a pull, a page and a record travel as the call says, checked as a write is', async () => {
  const asked: string[] = [];
  const body = { items: [{ id: 'a', title: 'A', done: false }], deleted: [], cursor: '1' };
  const fetchIt = async (request: Request) => {
    asked.push(`${request.method} ${request.url.replace('https://api.example.com/', '')}`);
    const isOne = request.url.includes('/one/');
    return Response.json(isOne ? body.items[0] : body, { headers: { etag: '"1"' } });
  };
  const device = makeDevice({
    transport: rest({ baseUrl: 'https://api.example.com' }),
    env: quickEnv({ fetch: fetching(fetchIt) }),
  });
  device.sync.start();
  await device.sync.ready;
  await synced(device);
  asked.length = 0;
  const { todo } = device.sync.models;
  await todo.pull({ request: { url: 'changes/{cursor}' } });
  await todo.fetch({ limit: 5, request: { urlParameters: { archived: true } } });
  await todo.pullById('a', { request: { url: 'one/{id}' } });
  expect(asked).toEqual([
    'GET changes/1?limit=1000',
    'GET todos?archived=true&limit=5',
    'GET one/a',
  ]);
  const bad = { url: 'https://elsewhere.example.com/todos' };
  await expect(todo.pull({ request: bad })).rejects.toThrow('request.url must');
  await expect(todo.pullById('a', { request: bad })).rejects.toMatchObject({ code: 'badData' });
  await device.sync.stop();
});
