import { expect, test } from 'vitest';
import { call, serve } from './support.ts';

async function filled() {
  const { apiUrl } = await serve();
  const records = {
    a: { list: 'home', n: 3, done: false },
    b: { list: 'work', n: 10, done: true },
    c: { list: 'home', n: '3', tags: ['x', 'y'] },
    d: { n: null },
  };
  for (const [id, record] of Object.entries(records)) {
    await call(`${apiUrl}/items/${id}`, { method: 'PUT', body: record });
  }
  return (query: string) => call(`${apiUrl}/items?${query}`);
}

test('a list is asked for by conditions, in an order, and by parts of it', async () => {
  const ask = await filled();
  const ids = async (query: string) => {
    const { status, body } = await ask(query);
    expect(status).toBe(200);
    return (body.items as { id: string }[]).map(({ id }) => id);
  };
  expect(await ids('where[n][gte]=3')).toEqual(['a', 'b']);
  expect(await ids('where[n][eq]="3"')).toEqual(['c']);
  expect(await ids('where[list][isNull]=true')).toEqual(['d']);
  expect(await ids('where[or][0][done][eq]=true&where[or][1][tags][contains]="x"')).toEqual([
    'b',
    'c',
  ]);
  expect(await ids('where[not][list][eq]="home"&orderBy=n:desc,id')).toEqual(['b', 'd']);
  expect(await ids('orderBy=n&limit=2&offset=1')).toEqual(['a', 'b']);
  expect(await ids('orderBy=id:desc&list=home')).toEqual(['c', 'a']);
  expect(await ids('where[toString][isNull]=true')).toHaveLength(4);
});

test('the answer tells how many there are, whether there are more, and no cursor', async () => {
  const ask = await filled();
  const first = (await ask('orderBy=id&limit=3')).body;
  expect(first).toMatchObject({ total: 4, hasMore: true, cursor: null, deleted: [] });
  const second = (await ask('orderBy=id&limit=3&offset=3')).body;
  expect(second).toMatchObject({ total: 4, hasMore: false, versions: { d: { version: 1 } } });
});

test.each([
  'where[n][above]=1',
  'where[n][gte]=text',
  'where[n][gte]=true',
  'where[n][between]=[1]',
  'where[n][in]=1',
  'where[n][eq]={}',
  'where[n][eq]=1&where[n][eq]=2',
  'where[n]=1&where[n][gt]=0',
  'where[n=1',
  'where[__proto__][eq]=1',
  'where={"__proto__":1}',
  'where[or][a]=1',
  'where[or]=1',
  'where=[]',
  'where[n][eq]=1e999',
  'where[%25zz]=1',
  `where${'[not]'.repeat(50)}=1`,
  'orderBy=n:down',
  'orderBy=n&offset=-1',
  'orderBy=n&limit=0',
  'orderBy=n&since=abc',
])('what is not understood is refused and not passed over: %s', async (query) => {
  const ask = await filled();
  expect(await ask(query)).toMatchObject({ status: 400, body: { status: 400 } });
});
