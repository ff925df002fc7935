import { describe, expect, test } from 'vitest';
import { createSync, defineModel, SyncError } from '../../src/index.ts';
import type { ListRequest, RestRequest, RestRequests } from '../../src/ports/requests.ts';
import { type RestOptions, rest } from '../../src/rest.ts';
import { memory } from '../../src/storage.ts';
import { base } from '../support/rest.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly rev: number;
}

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof SyncError) return `${error.code} ${error.message}`;
  }
  return 'not refused';
}

const wrong = <T>(value: unknown) => value as T;

describe('SEC25: options of rest(…) are refused with their path', () => {
  test.each<[string, unknown]>([
    ['baseUrl', { baseUrl: 'nowhere' }],
    ['baseUrl', { baseUrl: 'ftp://x' }],
    ['baseUrl', { baseUrl: 'http://example.com' }],
    ['baseUrl', { baseUrl: 'https://me:secret@example.com' }],
    ['baseUrl', { baseUrl: 'https://example.com?key=1' }],
    ['baseUrl', {}],
    ['origins', { origins: 'https://a.example' }],
    ['origins[1]', { origins: ['https://a.example', 'https://a.example/path'] }],
    ['origins[0]', { origins: ['http://a.example'] }],
    ['auth', { auth: 'token' }],
    ['auth.token', { auth: {} }],
    ['auth.token', { auth: { token: 'secret' } }],
    ['auth.refresh', { auth: { token: () => 't', refresh: true } }],
    ['auth.header', { auth: { token: () => 't', header: 'no header' } }],
    ['auth.user', { auth: { token: () => 't', user: 'me' } }],
    ['headers', { headers: 'x' }],
    ['headers.x y', { headers: { 'x y': '1' } }],
    ['headers.x', { headers: { x: 1 } }],
    ['credentials', { credentials: 'always' }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: Number.NaN }],
    ['idleTimeout', { idleTimeout: -1 }],
    ['batch', { batch: true }],
    ['batch.limit', { batch: { limit: 0 } }],
    ['batch.url', { batch: { url: '../batch' } }],
    ['batch.url', { batch: { url: 'https://evil.example/batch' } }],
    ['batch.atomic', { batch: { atomic: true } }],
    ['idempotencyHeader', { idempotencyHeader: 'a b' }],
    ['idempotencyHeader', { idempotencyHeader: true }],
    ['versioning', { versioning: 'date' }],
    ['ifMatch', { ifMatch: true }],
    ['ifMatch', { versioning: 'field', ifMatch: 1 }],
    ['probe', { probe: '//evil.example' }],
    ['probe', { probe: 'https://evil.example/health' }],
    ['limits.answer', { limits: { answer: 0 } }],
    ['limits.page', { limits: { page: 1 } }],
    ['requests', { requests: [] }],
    ['requests.patch', { requests: { patch: {} } }],
    ['requests.list.url', { requests: { list: { url: '..' } } }],
    ['retries', { retries: 3 }],
  ])('%s: %j', (path, options) => {
    const given = { baseUrl: base, ...(options as object) } as RestOptions;
    const make = () =>
      rest('baseUrl' in (options as object) || path !== 'baseUrl' ? given : wrong({}));
    expect(refusal(make)).toMatch(`badConfig rest: ${path} must `);
  });

  test('what is right is taken', () => {
    const options: RestOptions = {
      ...{ baseUrl: 'http://localhost:4801', origins: ['https://files.example.com'] },
      auth: { token: () => 't', refresh: async () => true, header: 'X-Session' },
      ...{ headers: { 'X-Client': 'kit' }, credentials: 'include', timeout: 1, idleTimeout: 1 },
      ...{ batch: { url: 'https://files.example.com/b', limit: 1_000 }, idempotencyHeader: false },
      ...{ versioning: 'field', ifMatch: true, probe: 'health', limits: { answer: 1 } },
      requests: { list: { url: '{endpoint}/all' } },
    };
    expect(rest(options)).toBeTypeOf('function');
  });
});

describe('S20: requests of a model are refused with their path', () => {
  const make =
    (requests: unknown, more: Partial<RestOptions> = {}, ids?: 'server') =>
    () =>
      createSync({
        name: 'refused',
        models: {
          todo: defineModel<Todo>({
            ...{ endpoint: 'todos', requests: requests as RestRequests },
            ...(ids && { ids }),
          }),
        },
        transport: rest({ baseUrl: base, ...more }),
        storage: memory(),
      });

  test.each<[string, unknown]>([
    ['requests', 'x'],
    ['requests.get', { get: {} }],
    ['requests.update', { update: 3 }],
    ['requests.update.verb', { update: { verb: 'PUT' } }],
    ['requests.update.method', { update: { method: 'GET' } }],
    ['requests.create.method', { create: { method: 'post' } }],
    ['requests.read.method', { read: { method: 'DELETE' } }],
    ['requests.update.url', { update: { url: '' } }],
    ['requests.update.url', { update: { url: '../{id}' } }],
    ['requests.update.url', { update: { url: 'a/%2e%2E/{id}' } }],
    ['requests.update.url', { update: { url: 'a//{id}' } }],
    ['requests.update.url', { update: { url: '//evil.example/{id}' } }],
    ['requests.update.url', { update: { url: 'https://evil.example/{id}' } }],
    ['requests.update.url', { update: { url: 'http://api.example.com/v1/{id}' } }],
    ['requests.update.url', { update: { url: 'https://{host}/{id}' } }],
    ['requests.update.url', { update: { url: 'https://me@api.example.com/{id}' } }],
    ['requests.update.url', { update: { url: 'javascript:alert({id})' } }],
    ['requests.update.url', { update: { url: 'a\\{id}' } }],
    ['requests.update.url', { update: { url: 'a/{id}#x' } }],
    ['requests.update.url', { update: { url: 'a/{id' } }],
    ['requests.update.url', { update: { url: 'a/{}' } }],
    ['requests.update.url', { update: { url: 'a/{id}?api_key=1' } }],
    ['requests.read.url', { read: { url: 'todos/{listId}/{id}' } }],
    ['requests.read.url', { read: { url: 'todos' } }],
    ['requests.delete.url', { delete: { url: 'todos' } }],
    ['requests.update.urlParameters', { update: { urlParameters: 'x' } }],
    ['requests.update.urlParameters.a', { update: { urlParameters: { a: null } } }],
    ['requests.update.urlParameters.a', { update: { urlParameters: { a: '{' } } }],
    [
      'requests.list.urlParameters.access_token',
      { list: { urlParameters: { access_token: 'x' } } },
    ],
    ['requests.update.headers', { update: { headers: 'x' } }],
    ['requests.update.headers.a b', { update: { headers: { 'a b': '1' } } }],
    ['requests.update.headers.x', { update: { headers: { x: 'a\r\nb' } } }],
    ['requests.update.headers.If-Match', { update: { headers: { 'If-Match': '*' } } }],
    [
      'requests.update.headers.Idempotency-Key',
      { update: { headers: { 'Idempotency-Key': '1' } } },
    ],
    ['requests.update.topLevelKey', { update: { topLevelKey: '' } }],
    ['requests.update.topLevelKey', { update: { topLevelKey: '__proto__' } }],
    ['requests.delete.topLevelKey', { delete: { topLevelKey: 'x' } }],
    ['requests.update.supplementalTopLevelData', { update: { supplementalTopLevelData: [1] } }],
    [
      'requests.update.supplementalTopLevelData',
      { update: { supplementalTopLevelData: { at: new Date(0) } } },
    ],
    ['requests.list.supplementalTopLevelData', { list: { supplementalTopLevelData: { a: 1 } } }],
    ['requests.update.responseDataKey', { update: { responseDataKey: 'a..b' } }],
    ['requests.update.responseTransformer', { update: { responseTransformer: 'x' } }],
    ['requests.update.timeoutMillis', { update: { timeoutMillis: 0 } }],
    ['requests.update.retryCount', { update: { retryCount: 1.5 } }],
    ['requests.update.retryCount', { update: { retryCount: 11 } }],
    ['requests.update.parts', { update: { parts: {} } }],
    ['requests.list.url', { list: { url: 'changes/{cursor}' } }],
    ['requests.list.url', { list: { url: 'x/{at}', urlParameters: { at: 'c-{cursor}' } } }],
    ['requests.list.parts.pages', { list: { parts: { pages: 'x' } } }],
    ['requests.list.parts.items', { list: { parts: { items: '' } } }],
    ['requests.list.limit', { list: { limit: 0 } }],
  ])('models.todo.%s: %j', (path, requests) => {
    expect(refusal(make(requests))).toContain(`badConfig createSync: models.todo.${path} must `);
  });

  test.each([
    ...['Authorization', 'proxy-authorization', 'Cookie', 'X-Api-Key', 'apikey', 'X-Auth-Token'],
    ...['X-CSRF-Token', 'X-Client-Secret', 'x-amz-security-token', 'X-Password', 'X-Session-Id'],
  ])('SEC15: the header %s is a credential: it has no place in what is kept', (name) => {
    const requests = { update: { headers: { [name]: 'x' } } };
    expect(refusal(make(requests))).toContain('credentials go in rest({ auth })');
  });

  test('a create can’t name an id that the server is to make', () => {
    const requests = { create: { url: 'todos/{id}' } };
    expect(refusal(make(requests, {}, 'server'))).toContain('models.todo.requests.create.url');
    expect(make(requests)).not.toThrow();
  });

  test('what is right is taken, also of an origin that is named', () => {
    const requests: RestRequests = {
      create: { url: 'lists/{listId}/todos/', headers: { 'Content-Type': 'application/json' } },
      update: { url: 'https://files.example.com/{id}?v={rev}', retryCount: 0 },
      delete: { method: 'POST', url: 'todos/delete', supplementalTopLevelData: { hard: true } },
      read: { url: 'https://api.example.com/v9/{id}' },
      list: { url: 'lists/{listId}', urlParameters: { pageToken: '{cursor}', size: '{limit}' } },
    };
    expect(make(requests, { origins: ['https://files.example.com'] })).not.toThrow();
  });

  test('the field of the version must be named where versions go by one', () => {
    const with_ = (version?: 'rev') => () =>
      createSync({
        name: 'versions',
        models: { todo: defineModel<Todo>({ endpoint: 'todos', ...(version && { version }) }) },
        transport: rest({ baseUrl: base, versioning: 'field' }),
        storage: memory(),
      });
    expect(refusal(with_())).toContain('models.todo.version must name the field');
    expect(with_('rev')).not.toThrow();
    const id = () => defineModel<Todo>({ endpoint: 'todos', version: 'id' });
    expect(refusal(id)).toContain('badConfig defineModel: version must name a field');
  });
});

test('S21: the type of a request knows the methods of its kind and the fields of its model', () => {
  const right: RestRequests = { create: { method: 'PUT' }, list: { limit: 3 } };
  // @ts-expect-error nothing is made by GET
  const get: RestRequest<'POST' | 'PUT'> = { method: 'GET' };
  // @ts-expect-error a record is not read by DELETE
  const remove: RestRequests = { read: { method: 'DELETE' } };
  // @ts-expect-error an option that is not there
  const unknown: ListRequest = { pages: 3 };
  // @ts-expect-error a field that the model does not have
  const version = () => defineModel<Todo>({ endpoint: 'todos', version: 'revision' });
  expect([right, get, remove, unknown, version]).toHaveLength(5);
});
