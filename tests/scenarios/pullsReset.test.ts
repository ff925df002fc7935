import { describe, expect, test } from 'vitest';
import { entryOf, idsOf, patient, progressOf, seed } from '../support/pulls.ts';
import { type Bend, stateOf, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

describe('SV26: a server that was reset', () => {
  test('is told by its epoch: that page is not folded, all is pulled anew, pending operations stay', async () => {
    world.server.epoch = 'e1';
    const [first = '', second = ''] = seed(world.server, 3);
    const device = await world.settled();
    expect(progressOf(device)?.epoch).toBe('e1');
    device.sync.pause();
    const { todo } = device.sync.models;
    todo.update(first, { done: true });
    const made = todo.create({ title: 'mine', done: false });
    await until('both wait', () => stateOf(device).sequenced.counts.pending === 2);
    // Versions begin anew: "1" is not what it was.
    world.server.reset('e2');
    world.server.put('todo', second, { title: 'restored', done: false });
    const cursors: (string | null)[] = [];
    const pull = world.server.pull.bind(world.server);
    world.server.pull = (request) => {
      cursors.push(request.cursor);
      return pull(request);
    };
    expect((await todo.pull()).status).toBe('done');
    expect(cursors).toEqual(['3', null]);
    expect(progressOf(device)?.epoch).toBe('e2');
    expect(todoOf(device, second)).toMatchObject({ title: 'restored' });
    expect(todoOf(device, 'r000002')).toBeUndefined();
    expect(todoOf(device, first)).toMatchObject({ done: true });
    expect(device.sync.conflicts.list()).toMatchObject([{ recordId: first, remote: null }]);
    await device.sync.conflicts.resolve(first, 'keepRemote');
    await device.sync.resume();
    expect((await made.settled).outcome).toBe('committed');
    await synced(device);
    expect(idsOf(device).toSorted()).toEqual([second, made.id].toSorted());
  });

  test('SV24: versions of its old life say nothing: the same and lower ones are taken', async () => {
    world.server.epoch = 'e1';
    const [first = '', second = ''] = seed(world.server, 2);
    for (let i = 0; i < 3; i++) world.server.put('todo', first, { title: `v${i}`, done: false });
    const device = await world.settled();
    expect(entryOf(device, first)?.version).toBe('"4"');
    world.server.reset('e2');
    world.server.page = 1;
    world.server.put('todo', first, { title: 'low', done: true });
    world.server.put('todo', second, { title: 'same', done: true });
    await device.sync.models.todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'low' });
    expect(todoOf(device, second)).toMatchObject({ title: 'same' });
    expect(entryOf(device, second)?.version).toBe('"1"');
  });

  test('I31: an empty server after a reset empties nobody', async () => {
    world.server.epoch = 'e1';
    const ids = seed(world.server, 60);
    const device = await world.settled();
    world.server.reset('e2');
    expect((await device.sync.models.todo.pull()).status).toBe('held');
    expect(idsOf(device)).toEqual(ids);
  });

  test('one that is reset again and again ends the pull, with the reason', async () => {
    world.server.epoch = 'e1';
    world.server.page = 1;
    seed(world.server, 3);
    const device = await world.settled({ more: patient });
    const pull = world.server.pull.bind(world.server);
    let resets = 0;
    world.server.pull = (request) => {
      const page = pull(request);
      return page.kind === 'page' ? { ...page, epoch: `e${++resets}` } : page;
    };
    const result = await device.sync.models.todo.pull({ full: true });
    expect(result).toMatchObject({ status: 'failed', failure: { code: 'unreadable' } });
    expect(resets).toBeLessThan(8);
  });

  test('one that was set back without a word: a full pull takes what it says twice, a page of changes does not', async () => {
    const [first = ''] = seed(world.server, 2);
    for (let i = 0; i < 3; i++) world.server.put('todo', first, { title: `v${i}`, done: false });
    const device = await world.settled();
    world.server.forget('todo', first);
    world.server.put('todo', first, { title: 'backup', done: false });
    const { todo } = device.sync.models;
    await todo.pull();
    expect(todoOf(device, first)).toMatchObject({ title: 'v2' });
    await todo.pull({ full: true });
    expect(todoOf(device, first)).toMatchObject({ title: 'backup' });
    expect(entryOf(device, first)?.version).toBe('"1"');
    expect(world.server.reads).toBe(1);
  });
});

describe('SV27: a cursor that expired', () => {
  test('starts from the start: what was deleted meanwhile goes, tombstones or not', async () => {
    const ids = seed(world.server, 5);
    const device = await world.settled();
    world.server.forget('todo', ids[1] ?? '');
    world.server.put('todo', ids[2] ?? '', { title: 'changed', done: true });
    world.server.expireCursors();
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.filter((id) => id !== ids[1]));
    expect(todoOf(device, ids[2] ?? '')).toMatchObject({ title: 'changed' });
  });

  test('in the middle of a full pull: it begins anew, and still comes to its end', async () => {
    world.server.page = 2;
    const ids = seed(world.server, 6);
    let pages = 0;
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        if (request.model.name === 'todo' && ++pages === 2) world.server.expireCursors();
        return pull(request, signal);
      },
    });
    const device = await world.settled({ bend });
    expect(idsOf(device)).toEqual(ids);
    expect(progressOf(device)).toMatchObject({ pulled: true, fullSince: null });
    expect(statusOf(device).phase).toBe('synced');
  });
});
