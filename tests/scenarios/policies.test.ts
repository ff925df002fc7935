import { describe, expect, test } from 'vitest';
import { type ConflictPolicy, defineModel, type SyncEvent } from '../../src/index.ts';
import { statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { type Note, type Todo, until } from '../support/world.ts';

const world = tinyWorld();

type Found = 'byAnswer' | 'byPull' | 'byPullMeanwhile';

/**
 * Both sides change `a`; the answer to ours (412) tells of theirs, or a pull before it: before ours has
 * left, or while it is under way.
 */
async function contested(
  conflict: ConflictPolicy<Todo>,
  found: Found,
  {
    theirs = { title: 'theirs', done: true } as Partial<Todo> | null,
    ours = { title: 'ours' } as Partial<Todo> | null,
    updatedAt = undefined as ((todo: Todo) => number) | undefined,
    clockOffset = 0,
  } = {},
) {
  world.server.put('todo', 'a', { title: 'A', done: false, note: 'both know' });
  const todoModel = defineModel<Todo>({
    endpoint: 'todos',
    conflict,
    ...(updatedAt && { updatedAt }),
  });
  const models = { todo: todoModel, note: defineModel<Note>({ endpoint: 'notes', ids: 'server' }) };
  let pushes = 0;
  let arrives = Promise.resolve();
  let arrive = () => {};
  const device = await world.settled({
    more: { models },
    bend: (transport) => ({
      clockOffset: () => clockOffset,
      push: async (...request) => {
        pushes++;
        await arrives;
        return transport.push(...request);
      },
    }),
  });
  const events: SyncEvent[] = [];
  device.sync.events.on('*', (event) => events.push(event));
  const { todo } = device.sync.models;
  device.sync.pause();
  const write = ours ? todo.update('a', ours) : todo.remove('a');
  await write.saved;
  const before = world.server.find('todo', 'a')?.record;
  world.server.put('todo', 'a', theirs && { ...before, ...theirs });
  if (found === 'byPull') await todo.pull();
  if (found === 'byPullMeanwhile') {
    arrives = new Promise((resolve) => {
      arrive = resolve;
    });
  }
  await device.sync.resume();
  if (found === 'byPullMeanwhile') {
    await until('it is under way', () => pushes > 0);
    await todo.pull();
    arrive();
  }
  await until('decided', () => ['synced', 'attention'].includes(statusOf(device).phase));
  const there = world.server.find('todo', 'a')?.record;
  return { device, write, there, here: todoOf(device, 'a'), events };
}

const log = (device: { sync: { conflicts: { log(): readonly object[] } } }) =>
  device.sync.conflicts.log();

describe.each(['byAnswer', 'byPull', 'byPullMeanwhile'] as const)(
  'S13: a conflict found %s',
  (found) => {
    test('P16: merge keeps ours where we changed it and theirs where they did; what it overwrote is told', async () => {
      const { device, there, here, write } = await contested('merge', found);
      expect(there).toMatchObject({ title: 'ours', done: true, note: 'both know' });
      expect(here).toEqual(there);
      expect(['merged', 'committed']).toContain((await write.settled).outcome);
      expect(log(device)).toMatchObject([{ field: 'title', local: 'ours', remote: 'theirs' }]);
    });

    test('serverWins: theirs stands, ours is told as discarded and stands in the log (P17)', async () => {
      const { device, there, here, write } = await contested('serverWins', found);
      expect(there).toMatchObject({ title: 'theirs', done: true });
      expect(here).toEqual(there);
      expect((await write.settled).outcome).toBe('discarded');
      expect(log(device)).toMatchObject([
        { field: 'title', local: 'ours', remote: 'theirs', kept: 'remote' },
      ]);
    });

    test('clientWins: the whole record of this device stands', async () => {
      const { there, here } = await contested('clientWins', found);
      expect(there).toMatchObject({ title: 'ours', done: false, note: 'both know' });
      expect(here).toEqual(there);
    });

    test('lastUpdateWins: whole records by time; the later one stands', async () => {
      const later = await contested('lastUpdateWins', found, {
        updatedAt: () => Date.now() - 60_000,
      });
      expect(later.there).toMatchObject({ title: 'ours', done: false });
      const sooner = await contested('lastUpdateWins', found, {
        updatedAt: () => Date.now() + 60_000,
      });
      expect(sooner.here).toMatchObject({ title: 'theirs', done: true });
    });

    test('TM1: a tie, or a clock that is over a minute off, lets the server win', async () => {
      const off = await contested('lastUpdateWins', found, {
        updatedAt: () => 5,
        clockOffset: 61_000,
      });
      expect(off.here).toMatchObject({ title: 'theirs' });
      const silent = await contested('lastUpdateWins', found, { updatedAt: () => Number.NaN });
      expect(silent.here).toMatchObject({ title: 'theirs' });
    });

    test('manual: nothing is sent until a person has decided', async () => {
      const { device, write } = await contested('manual', found);
      expect(statusOf(device).conflicted).toBe(1);
      expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'theirs' });
      expect(todoOf(device, 'a')).toMatchObject({ title: 'ours' });
      await device.sync.conflicts.resolve('a', 'keepLocal');
      await synced(device);
      expect(world.server.find('todo', 'a')?.record).toMatchObject({ title: 'ours', done: true });
      expect((await write.settled).outcome).toBe('merged');
    });

    test('a function decides with all that is known', async () => {
      const seen: unknown[] = [];
      const policy: ConflictPolicy<Todo> = (conflict) => {
        const { base, local, remote, changedLocally, changedRemotely } = conflict;
        seen.push([base?.title, local?.title, remote?.title, changedLocally, changedRemotely]);
        return remote
          ? { merged: { ...remote, title: `${local?.title} and ${remote.title}` } }
          : 'park';
      };
      const { there, here } = await contested(policy, found);
      expect(there).toMatchObject({ title: 'ours and theirs', done: true });
      expect(here).toEqual(there);
      expect(seen[0]).toEqual(['A', 'ours', 'theirs', ['title'], ['title', 'done']]);
    });

    test.each([
      [
        'throws',
        () => {
          throw new Error('oops');
        },
      ],
      ['says nonsense', () => 'whatever' as never],
      [
        'says something else each time',
        () => ({ merged: { id: 'a', title: String(Math.random()), done: false } }),
      ],
      ['answers what can not be kept', () => ({ merged: { id: 'a', title: new Date() } }) as never],
      [
        'changes what it is given',
        (c: { remote: { title: string } | null }) => {
          if (c.remote) c.remote.title = 'spoilt';
          throw new Error('and throws');
        },
      ],
    ] as [string, ConflictPolicy<Todo>][])(
      'DA17: a function that %s parks the conflict and harms nothing',
      async (_, policy) => {
        const { device } = await contested(policy, found);
        expect(statusOf(device).conflicted).toBe(1);
        expect(device.sync.conflicts.list()).toMatchObject([{ remote: { title: 'theirs' } }]);
      },
    );

    test('deleted there, changed here: merge asks; serverWins deletes; clientWins makes it again', async () => {
      const asked = await contested('merge', found, { theirs: null });
      expect(statusOf(asked.device).conflicted).toBe(1);
      const server = await contested('serverWins', found, { theirs: null });
      expect(server.here).toBeUndefined();
      const client = await contested('clientWins', found, { theirs: null });
      await synced(client.device);
      expect(world.server.find('todo', 'a')?.record).toMatchObject({
        title: 'ours',
        note: 'both know',
      });
    });

    test('changed there, deleted here: merge asks and shows theirs; serverWins keeps it; clientWins deletes it', async () => {
      const asked = await contested('merge', found, { ours: null });
      expect(statusOf(asked.device).conflicted).toBe(1);
      expect(asked.here).toMatchObject({ title: 'theirs' });
      const server = await contested('serverWins', found, { ours: null });
      expect(server.here).toMatchObject({ title: 'theirs' });
      expect(server.there).toMatchObject({ title: 'theirs' });
      const client = await contested('clientWins', found, { ours: null });
      expect(client.there).toBeNull();
      expect(client.here).toBeUndefined();
    });
  },
);

test('P17: a conflict is told as what it is by now: deleted by others, and there again', async () => {
  const { device } = await contested('merge', 'byAnswer', { theirs: null });
  const { todo } = device.sync.models;
  const failure = () => todo.selectRecordStatus(device.store.getState(), 'a').failure;
  expect(failure()).toMatchObject({
    code: 'remoteDeleted',
    message: 'it was deleted by others',
  });
  world.server.put('todo', 'a', { title: 'back', done: false });
  await todo.pull();
  expect(failure()).toMatchObject({ code: 'conflict', message: 'it was changed by others too' });
});

test('a policy that is none, or lacks what it needs, is refused when the model is defined', () => {
  expect(() => defineModel<Todo>({ endpoint: 'todos', conflict: 'mine' as never })).toThrow(
    'conflict',
  );
  expect(() => defineModel<Todo>({ endpoint: 'todos', conflict: 'lastUpdateWins' })).toThrow(
    'updatedAt',
  );
});
