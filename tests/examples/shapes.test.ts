import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import * as appwrite from '../../examples/appwrite.ts';
import * as firebase from '../../examples/firebase.ts';
import * as jsonApi from '../../examples/jsonApi.ts';
import * as strapi from '../../examples/strapi.ts';
import { type ModelDefinition, wireOf } from '../../src/defineModel.ts';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { TransportFactory } from '../../src/ports/transport.ts';
import type { Intent } from '../../store/seal.ts';
import { repositoryRoot } from '../support/aliases.ts';
import { fetching } from '../support/fetching.ts';
import { base, intent, json, pullRequest, signal } from '../support/rest.ts';
import { makeDevice, type testModels } from '../support/world.ts';

/** The example's own requests, and what it makes of an answer of the server's documentation. */
function wire(factory: TransportFactory, definition: ModelDefinition<{ readonly id: string }>) {
  const model = wireOf('todo', definition);
  factory.checkModel?.(model);
  async function heard<T>(response: Response, ask: (transport: ReturnType<typeof factory>) => T) {
    let sent = new Request(base);
    const fetch = fetching(async (request) => {
      sent = request.clone();
      return response;
    });
    const answer = await ask(factory({ ...browserEnv, fetch }));
    const { method, headers } = sent;
    const text = await sent.text();
    const url = decodeURIComponent(sent.url.slice(base.length));
    return { answer, method, url, headers, body: text === '' ? null : JSON.parse(text) };
  }
  return {
    write: (kind: Intent['kind'], more: Partial<Intent>, response: Response) =>
      heard(response, (transport) => {
        const made = intent(kind, more);
        const { key, operationIds } = made;
        const sealed = { ...transport.seal(made, model), kind, key, operationIds };
        return transport.push(sealed, model, signal);
      }),
    list: (response: Response, offset = 0) =>
      heard(response, (transport) =>
        transport.pull(pullRequest({ model, limit: 1_000, offset }), signal),
      ),
    read: (response: Response) =>
      heard(response, (transport) => transport.read(model, 'a', signal)),
  };
}

const recipes = await readFile(`${repositoryRoot}/docs/recipes.md`, 'utf8');
const signedIn = async () => 'token-of-somebody';
const changes = { title: 'Tea', done: true };
const record = { id: 'a', ...changes };
const change = { changes: { done: false }, base: record };

describe('Firebase: the documentation’s shapes', () => {
  const { write, list, read } = wire(firebase.transport(base, signedIn), firebase.models.todo);

  test('children go by PUT and PATCH under their keys', async () => {
    const create = await write('create', { changes }, json(record));
    expect(create).toMatchObject({ method: 'PUT', url: 'todos/a.json', body: record });
    expect(create.answer).toMatchObject({ kind: 'committed', remote: { record } });
    const update = await write('update', change, json({ done: false }));
    expect(update).toMatchObject({ method: 'PATCH', url: 'todos/a.json', body: { done: false } });
    expect(update.answer).toMatchObject({ kind: 'committed', remote: null });
    const removed = await write('delete', change, json(null));
    expect(removed).toMatchObject({ method: 'DELETE', answer: { kind: 'committed' } });
  });

  test('a list is an object of children, or null', async () => {
    const page = await list(json({ a: changes }));
    expect(page.url).toBe('todos.json?orderBy="$key"&limitToFirst=500');
    expect(page.answer).toMatchObject({ items: [{ id: 'a', record }], hasMore: false });
    expect((await list(json(null))).answer).toMatchObject({ kind: 'page', items: [] });
    const full = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, changes]));
    expect((await list(json(full))).answer).toMatchObject({ hasMore: true, cursor: '"k499"' });
    expect((await read(json(null))).answer).toMatchObject({ record: null });
    expect((await read(json(changes))).answer).toMatchObject({ record: changes });
  });
});

describe('Appwrite: the documentation’s shapes', () => {
  const transport = appwrite.transport(base, 'project', signedIn);
  const { write, list } = wire(transport, appwrite.models.todo);
  const path = 'databases/main/collections/todos/documents';
  const document = { ...changes, $id: 'a', $createdAt: 'x', $permissions: [] };

  test('data is wrapped, and the id stands beside it', async () => {
    const create = await write('create', { changes }, json(document, 201));
    expect(create).toMatchObject({ url: path, body: { documentId: 'a', data: changes } });
    expect(create.answer).toMatchObject({ kind: 'committed', remote: { record } });
    expect(create.headers.get('x-appwrite-jwt')).toBe('token-of-somebody');
    const update = await write('update', change, json(document));
    expect(update).toMatchObject({ method: 'PATCH', body: { data: { done: false } } });
    // Nothing of the server's own fields is in it.
    expect(update.answer).toHaveProperty('remote.record', record);
    const known = { code: 409, type: 'document_already_exists', message: 'exists' };
    const again = await write('create', { changes }, json(known, 409));
    expect(again.answer).toMatchObject({
      ...{ kind: 'conflict', remote: null },
      failure: { status: 409, message: 'exists' },
    });
  });

  test('a page is asked for by queries', async () => {
    const page = await list(json({ total: 1, documents: [document] }), 100);
    expect(page.url).toBe(
      `${path}?queries[0]={"method":"limit","values":[100]}&queries[1]={"method":"offset","values":[100]}`,
    );
    expect(page.answer).toMatchObject({ items: [{ id: 'a', record }], hasMore: false });
  });
});

describe('Strapi 5: the documentation’s shapes', () => {
  const transport = strapi.transport(base, () => 'token');
  const { write, list } = wire(transport, strapi.models.todo);
  const entry = { id: 3, documentId: 'doc1', ...changes, createdAt: 'x', updatedAt: 'y' };
  const stored = { ...changes, createdAt: 'x', updatedAt: 'y', id: 'doc1' };

  test('entries go in data, without what the server sets', async () => {
    const create = await write('create', { changes }, json({ data: entry, meta: {} }, 201));
    expect(create).toMatchObject({ method: 'POST', url: 'todos', body: { data: changes } });
    expect(create.answer).toMatchObject({ kind: 'committed', remote: { record: stored } });
    const more = { changes: { done: false }, base: { ...stored, id: 'a' }, alias: 'doc1' };
    const update = await write('update', more, json({ data: entry }));
    expect(update).toMatchObject({ method: 'PUT', url: 'todos/doc1' });
    expect(update.body).toEqual({ data: { title: 'Tea', done: false } });
    expect(update.answer).toHaveProperty('remote.record', stored);
  });

  test('pages are asked for by number', async () => {
    const page = await list(json({ data: [entry], meta: {} }), 200);
    expect(page.url).toBe('todos?pagination[page]=3&pagination[pageSize]=100');
    expect(page.answer).toMatchObject({ items: [{ id: 'doc1', record: stored }] });
  });
});

describe('JSON:API: the specification’s shapes', () => {
  const transport = jsonApi.transport(base, () => 'token');
  const { write, list } = wire(transport, jsonApi.models.todo);
  const type = 'application/vnd.api+json';
  const resource = { type: 'todos', id: 'a', attributes: changes };
  const said = (data: unknown, status = 200) =>
    new Response(JSON.stringify({ data }), { status, headers: { 'content-type': type } });

  test('a record is a resource with attributes', async () => {
    const create = await write('create', { changes }, said(resource, 201));
    expect(create).toMatchObject({ method: 'POST', url: 'todos', body: { data: resource } });
    expect(create.headers.get('content-type')).toBe(type);
    expect(create.headers.get('accept')).toBe(type);
    expect(create.answer).toMatchObject({ kind: 'committed', remote: { record } });
    const update = await write('update', change, new Response(null, { status: 204 }));
    expect(update.body).toEqual({ data: { type: 'todos', id: 'a', attributes: { done: false } } });
    expect(update.answer).toMatchObject({ kind: 'committed' });
  });

  test('a list is one of resources', async () => {
    const page = await list(said([resource]), 100);
    expect(page.url).toBe('todos?page[number]=2&page[size]=100');
    expect(page.answer).toMatchObject({ items: [{ id: 'a', record }] });
  });
});

test.each([
  ['Firebase', firebase.transport(base, signedIn), firebase.models, ''],
  ['Appwrite', appwrite.transport(base, 'project', signedIn), appwrite.models, 'deltaPull'],
  [
    ...(['Strapi 5', strapi.transport(base, () => 'token'), strapi.models] as const),
    'createsOnce changedFieldsOnly deltaPull',
  ],
  ['JSON:API', jsonApi.transport(base, () => 'token'), jsonApi.models, 'deltaPull'],
])('%s: the recipe names what sync.guarantees says is missing', (name, factory, models, own) => {
  const { sync } = makeDevice({
    transport: factory,
    more: { models: models as unknown as typeof testModels },
  });
  const lacking = sync.guarantees.todo.filter(({ holds }) => !holds);
  const missing = ['updatesOnce', 'noOverwriting', 'batched', ...own.split(' ').filter(Boolean)];
  expect(lacking.map(({ promise }) => promise).sort()).toEqual(missing.sort());
  const recipe = recipes.slice(recipes.indexOf(`\n## ${name}`));
  const [, said = ''] = /- It lacks: (.*)/.exec(recipe) ?? [];
  expect(
    said
      .match(/(?<=`)\w+(?=`)/g)
      ?.filter((it) => missing.includes(it))
      .sort(),
  ).toEqual(missing);
});
