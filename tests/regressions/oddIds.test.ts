import { expect, test } from 'vitest';
import { rest } from '../../src/rest.ts';
import { fetching } from '../support/fetching.ts';
import { deviceEnv, makeDevice, until } from '../support/world.ts';

test('DA1 DA2: a record whose id is "__proto__" or "constructor" does not stop the pull of all others', async () => {
  const names = ['__proto__', 'constructor', 'prototype', 'a'];
  const items = names.map((id) => ({ id, title: id, done: false }));
  const versions = names.map((id, i) => `${JSON.stringify(id)}:{"version":${i + 1}}`);
  const page = `{"items":${JSON.stringify(items)},"versions":{${versions}},"cursor":"c"}`;
  const sent: (string | null)[] = [];
  const fetch = async (request: Request) => {
    if (request.method === 'GET') {
      return new Response(page, { headers: { 'content-type': 'application/json' } });
    }
    sent.push(request.headers.get('if-match'));
    return new Response(null, { status: 204 });
  };
  const transport = rest({ baseUrl: 'https://api.example.com' });
  const { sync, store } = makeDevice({ transport, env: deviceEnv({ fetch: fetching(fetch) }) });
  const { todo } = sync.models;
  sync.start();
  await until('pulled', () => todo.selectTotal(store.getState()) === 4);
  expect([...todo.selectIds(store.getState())].sort()).toEqual([...names].sort());
  for (const id of names) await todo.remove(id).settled;
  expect(sent).toEqual(['"1"', '"2"', '"3"', '"4"']);
  expect(({} as { version?: unknown }).version).toBeUndefined();
  await sync.stop();
});
