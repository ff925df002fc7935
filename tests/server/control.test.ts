import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { addTodo, call, serve, temporaryFile } from './support.ts';

test('a spectator sees every row with its version, the ledger and the knobs', async () => {
  const { apiUrl, pageUrl } = await serve();
  const kept = await addTodo(apiUrl, 'kept');
  const gone = await addTodo(apiUrl, 'gone');
  await call(`${apiUrl}/todos/${gone}`, { method: 'DELETE', key: 'del' });
  const { body, headers } = await call(`${pageUrl}/_control/state?ledger=2`);
  expect(body.rows).toEqual({
    todos: [
      {
        id: kept,
        record: { id: kept, title: 'kept' },
        version: 1,
        deleted: false,
        lastOperationId: `add-${kept}`,
      },
      { id: gone, record: null, version: 2, deleted: true, lastOperationId: 'del' },
    ],
    notes: [],
    items: [],
  });
  expect(body.ledger).toMatchObject([
    { n: 2, method: 'POST', recordId: gone, version: 1 },
    { n: 3, method: 'DELETE', recordId: gone, version: 2, key: 'del' },
  ]);
  expect(body.trouble).toMatchObject({ cut: false, dropAnswers: 0 });
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  const all = await call(`${pageUrl}/_control/ledger`);
  expect(all.body.ledger).toHaveLength(3);
  const since = await call(`${pageUrl}/_control/ledger?after=2`);
  expect(since.body.ledger).toMatchObject([{ n: 3 }]);
});

test('the page can ask where the API is', async () => {
  const { apiUrl, pageUrl } = await serve();
  expect((await call(`${pageUrl}/_control/config`)).body).toEqual({ apiUrl, lines: {} });
});

test('a line is cut and mended by itself, with what was under way on it, and the others go on', async () => {
  const { apiUrl, pageUrl, lines, trouble } = await serve({ lines: { laptop: 0, phone: 0 } });
  const { body: config } = await call(`${pageUrl}/_control/config`);
  expect(config).toEqual({
    apiUrl,
    lines: { laptop: expect.any(String), phone: expect.any(String) },
  });
  const { laptop, phone } = config.lines as { laptop: string; phone: string };
  const turn = (body: unknown) => call(`${pageUrl}/_control/line`, { method: 'POST', body });
  const list = async (url: string) => (await call(`${url}/todos`)).status;
  expect([await list(laptop), await list(phone)]).toEqual([200, 200]);

  trouble.set({ delayMs: 5_000 });
  const underWay = list(phone);
  const ended = expect(underWay).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await turn({ name: 'phone', cut: true })).body).toEqual({ laptop: false, phone: true });
  await ended;
  trouble.set({ delayMs: 0 });
  await expect(list(phone)).rejects.toThrow();
  expect(await list(laptop)).toBe(200);
  expect((await call(`${pageUrl}/_control/state`)).body.lines).toEqual({
    laptop: false,
    phone: true,
  });
  expect(lines.get('phone')?.isCut).toBe(true);

  await turn({ name: 'phone', cut: false });
  expect(await list(phone)).toBe(200);
  for (const wrong of [{ name: 'nobody', cut: true }, { name: 'phone', cut: 'yes' }, []]) {
    expect((await turn(wrong)).status).toBe(400);
  }
});

test('knobs are turned one at a time, the others stay', async () => {
  const { pageUrl, trouble } = await serve();
  const turn = (body: unknown) => call(`${pageUrl}/_control/trouble`, { method: 'POST', body });
  await turn({ delayMs: 5 });
  const answer = await turn({ dropAnswers: 2 });
  expect(answer.body).toMatchObject({ delayMs: 5, dropAnswers: 2, cut: false });
  expect(trouble.knobs).toEqual(answer.body);
});

test('a knob turned to where it cannot go is refused with the reason, and nothing is turned', async () => {
  const { pageUrl, trouble } = await serve();
  const before = trouble.knobs;
  const wrong: [unknown, string][] = [
    [{ cut: true, delayMs: -1 }, 'delayMs'],
    [{ cut: 'yes' }, 'cut'],
    [{ dropAnswers: 1.5 }, 'dropAnswers'],
    [{ failWith: { status: 418, count: 1 } }, 'failWith.status'],
    [{ failWith: { status: 500 } }, 'failWith.count'],
    [{ failWith: { status: 500, count: 1, retryAfter: -1 } }, 'failWith.retryAfter'],
    [{ failWith: 500 }, 'failWith'],
    [{ refuse: { match: '', reason: 'x' } }, 'refuse.match'],
    [{ refuse: { match: 'x' } }, 'refuse.reason'],
    [{ refuse: { match: 'x', reason: 'x', status: 200 } }, 'refuse.status'],
    [{ refuse: true }, 'refuse'],
    [{ speed: 1 }, 'speed'],
    [[], 'object'],
  ];
  for (const [body, word] of wrong) {
    const answer = await call(`${pageUrl}/_control/trouble`, { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toContain(word);
  }
  expect(trouble.knobs).toBe(before);
});

test("someone else's edit is a write like any other", async () => {
  const { apiUrl, pageUrl } = await serve();
  const id = await addTodo(apiUrl, 'mine');
  const edit = (body: unknown) => call(`${pageUrl}/_control/edit`, { method: 'POST', body });
  const edited = await edit({ collection: 'todos', id, changes: { title: 'theirs' } });
  expect([edited.status, edited.headers.get('ETag')]).toEqual([200, '"2"']);
  expect((await call(`${apiUrl}/todos/${id}`)).body).toEqual({ id, title: 'theirs' });
  expect((await edit({ collection: 'todos', id, changes: { title: '' } })).status).toBe(422);
  expect((await edit({ collection: 'todos', id: 'never', changes: {} })).status).toBe(404);
  for (const body of [{}, [], { collection: 'todos' }, { collection: 'todos', id, changes: 1 }]) {
    expect((await edit(body)).status).toBe(400);
  }
});

test("someone else's delete leaves a tombstone", async () => {
  const { apiUrl, pageUrl } = await serve();
  const id = await addTodo(apiUrl, 'mine');
  const remove = (body: unknown) => call(`${pageUrl}/_control/remove`, { method: 'POST', body });
  expect((await remove({ collection: 'todos', id })).status).toBe(204);
  expect((await call(`${apiUrl}/todos/${id}`)).status).toBe(410);
  for (const body of [{}, [], { collection: 'todos' }, { collection: 'none', id }]) {
    expect((await remove(body)).status).toBe(400);
  }
});

test('a reset leaves nothing behind, not even keys, and begins a new epoch', async () => {
  const { apiUrl, pageUrl, database } = await serve();
  const send = () =>
    call(`${apiUrl}/todos`, { method: 'POST', body: { id: 'a', title: 'x' }, key: 'op' });
  await send();
  const epoch = database.epoch();
  await call(`${pageUrl}/_control/reset`, { method: 'POST' });
  expect(database.epoch()).not.toBe(epoch);
  expect(database.ledger.after(0)).toEqual([]);
  const again = await send();
  expect([again.status, again.headers.get('Idempotency-Replayed')]).toEqual([201, null]);
});

test('the control is not reachable on the port of the API', async () => {
  const { apiUrl, pageUrl } = await serve();
  expect((await call(`${apiUrl}/_control/state`)).status).toBe(404);
  expect((await call(`${pageUrl}/_control/nothing`)).status).toBe(404);
  const broken = { method: 'POST', raw: '{' };
  expect((await call(`${pageUrl}/_control/trouble`, broken)).status).toBe(400);
});

test('the page is served with the right content types, and nothing outside of it', async () => {
  const pageDirectory = join(dirname(temporaryFile()), 'page');
  mkdirSync(pageDirectory);
  writeFileSync(join(pageDirectory, 'index.html'), '<!doctype html>hello');
  writeFileSync(join(pageDirectory, 'app.js'), 'export {};');
  writeFileSync(join(pageDirectory, '..', 'secret.txt'), 'secret');
  const { pageUrl } = await serve({ pageDirectory });
  const types = await Promise.all(
    ['/', '/app.js'].map(async (path) => (await fetch(pageUrl + path)).headers.get('Content-Type')),
  );
  expect(types).toEqual([
    expect.stringContaining('text/html'),
    expect.stringContaining('text/javascript'),
  ]);
  expect((await fetch(`${pageUrl}/%2e%2e%2fsecret.txt`)).status).toBe(404);
});
