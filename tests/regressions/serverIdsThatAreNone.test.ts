import { expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { rest } from '../../src/rest.ts';

const model = {
  name: 'todo',
  endpoint: 'todos',
  ids: 'server',
  nulls: 'delete',
  versionField: null,
} as const;
const signal = new AbortController().signal;

/** What becomes of a write that the server answers with a record of this id. */
async function answered(kind: 'create' | 'update', id: unknown) {
  const body = JSON.stringify({ id, title: 'Tea' });
  const headers = { 'content-type': 'application/json' };
  const fetch = async () => new Response(body, { status: 200, headers });
  const transport = rest({ baseUrl: 'https://example.com/' })({ ...browserEnv, fetch });
  const intent = { kind, model: 'todo', recordId: 'a', key: 'k', operationIds: ['k'] } as const;
  const of = { changes: { title: 'Tea' }, base: null, version: null, alias: null, request: null };
  const wire = transport.seal({ ...intent, ...of }, model);
  return transport.push({ ...wire, kind, key: 'k', operationIds: ['k'] }, model, signal);
}

test.each([
  ['leads to another path', '..'],
  ['separates keys on disk', 'a\u0000b'],
  ['can not be encoded', '\ud800'],
  ['is empty', ''],
])('SV21: an id from the server that %s is not taken: it is asked again', async (_, id) => {
  expect(await answered('create', id)).toMatchObject({ kind: 'retryLater' });
  expect(await answered('update', id)).toMatchObject({ kind: 'retryLater' });
});

test('an id that can be one is taken', async () => {
  expect(await answered('create', 'srv-1')).toMatchObject({ kind: 'committed' });
});
