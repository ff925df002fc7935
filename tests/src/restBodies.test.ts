import { describe, expect, test } from 'vitest';
import type { RestRequests } from '../../src/ports/requests.ts';
import { settingsOf } from '../../src/rest/settings.ts';
import { isTemplate, placeholdersIn } from '../../src/rest/template.ts';
import { against, base, json, pullRequest, record, sealed, signal, todo } from '../support/rest.ts';

const shaped = (requests: RestRequests, more: Partial<typeof todo> = {}) => ({
  ...todo,
  ...more,
  requests,
});

const refusal = (requests: object) => {
  try {
    settingsOf({ baseUrl: base, requests: requests as RestRequests });
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
};

describe('S20: a body of the server’s own form', () => {
  const envelope: RestRequests['create'] = {
    requestTransformer: ({ id: _, ...attributes }, id) => ({
      data: { type: 'todos', ...(id !== null && { id }), attributes },
    }),
  };

  test('is made of what would be sent, with the id, and stands in the sealed request', () => {
    const model = shaped({ create: envelope, update: envelope });
    const create = sealed('create', { changes: { title: 'Tea' } }, model);
    expect(JSON.parse(`${create.body}`)).toEqual({
      data: { type: 'todos', id: 'a', attributes: { title: 'Tea' } },
    });
    const update = sealed('update', { changes: { title: 'Tea' }, alias: '7' }, model);
    expect(JSON.parse(`${update.body}`).data).toMatchObject({ id: '7' });
    expect(update.path).toBe('todos/7');
  });

  test('is wrapped like any other', () => {
    const way = { requestTransformer: () => ({ n: 1 }), topLevelKey: 'document' };
    const { body } = sealed('update', {}, shaped({ update: way }));
    expect(JSON.parse(`${body}`)).toEqual({ document: { n: 1 } });
  });

  test('SV9: whose record the answer must be about is known all the same', async () => {
    const model = shaped({ create: { ...envelope, responseDataKey: 'data' } });
    const answer = (id: string) =>
      against(() => json({ data: { id, title: 'Tea' } }, 201)).transport.push(
        sealed('create', {}, model),
        model,
        signal,
      );
    expect(await answer('a')).toMatchObject({ kind: 'committed', remote: { record: { id: 'a' } } });
    expect(await answer('b')).toMatchObject({ kind: 'unclear' });
  });

  test('has no id where the server makes it; the record is what was to be sent', async () => {
    const model = shaped({ create: envelope }, { ids: 'server' });
    const request = sealed('create', { changes: { title: 'Tea' } }, model);
    expect(JSON.parse(`${request.body}`).data).toEqual({
      ...{ type: 'todos', attributes: { title: 'Tea' } },
    });
    const made = new Response(null, { status: 201, headers: { location: '/todos/7' } });
    const answer = await against(() => made).transport.push(request, model, signal);
    expect(answer).toMatchObject({ remote: { record: { id: '7', title: 'Tea' } } });
  });

  test.each<[string, () => never]>([
    ['nothing', () => undefined as never],
    ['a list', () => [] as never],
    ['a function', () => ({ at: () => 1 }) as never],
    [
      'an error',
      () => {
        throw new Error('no');
      },
    ],
  ])('SV23: %s is no body, and says so', (_, requestTransformer) => {
    const model = shaped({ update: { requestTransformer } });
    expect(() => sealed('update', {}, model)).toThrow(/requestTransformer/);
  });

  test('is refused where nothing is sent', () => {
    const requestTransformer = () => ({});
    for (const verb of ['delete', 'read', 'list']) {
      expect(refusal({ [verb]: { requestTransformer } })).toContain(`${verb}.requestTransformer`);
    }
    expect(refusal({ delete: { method: 'POST', requestTransformer } })).toBe('not refused');
    expect(refusal({ update: { requestTransformer: 'x' } })).toContain('must be a function');
  });
});

describe('S20: records that are asked for by a query', () => {
  const byQuery = { url: '{endpoint}', urlParameters: { id: 'eq.{id}' } };
  const model = shaped({ update: byQuery, delete: byQuery, read: byQuery });
  const told = (kind: 'update' | 'delete', of = model) =>
    against(() => json([])).transport.push(sealed(kind, {}, of), of, signal);

  test('an empty list says that nothing matched: a read tells what stands there', async () => {
    expect(await told('update')).toEqual({ kind: 'conflict', remote: null });
    expect(await told('delete')).toEqual({ kind: 'conflict', remote: null });
    const { transport } = against(() => json([]));
    expect(await transport.read(model, 'a', signal)).toMatchObject({ record: null });
  });

  test('an empty list from the address of one record says nothing', async () => {
    expect(await told('update', todo as typeof model)).toMatchObject({ kind: 'retryLater' });
    const inPath = { url: 'x/{doc}', urlParameters: { doc: '{id}' } };
    const { transport } = against(() => json([]));
    expect(await transport.read(shaped({ read: inPath }), 'a', signal)).toBeNull();
  });

  test('null in the place of a record says that there is none', async () => {
    const { transport } = against(() => json(null));
    expect(await transport.read(todo, 'a', signal)).toMatchObject({ record: null });
    const { transport: other } = against(() => json(record));
    expect(await other.read(todo, 'a', signal)).toMatchObject({ record });
  });
});

describe('S20: braces in an address', () => {
  const query = '{{"method":"limit","values":[{limit}]}}';

  test('doubled ones stand for themselves', async () => {
    const list = { urlParameters: { 'queries[0]': query } };
    const { transport, requests } = against(() => json([]));
    await transport.pull(pullRequest({ model: shaped({ list }), limit: 25 }), signal);
    const { searchParams } = new URL(`${requests[0]?.request.url}`);
    expect(searchParams.get('queries[0]')).toBe('{"method":"limit","values":[25]}');
    expect(placeholdersIn(query)).toEqual(['limit']);
  });

  test('single ones still have to hold a name', () => {
    expect([query, '{{x}}', '{id}'].map(isTemplate)).toEqual([true, true, true]);
    expect(['{', '{{}', '{a b}', '}}}'].map(isTemplate)).toEqual([false, false, false, false]);
  });
});
