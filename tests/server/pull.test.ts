import { expect, test } from 'vitest';
import { addTodo, call, serve, temporaryFile } from './support.ts';

interface Page {
  readonly items: { id: string; title: string }[];
  readonly deleted: { id: string; version: number }[];
  readonly versions: Record<string, { version: number; lastOperationId: string | null }>;
  readonly cursor: string;
  readonly hasMore: boolean;
  readonly epoch: string;
}

async function pull(apiUrl: string, query: Record<string, string> = {}): Promise<Page> {
  const answer = await call(`${apiUrl}/todos?${new URLSearchParams(query)}`);
  expect(answer.status).toBe(200);
  return answer.body as unknown as Page;
}

test('a pull comes in pages that miss nothing, repeat nothing and say when they end', async () => {
  const { apiUrl } = await serve();
  const ids: string[] = [];
  for (const title of ['1', '2', '3', '4', '5']) ids.push(await addTodo(apiUrl, title));
  const first = await pull(apiUrl, { limit: '2' });
  const second = await pull(apiUrl, { limit: '2', since: first.cursor });
  const third = await pull(apiUrl, { limit: '2', since: second.cursor });
  expect([first, second, third].map((page) => page.hasMore)).toEqual([true, true, false]);
  expect([first, second, third].flatMap((page) => page.items.map(({ id }) => id))).toEqual(ids);
  const rest = await pull(apiUrl, { since: third.cursor });
  expect(rest).toMatchObject({ items: [], deleted: [], hasMore: false, cursor: third.cursor });
});

test('a pull since a cursor lists each changed record once, in its latest state, and deletions apart', async () => {
  const { apiUrl } = await serve();
  const [kept, changed, gone] = [
    await addTodo(apiUrl, 'kept'),
    await addTodo(apiUrl, 'changed'),
    await addTodo(apiUrl, 'gone'),
  ];
  const { cursor, versions } = await pull(apiUrl);
  expect(versions[kept]).toEqual({ version: 1, lastOperationId: `add-${kept}` });
  for (const title of ['once', 'twice']) {
    await call(`${apiUrl}/todos/${changed}`, { method: 'PATCH', body: { title }, key: title });
  }
  await call(`${apiUrl}/todos/${gone}`, { method: 'DELETE' });
  const news = await pull(apiUrl, { since: cursor });
  expect(news.items).toEqual([{ id: changed, title: 'twice' }]);
  expect(news.versions).toEqual({ [changed]: { version: 3, lastOperationId: 'twice' } });
  expect(news.deleted).toEqual([{ id: gone, version: 2 }]);
});

test('a full pull leaves out what was deleted before it, on every page, but not what is deleted during it', async () => {
  const { apiUrl } = await serve();
  const ids: string[] = [];
  for (const title of ['1', '2', '3', '4']) ids.push(await addTodo(apiUrl, title));
  const [a, b] = ids;
  await call(`${apiUrl}/todos/${b}`, { method: 'DELETE' });
  const first = await pull(apiUrl, { limit: '1' });
  expect(first.items.map(({ id }) => id)).toEqual([a]);
  await call(`${apiUrl}/todos/${a}`, { method: 'DELETE' });
  const second = await pull(apiUrl, { since: first.cursor });
  expect(second.items.map(({ title }) => title)).toEqual(['3', '4']);
  expect(second.deleted.map(({ id }) => id)).toEqual([a]);
});

test('a full pull of nothing but deletions ends where it should', async () => {
  const { apiUrl } = await serve();
  await call(`${apiUrl}/todos/${await addTodo(apiUrl, 'gone')}`, { method: 'DELETE' });
  const empty = await pull(apiUrl);
  expect(empty).toMatchObject({ items: [], deleted: [], hasMore: false });
  expect(await pull(apiUrl, { since: empty.cursor })).toMatchObject({ items: [], deleted: [] });
});

test('a cursor is still good after the server was restarted', async () => {
  const file = temporaryFile();
  const before = await serve({ file });
  await addTodo(before.apiUrl, 'before');
  const { cursor, epoch } = await pull(before.apiUrl);
  await before.close();
  const after = await serve({ file });
  await addTodo(after.apiUrl, 'after');
  const news = await pull(after.apiUrl, { since: cursor });
  expect(news.items.map(({ title }) => title)).toEqual(['after']);
  expect(news.epoch).toBe(epoch);
});

test('a cursor from before a reset, or one that never was ours, has expired', async () => {
  const { apiUrl, pageUrl } = await serve();
  await addTodo(apiUrl, 'before');
  const { cursor, epoch } = await pull(apiUrl);
  await call(`${pageUrl}/_control/reset`, { method: 'POST' });
  for (const since of [cursor, '', 'nonsense', '🙂', Buffer.from('a.b.c').toString('base64url')]) {
    const answer = await call(`${apiUrl}/todos?${new URLSearchParams({ since })}`);
    expect([answer.status, answer.body.type]).toEqual([410, 'cursor-expired']);
  }
  const fresh = await pull(apiUrl);
  expect(fresh.items).toEqual([]);
  expect(fresh.epoch).not.toBe(epoch);
});

test('twenty thousand records are pulled in full pages within seconds, and a page never holds more than 1000', async () => {
  const { apiUrl, database } = await serve();
  database.transaction(() => {
    for (let n = 0; n < 20_000; n += 1) {
      const id = `t${n}`;
      const record = { id, title: `Todo ${n}` };
      database.records.put({ collection: 'todos', id, record, version: 1, lastOperationId: null });
    }
  });
  let page = await pull(apiUrl, { limit: '5000' });
  expect(page.items).toHaveLength(1000);
  let count = page.items.length;
  const started = performance.now();
  while (page.hasMore) {
    page = await pull(apiUrl, { limit: '1000', since: page.cursor });
    count += page.items.length;
  }
  expect(count).toBe(20_000);
  expect(performance.now() - started).toBeLessThan(5000);
});
