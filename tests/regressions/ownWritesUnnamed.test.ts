import { describe, expect, test } from 'vitest';
import { type ConflictPolicy, defineModel } from '../../src/index.ts';
import type { Answer, RemoteRecord } from '../../src/ports/transport.ts';
import { type Bend, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

/** A version as a server writes it that numbers its versions, and as one that hashes its records. */
const forms = {
  numbers: (n: number) => `"${n}"`,
  hashes: (n: number) => `"${(n * 2_654_435_761).toString(16)}"`,
};

const nameless = (remote: RemoteRecord): RemoteRecord => ({ ...remote, lastOperationId: null });

function namelessAnswer(answer: Answer): Answer {
  const isTold = answer.kind === 'conflict' || answer.kind === 'committed';
  return isTold && answer.remote ? { ...answer, remote: nameless(answer.remote) } : answer;
}

/** A server that names no operations and remembers no keys; the first answers to writes are lost. */
function forgetful(lost: number, meanwhile: () => void = () => {}) {
  const seen = { pushes: 0 };
  const bend: Bend = ({ push, read }) => ({
    clockOffset: () => 0,
    push: async (...args) => {
      const answer = await push(...args);
      if (++seen.pushes > lost) return namelessAnswer(answer);
      meanwhile();
      throw new Error('the answer was lost');
    },
    read: async (...args) => {
      const remote = await read(...args);
      return remote && 'record' in remote ? nameless(remote) : remote;
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
  ['a function that keeps theirs', () => 'keepRemote'],
];

const modelsOf = (conflict: ConflictPolicy<Todo>) => ({
  // Theirs would always be later.
  todo: defineModel<Todo>({ endpoint: 'todos', conflict, updatedAt: () => 9e15 }),
  note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }),
});

const there = () => world.server.find('todo', 'a');

describe.each(policies)(
  'where the answer is lost and nothing names operations, under %s',
  (_, conflict) => {
    const more = { models: modelsOf(conflict) };

    test.each(Object.entries(forms))(
      'S13 SV11: a change of ours that meets itself in a 412 is committed, and what waits behind it goes (versions are %s)',
      async (_form, versioned) => {
        const { bend } = forgetful(1);
        world.server.versioned = versioned;
        world.server.put('todo', 'a', { title: 'A', done: false });
        const device = await world.settled({ bend, more });
        const { todo } = device.sync.models;
        const write = todo.update('a', { title: 'ours' });
        await until('it has arrived', () => there()?.version === 2);
        const behind = todo.update('a', { done: true });
        await until('decided', () => ['synced', 'attention'].includes(statusOf(device).phase));
        expect((await write.settled).outcome).toBe('committed');
        expect((await behind.settled).outcome).toBe('committed');
        expect(there()).toMatchObject({ version: 3, record: { title: 'ours', done: true } });
        expect(device.sync.conflicts.log()).toEqual([]);
        expect(todoOf(device, 'a')).toEqual(there()?.record);
      },
    );

    test.each(Object.entries(forms))(
      'S13 SV10: a second create of ours that meets the first in a 409 is committed, and what waits behind it goes (versions are %s)',
      async (_form, versioned) => {
        const { bend } = forgetful(1);
        world.server.versioned = versioned;
        const device = await world.settled({ bend, more });
        const { todo } = device.sync.models;
        const write = todo.create({ id: 'a', title: 'ours', done: false });
        await until('it has arrived', () => there()?.version === 1);
        const behind = todo.update('a', { done: true });
        await until('decided', () => ['synced', 'attention'].includes(statusOf(device).phase));
        expect((await write.settled).outcome).toBe('committed');
        expect((await behind.settled).outcome).toBe('committed');
        expect(there()).toMatchObject({ version: 2, record: { title: 'ours', done: true } });
        expect(todoOf(device, 'a')).toEqual(there()?.record);
      },
    );
  },
);

test('S13 SV11: a record that others have changed after ours had arrived is a conflict, not ours', async () => {
  const { bend } = forgetful(1, () => {
    world.server.put('todo', 'a', { ...there()?.record, title: 'theirs' });
  });
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({ bend, more: { models: modelsOf('serverWins') } });
  const write = device.sync.models.todo.update('a', { title: 'ours' });
  expect((await write.settled).outcome).toBe('discarded');
  await synced(device);
  expect(todoOf(device, 'a')).toMatchObject({ title: 'theirs' });
});

test('S13 SV11: others who wrote the same words beside more of their own are merged with, not taken for ours', async () => {
  const { bend } = forgetful(0);
  world.server.versioned = forms.hashes;
  world.server.put('todo', 'a', { title: 'A', done: false });
  const device = await world.settled({ bend, more: { models: modelsOf('manual') } });
  device.sync.pause();
  await device.sync.models.todo.update('a', { title: 'ours' }).saved;
  world.server.put('todo', 'a', { title: 'ours', done: true });
  await device.sync.resume();
  await until('asked', () => statusOf(device).conflicted === 1);
  expect(device.sync.conflicts.list()).toMatchObject([{ remote: { title: 'ours', done: true } }]);
});
