import { describe, expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { entryOf, idsOf, patient, progressOf, seed } from '../support/pulls.ts';
import {
  type Bend,
  busy,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

describe('a full pull', () => {
  test('S18 I13: from the start on demand: what the server lost without a word goes, the rest stays as it is', async () => {
    const [first = '', second = ''] = seed(world.server, 3);
    const device = await world.settled();
    const before = todoOf(device, first);
    world.server.put('todo', second, null);
    world.server.expireCursors();
    const result = await device.sync.models.todo.pull({ full: true });
    expect(result).toMatchObject({ status: 'done', hasMore: false, failure: null });
    expect(idsOf(device)).toEqual([first, 'r000002']);
    expect(todoOf(device, first)).toBe(before);
    expect(progressOf(device)?.fullSince).toBeNull();
  });

  test('SV29: a record that a list leaves out by mistake is asked for by id, and stays', async () => {
    const [, second = ''] = seed(world.server, 3);
    const device = await world.settled();
    world.server.hides = (id) => id === second;
    await device.sync.models.todo.pull({ full: true });
    expect(idsOf(device)).toHaveLength(3);
    expect(world.server.reads).toBe(1);
  });

  test('SV29: what a read by id finds newer than it is here is taken', async () => {
    const [, second = ''] = seed(world.server, 3);
    const device = await world.settled();
    world.server.put('todo', second, { title: 'newer', done: true });
    world.server.hides = (id) => id === second;
    await device.sync.models.todo.pull({ full: true });
    expect(todoOf(device, second)).toMatchObject({ title: 'newer' });
  });

  test('I31: what can not be read is not taken for gone: the pull fails, and is tried again', async () => {
    const [, second = ''] = seed(world.server, 3);
    let broken = true;
    const bend: Bend = ({ read }) => ({
      read: async (...args) => (broken ? null : read(...args)),
    });
    const device = await world.settled({ bend, more: patient });
    world.server.put('todo', second, null);
    const { todo } = device.sync.models;
    expect(await todo.pull({ full: true })).toMatchObject({
      ...{ status: 'failed', failure: { code: 'unreadable' } },
    });
    expect(idsOf(device)).toHaveLength(3);
    expect(statusOf(device).reason).toBe('pullFailed');
    broken = false;
    expect((await todo.pull()).status).toBe('done');
    expect(idsOf(device)).not.toContain(second);
  });

  test('SV21: a read that answers with another record is no proof of anything', async () => {
    const [, second = ''] = seed(world.server, 3);
    const bend: Bend = ({ read }) => ({
      read: async (...args) => {
        const remote = await read(...args);
        return remote && 'record' in remote
          ? { ...remote, record: { ...remote.record, id: 'other' } }
          : null;
      },
    });
    const device = await world.settled({ bend, more: patient });
    world.server.put('todo', second, null);
    const result = await device.sync.models.todo.pull({ full: true });
    expect(result.failure?.message).toContain('another');
    expect(idsOf(device)).toHaveLength(3);
  });

  test('SV27: more than 50 are not asked for one by one: a second list decides', async () => {
    const ids = seed(world.server, 200);
    const device = await world.settled();
    const { todo } = device.sync.models;
    // Gone from the first list alone: nothing may go.
    let lists = 0;
    world.server.hides = (id) => lists < 1 && id < 'r000060';
    const pull = world.server.pull.bind(world.server);
    world.server.pull = (request) => {
      const page = pull(request);
      lists++;
      return page;
    };
    expect((await todo.pull({ full: true })).status).toBe('done');
    expect(idsOf(device)).toEqual(ids);
    expect(lists).toBe(2);
    expect(world.server.reads).toBe(0);
    // Gone from both.
    world.server.hides = () => false;
    for (const id of ids.slice(0, 60)) world.server.put('todo', id, null);
    await todo.approveDeletes();
    expect((await todo.pull({ full: true })).status).toBe('held');
    expect((await todo.approveDeletes()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.slice(60));
  });

  test('CR19: one that is cut off goes on after a reload where it was, and still sweeps', async () => {
    const ids = seed(world.server, 30);
    world.server.page = 10;
    const storage = memory();
    const name = 'interrupted';
    let left = Infinity;
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        if (request.model.name !== 'todo' || left-- > 0) return pull(request, signal);
        return { kind: 'failed', failure: busy };
      },
    });
    const device = await world.settled({ storage, name, bend, more: patient });
    world.server.forget('todo', ids[3] ?? '');
    left = 2;
    expect((await device.sync.models.todo.pull({ full: true })).status).toBe('failed');
    const { cursor, fullSince } = progressOf(device) ?? {};
    expect(fullSince).not.toBeNull();
    expect(cursor).not.toBeNull();
    expect(idsOf(device)).toHaveLength(30);
    await device.sync.stop();
    world.server.pulls = 0;
    const later = await world.settled({ storage, name });
    expect(idsOf(later)).not.toContain(ids[3]);
    expect(idsOf(later)).toHaveLength(29);
    expect(progressOf(later)?.fullSince).toBeNull();
    // One page of notes, one of todos: not from the start.
    expect(world.server.pulls).toBe(2);
  });

  test('I1 SV27: what is edited here and gone there is not swept away: a person decides', async () => {
    const [first = '', second = '', third = ''] = seed(world.server, 3);
    const device = await world.settled();
    const { todo } = device.sync.models;
    device.sync.pause();
    todo.update(first, { done: true });
    todo.remove(second);
    await until('both wait', () => stateOf(device).sequenced.counts.pending === 2);
    for (const id of [first, second, third]) world.server.put('todo', id, null);
    world.server.expireCursors();
    await todo.pull();
    expect(todoOf(device, first)).toMatchObject({ done: true });
    expect(todoOf(device, third)).toBeUndefined();
    expect(device.sync.conflicts.list()).toMatchObject([{ recordId: first, remote: null }]);
    await device.sync.conflicts.resolve(first, 'keepLocal');
    await device.sync.resume();
    await synced(device);
    expect(world.server.find('todo', first)?.record).toMatchObject({ title: first, done: true });
    expect(todoOf(device, second)).toBeUndefined();
  });

  test('SV22 P28: server ids: what is gone is asked for under the id that the server knows', async () => {
    const device = await world.settled();
    const { note } = device.sync.models;
    const { id, settled } = note.create({ text: 'one' });
    await settled;
    const [serverId = ''] = world.server.ids('note');
    world.server.hides = (hidden) => hidden === serverId;
    await note.pull({ full: true });
    expect(note.selectTotal(device.store.getState())).toBe(1);
    world.server.put('note', serverId, null);
    await note.pull({ full: true });
    expect(note.selectById(device.store.getState(), id)).toBeUndefined();
  });

  test('P19: a server without cursors: every pull is a full one, page by place', async () => {
    const ids = seed(world.server, 25);
    world.server.pagesBy = 'place';
    world.server.page = 10;
    const device = await world.settled();
    expect(idsOf(device)).toEqual(ids);
    expect(device.sync.models.todo.selectPullProgress(device.store.getState())).toEqual({
      ...{ state: 'done', received: 25, total: 25, isFirst: true },
    });
    world.server.put('todo', ids[0] ?? '', null);
    world.server.put('todo', ids[1] ?? '', { title: 'new', done: true });
    await device.sync.models.todo.pull();
    expect(idsOf(device)).toEqual(ids.slice(1));
    expect(todoOf(device, ids[1] ?? '')).toMatchObject({ title: 'new' });
  });

  test('I22: records that a full pull meets as they were are named, not written again', async () => {
    const ids = seed(world.server, 50);
    const device = await world.settled();
    const before = entryOf(device, ids[7] ?? '');
    await device.sync.models.todo.pull({ full: true });
    const after = entryOf(device, ids[7] ?? '');
    expect(after?.base).toBe(before?.base);
    expect(after?.confirmed).toBeGreaterThan(before?.confirmed ?? 0);
  });
});
