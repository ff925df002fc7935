import { describe, expect, test } from 'vitest';
import { type ConflictPolicy, defineModel, type SyncEvent } from '../../src/index.ts';
import type { JsonObject } from '../../store/json.ts';
import { type Bend, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

const message = 'duplicate key value violates unique constraint "todos_title_key"';

/** 409, and no record but one that is named, to everything of a kind, as PostgREST says it of a rule of the database. */
function ruling(kind: 'create' | 'update', record: JsonObject | null = null) {
  const seen = { refused: 0 };
  const bend: Bend = ({ push }) => ({
    clockOffset: () => 0,
    push: async (request, ...more) => {
      if (request.kind !== kind) return push(request, ...more);
      seen.refused++;
      const failure = { code: 'conflict', status: 409, message, at: 1 } as const;
      const remote = record && { record, version: '"1"', lastOperationId: null };
      return { kind: 'conflict', remote, failure };
    },
  });
  return { seen, bend };
}

const policies: [string, ConflictPolicy<Todo>][] = [
  ['merge', 'merge'],
  ['serverWins', 'serverWins'],
  ['clientWins', 'clientWins'],
  ['lastUpdateWins', 'lastUpdateWins'],
  ['manual', 'manual'],
  ['a function that keeps ours', () => 'keepLocal'],
  ['a function that merges', ({ local }) => (local ? { merged: local } : 'park')],
];

const modelsOf = (conflict: ConflictPolicy<Todo>, ids: 'client' | 'server' = 'client') => ({
  todo: defineModel<Todo>({ endpoint: 'todos', conflict, ids, updatedAt: () => 5 }),
  note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
});

describe.each(policies)('under %s', (_, conflict) => {
  test('SV10: a create that a rule of the server refuses with 409 is a dead letter that says why', async () => {
    const { seen, bend } = ruling('create');
    const device = await world.settled({ bend, more: { models: modelsOf(conflict) } });
    const events: SyncEvent[] = [];
    device.sync.events.on('*', (event) => events.push(event));
    const write = device.sync.models.todo.create({ id: 'a', title: 'twice', done: false });
    await until('it waits for a person', () => device.sync.outbox.list()[0]?.deadLetter === true);
    expect((await write.settled).outcome).toBe('rejected');
    expect(seen.refused).toBeLessThanOrEqual(3);
    expect(device.sync.outbox.list()).toMatchObject([
      { status: { failure: { message, status: 409 } } },
    ]);
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(todoOf(device, 'a')).toMatchObject({ title: 'twice' });
  });

  test('SV10 P28: where the ids are the server’s, a record of others that it names is none of ours', async () => {
    world.server.put('todo', '7', { title: 'twice', done: true });
    const { seen, bend } = ruling('create', { id: '7', title: 'twice', done: true });
    const device = await world.settled({ bend, more: { models: modelsOf(conflict, 'server') } });
    const write = device.sync.models.todo.create({ title: 'twice', done: false });
    expect((await write.settled).outcome).toBe('rejected');
    expect(seen.refused).toBeLessThanOrEqual(3);
    expect(device.sync.outbox.list()).toMatchObject([
      { deadLetter: true, status: { failure: { message, status: 409 } } },
    ]);
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(todoOf(device, write.id)).toMatchObject({ title: 'twice', done: false });
    expect(todoOf(device, '7')).toMatchObject({ done: true });
  });

  test('SV10: a change that a rule of the server refuses with 409 is a dead letter that says why', async () => {
    const { seen, bend } = ruling('update');
    world.server.put('todo', 'a', { title: 'once', done: false });
    const device = await world.settled({ bend, more: { models: modelsOf(conflict) } });
    device.sync.models.todo.update('a', { title: 'twice' });
    await until('it waits for a person', () => device.sync.outbox.list()[0]?.deadLetter === true);
    expect(seen.refused).toBeLessThanOrEqual(3);
    expect(device.sync.outbox.list()).toMatchObject([
      { status: { failure: { message, status: 409 } } },
    ]);
    expect(todoOf(device, 'a')).toMatchObject({ title: 'twice' });
  });
});
