import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { defineModel } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { sealed, todo as wire } from '../support/rest.ts';
import { TinyServer, tinyTransport } from '../support/tinyServer.ts';
import { makeDevice, type Note, type Todo } from '../support/world.ts';

function held(options: object, todo: object = {}, note: object = {}): Record<string, string[]> {
  const models = {
    todo: defineModel<Todo>({ endpoint: 'todos', ...todo }),
    note: defineModel<Note>({ endpoint: 'notes', ids: 'server', ...note }),
  };
  const transport = rest({ baseUrl: 'https://api.example.com', ...options });
  const { guarantees } = makeDevice({ transport, more: { models } }).sync;
  return Object.fromEntries(
    Object.entries(guarantees).map(([model, all]) => [
      model,
      all.filter(({ holds }) => holds).map(({ promise }) => promise),
    ]),
  );
}

const always = ['neverLost', 'ordered'];

test('a server that can everything: every promise is given', () => {
  const { todo } = held({ batch: { url: 'sync/batch' } });
  expect(todo).toEqual([
    ...[...always, 'createsOnce', 'updatesOnce', 'noOverwriting', 'changedFieldsOnly'],
    ...['deltaPull', 'batched'],
  ]);
});

test('a server that knows no keys and no versions: what is not promised is said', () => {
  const { todo, note } = held({ idempotencyHeader: false, versioning: 'none' });
  expect(todo).toEqual([...always, 'createsOnce', 'changedFieldsOnly', 'deltaPull']);
  // An id of the server's own: a create whose answer is lost may be done twice.
  expect(note).toEqual([...always, 'changedFieldsOnly', 'deltaPull']);
});

test('whole records, and pages by place', () => {
  const list = { urlParameters: { _start: '{offset}', _limit: '{limit}' } };
  const { todo } = held({}, { nulls: 'meaningful', requests: { list } });
  expect(todo).not.toContain('changedFieldsOnly');
  expect(todo).not.toContain('deltaPull');
});

test.each([
  ['in If-Match', { ifMatch: true }, {}, true],
  ['in the body', {}, { method: 'POST', url: 'todos/{id}/remove' }, true],
  ['behind the ?', {}, { urlParameters: { rev: '{revision}' } }, true],
  ['nowhere', {}, {}, false],
] as const)(
  'a version that is a field, and stands %s of a delete: whether others are written over is said as it is',
  (_, options, remove, holds) => {
    const model = { version: 'revision', requests: { delete: remove } };
    const { todo } = held({ versioning: 'field', ...options }, model, { version: 'revision' });
    expect(todo?.includes('noOverwriting')).toBe(holds);
    const made = sealed(
      'delete',
      { base: { id: 'a', revision: 1 } },
      { ...wire, ...model, versionField: 'revision' },
      { versioning: 'field' },
    );
    const isSent = 'ifMatch' in options || /revision|rev=1/.test(`${made.body}${made.query}`);
    expect(isSent).toBe(holds);
  },
);

test.each([
  ['PATCH', true],
  ['POST', true],
  ['PUT', false],
] as const)('updates by %s carry changed fields alone: %s', (method, holds) => {
  const { todo } = held({}, { requests: { update: { method } } });
  expect(todo?.includes('changedFieldsOnly')).toBe(holds);
  const { body } = sealed(
    'update',
    { base: { id: 'a', note: 'n' } },
    { ...wire, requests: { update: { method } } },
  );
  expect(`${body}`.includes('note')).toBe(!holds);
});

test('a transport that does not say what its server can: nothing is taken for granted', () => {
  const transport = tinyTransport(new TinyServer(), () => ({}));
  const { guarantees } = makeDevice({ transport }).sync;
  const holding = guarantees.todo?.filter(({ holds }) => holds) ?? [];
  // The ids are made here: a server that refuses the second of one id has made one record.
  expect(holding.map(({ promise }) => promise)).toEqual([...always, 'createsOnce']);
});

test('the docs explain each promise, in the order in which they are told', () => {
  const { guarantees } = makeDevice({ transport: rest({ baseUrl: 'https://a.example' }) }).sync;
  const docs = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
  const explained = [...docs.matchAll(/^\| `(\w+)` \|/gm)].map(([, promise]) => promise);
  expect(explained).toEqual(guarantees.todo?.map(({ promise }) => promise));
});
