import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Answer, ModelWire } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import type { SealedRequest } from '../../store/rows/row.ts';
import { withTodo } from '../support/pulls.ts';
import {
  type Bend,
  busy,
  gate,
  quickEnv,
  stateOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };
const theirs = { title: 'Theirs', done: true };

describe('SV24 I11: an answer that is older than what a pull brought does not take the record back', () => {
  test('where it was long on its way', async () => {
    const answered = gate();
    let slow = false;
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          const answer = await push(...args);
          if (slow) await answered.opened;
          return answer;
        },
      }),
    });
    const { todo } = device.sync.models;
    const { id, settled } = todo.create(milk);
    await settled;
    slow = true;
    const edit = todo.update(id, { title: 'Tea' });
    await until('applied', () => world.server.find('todo', id)?.version === 2);
    world.server.put('todo', id, theirs);
    await todo.pull();
    answered.open();
    expect((await edit.settled).outcome).toBe('committed');
    await todo.pull();
    await synced(device);
    expect(todoOf(device, id)).toEqual({ ...theirs, id });
  });

  test('where it was lost, and the server gives the same answer once more', async () => {
    const known = new Map<string, Answer>();
    let lose = false;
    const device = await world.settled({
      bend: ({ push }) => ({
        push: async (...args) => {
          const [{ key }] = args;
          const answer = known.get(key) ?? (await push(...args));
          known.set(key, answer);
          if (!lose) return answer;
          lose = false;
          return { kind: 'retryLater', failure: busy };
        },
      }),
      env: quickEnv({ random: () => 0.99 }),
      more: { backoff: { base: 100, cap: 100 } },
    });
    const { todo } = device.sync.models;
    const { id, settled } = todo.create(milk);
    await settled;
    lose = true;
    const edit = todo.update(id, { title: 'Tea' });
    await until('it waits', () => stateOf(device).sequenced.counts.backoff === 1);
    world.server.put('todo', id, theirs);
    await todo.pull();
    expect((await edit.settled).outcome).toBe('committed');
    await todo.pull();
    await synced(device);
    expect(todoOf(device, id)).toEqual({ ...theirs, id });
  });
});

describe('over HTTP', () => {
  const { signal } = new AbortController();
  const note: ModelWire = {
    name: 'note',
    endpoint: 'notes',
    ids: 'server',
    nulls: 'delete',
    versionField: null,
  };
  const create: SealedRequest = {
    ...{ key: 'op-1', operationIds: ['op-1'], kind: 'create', method: 'POST', path: 'notes' },
    ...{ query: '', contentType: 'application/json', body: '{"text":"hello"}', ifMatch: null },
  };
  const answering = (response: () => Response) =>
    rest({ baseUrl: 'https://api.example.com' })({
      ...browserEnv,
      fetch: async () => response(),
    });
  const made = (headers: Record<string, string>) =>
    answering(() => new Response(null, { status: 201, headers })).push(create, note, signal);

  test.each([
    ['/notes/n7', 'n7'],
    ['https://api.example.com/v1/notes/n%2F7?x=1#y', 'n/7'],
  ])(
    'SV22: 201 without a body takes the id that the server made from Location %s',
    async (location, id) => {
      expect(await made({ location, etag: '"1"' })).toEqual({
        ...{ kind: 'committed', version: '"1"' },
        remote: { record: { id, text: 'hello' }, version: '"1"', lastOperationId: null },
      });
    },
  );

  test.each([{}, { location: '/notes/' }, { location: '/notes/%E0%A4' }])(
    'SV22: 201 that does not say which id was made (%j) is no record: what is known is that it said yes',
    async (headers) => {
      expect(await made(headers)).toMatchObject({
        kind: 'unclear',
        failure: { code: 'unreadable' },
      });
    },
  );

  test('S36: tombstones may have numbers for ids, as records may', async () => {
    const body = { items: [{ id: 1 }], deleted: [2, { id: 3 }], cursor: 'c' };
    const pull = answering(() => Response.json(body)).pull(
      { model: note, cursor: null, limit: 9, offset: 0, filter: {} },
      signal,
    );
    expect(await pull).toMatchObject({ items: [{ id: '1' }], deleted: [{ id: '2' }, { id: '3' }] });
  });
});

describe('S36: a yes that says no more (204)', () => {
  const bare: Bend = ({ push }) => ({
    push: async (...args) => {
      const answer = await push(...args);
      return answer.kind === 'committed' ? { ...answer, remote: null } : answer;
    },
  });

  test.each([
    [
      'S36: a field set to null is gone, as the merge patch said',
      'delete',
      { title: 'Tea', more: { a: 1 } },
    ],
    [
      'S36: where null means null it is null',
      'meaningful',
      { title: 'Tea', done: null, more: { a: 1, b: null } },
    ],
  ] as const)('%s', async (_, nulls, expected) => {
    const more = withTodo({ nulls });
    const device = await world.settled({ bend: bare, more });
    const { todo } = device.sync.models;
    const { id, settled } = todo.create({ ...milk, title: 'Tea' });
    await settled;
    await todo.update(id, { done: null, more: { a: 1, b: null } } as never).settled;
    await synced(device);
    expect(todoOf(device, id)).toEqual({ ...expected, id });
  });
});
