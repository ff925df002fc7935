import { expect, test } from 'vitest';
import { call, serve } from './support.ts';

interface Page {
  readonly items: { readonly id: string }[];
  readonly deleted: { readonly id: string; readonly version: number }[];
  readonly cursor: string;
  readonly hasMore: boolean;
}

async function filled() {
  const { apiUrl } = await serve();
  const url = `${apiUrl}/items`;
  const put = (id: string, record: object) => call(`${url}/${id}`, { method: 'PUT', body: record });
  const pull = async (query: string) => {
    const { items, deleted, ...page } = (await call(`${url}?${query}`)).body as unknown as Page;
    return { ...page, items: items.map(({ id }) => id), deleted };
  };
  await put('a', { list: 'home', n: 1 });
  await put('b', { list: 'work', n: 1 });
  await put('c', { list: 'home', n: 2, done: true });
  await put('d', { n: 1 });
  return { url, put, pull };
}

test('a list is filtered by fields, all of them, each by any of its values', async () => {
  const { pull } = await filled();
  expect((await pull('list=home')).items).toEqual(['a', 'c']);
  expect((await pull('list=home&n=1')).items).toEqual(['a']);
  expect((await pull('list=home&list=work')).items).toEqual(['a', 'b', 'c']);
  expect((await pull('done=true')).items).toEqual(['c']);
  expect((await pull('list=none')).items).toEqual([]);
  expect((await pull('__proto__={}')).items).toEqual([]);
});

test('a filtered pull comes in pages that miss nothing, though some hold nothing', async () => {
  const { pull } = await filled();
  const found: string[] = [];
  let query = 'list=work&limit=1';
  for (let pages = 0; pages < 10; pages++) {
    const { items, hasMore, cursor } = await pull(query);
    found.push(...items);
    if (!hasMore) break;
    query = `list=work&limit=1&since=${cursor}`;
  }
  expect(found).toEqual(['b']);
});

test('a record that leaves the filter is gone for who sees no more, with its version', async () => {
  const { pull, put } = await filled();
  const { cursor, deleted } = await pull('list=home');
  expect(deleted).toEqual([]);
  await put('a', { list: 'work', n: 1 });
  await put('b', { list: 'home', n: 1 });
  const news = await pull(`list=home&since=${cursor}`);
  expect(news).toMatchObject({ items: ['b'], deleted: [{ id: 'a', version: 2 }] });
});

test('a record deleted while it was in the filter is listed with its version', async () => {
  const { url, pull } = await filled();
  const { cursor } = await pull('list=home');
  await call(`${url}/c`, { method: 'DELETE' });
  expect((await pull(`list=home&since=${cursor}`)).deleted).toEqual([{ id: 'c', version: 2 }]);
});
