import { describe, expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { idsOf, patient, progressOf, seed, withTodo } from '../support/pulls.ts';
import {
  type Bend,
  busy,
  stateOf,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { type Device, until } from '../support/world.ts';

const world = tinyWorld();

function heldIn(device: Device) {
  const held: { count: number; total: number }[] = [];
  device.sync.events.on('massDeleteHeld', ({ count, total }) => held.push({ count, total }));
  return held;
}

describe('N15 I31: a pull that would remove much asks a person first', () => {
  test('SV28: a list that is empty by mistake removes nothing, and what the server finds again is well', async () => {
    const ids = seed(world.server, 60);
    const device = await world.settled();
    const held = heldIn(device);
    const { todo } = device.sync.models;
    world.server.hides = () => true;
    expect((await todo.pull({ full: true })).status).toBe('held');
    expect(idsOf(device)).toEqual(ids);
    expect(held).toEqual([{ count: 60, total: 60 }]);
    expect(statusOf(device)).toMatchObject({ phase: 'attention', reason: 'deletesHeld' });
    world.server.hides = () => false;
    expect((await todo.pull()).status).toBe('done');
    expect(statusOf(device)).toMatchObject({ phase: 'synced', reason: null });
    expect(idsOf(device)).toEqual(ids);
  });

  test('SV28: what is approved is confirmed once more, and goes in one step with the cursor', async () => {
    const ids = seed(world.server, 60);
    const device = await world.settled();
    const { todo } = device.sync.models;
    for (const id of ids.slice(0, 55)) world.server.put('todo', id, null);
    world.server.expireCursors();
    expect((await todo.pull()).status).toBe('held');
    const before = progressOf(device)?.cursor;
    world.server.put('todo', ids[3] ?? '', { title: 'back', done: true });
    const totals = new Set<number>();
    const stop = device.store.subscribe(() => totals.add(idsOf(device).length));
    expect((await todo.approveDeletes()).status).toBe('done');
    stop();
    expect(idsOf(device)).toEqual([ids[3], ...ids.slice(55)]);
    expect([...totals]).toEqual([60, 6]);
    expect(progressOf(device)).not.toMatchObject({ cursor: before });
    expect(statusOf(device).phase).toBe('synced');
  });

  test('a page of tombstones is held as well: it is not told as synced, and what it brings is kept', async () => {
    const ids = seed(world.server, 40);
    const device = await world.settled();
    const held = heldIn(device);
    const { todo } = device.sync.models;
    const before = progressOf(device)?.cursor;
    for (const id of ids.slice(0, 25)) world.server.put('todo', id, null);
    world.server.put('todo', 'new', { title: 'new', done: false });
    expect((await todo.pull()).status).toBe('held');
    expect(idsOf(device)).toHaveLength(41);
    expect(todoOf(device, 'new')).toBeDefined();
    expect(progressOf(device)?.cursor).toBe(before);
    expect(held).toEqual([{ count: 25, total: 40 }]);
    expect((await todo.approveDeletes()).status).toBe('done');
    expect(idsOf(device)).toEqual([...ids.slice(25), 'new'].sort());
  });

  test('many small pages are no way around it', async () => {
    const ids = seed(world.server, 100);
    world.server.page = 5;
    const device = await world.settled();
    const { todo } = device.sync.models;
    for (const id of ids.slice(0, 50)) world.server.put('todo', id, null);
    expect((await todo.pull()).status).toBe('held');
    expect(idsOf(device)).toHaveLength(80);
    expect((await todo.pull()).status).toBe('held');
    expect(idsOf(device)).toHaveLength(80);
    // What was approved is counted no more: as much again may go before the next question.
    expect((await todo.approveDeletes()).status).toBe('held');
    expect(idsOf(device)).toHaveLength(55);
    expect((await todo.approveDeletes()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.slice(50));
  });

  test('declined: the records stay, the pull goes on, and a full pull asks again', async () => {
    const ids = seed(world.server, 40);
    const device = await world.settled();
    const held = heldIn(device);
    const { todo } = device.sync.models;
    for (const id of ids.slice(0, 25)) world.server.put('todo', id, null);
    world.server.put('todo', 'new', { title: 'new', done: false });
    expect((await todo.pull()).status).toBe('held');
    expect((await todo.declineDeletes()).status).toBe('done');
    expect(idsOf(device)).toHaveLength(41);
    expect(statusOf(device).phase).toBe('synced');
    expect((await todo.pull()).status).toBe('done');
    expect((await todo.pull({ full: true })).status).toBe('held');
    expect((await todo.declineDeletes()).status).toBe('done');
    expect(idsOf(device)).toHaveLength(41);
    expect(held).toHaveLength(2);
  });

  test('a reload forgets who held it, not that it must be held', async () => {
    const ids = seed(world.server, 60);
    const storage = memory();
    const name = 'held';
    const first = await world.settled({ storage, name });
    for (const id of ids) world.server.put('todo', id, null);
    world.server.expireCursors();
    expect((await first.sync.models.todo.pull()).status).toBe('held');
    await first.sync.stop();
    const device = await world.started({ storage, name, more: patient });
    await until('it is held again', () => statusOf(device).reason === 'deletesHeld');
    expect(idsOf(device)).toEqual(ids);
    await device.sync.models.todo.approveDeletes();
    expect(idsOf(device)).toEqual([]);
    await synced(device);
  });

  test.each([
    // Neither is more than both limits.
    ['a fifth of many goes without a word', 200, 40, 'done'],
    ['one more than a fifth is asked for', 200, 41, 'held'],
    ['20 of few go without a word', 40, 20, 'done'],
    ['21 of few are asked for', 40, 21, 'held'],
    ['a table of 20 is emptied without a word', 20, 20, 'done'],
  ])('N15: %s, by tombstones and by a full pull', async (_, total, gone, status) => {
    const ids = seed(world.server, total);
    const [byTombstones, byList] = [await world.settled(), await world.settled()];
    const held = [heldIn(byTombstones), heldIn(byList)];
    for (const id of ids.slice(0, gone)) world.server.put('todo', id, null);
    expect((await byTombstones.sync.models.todo.pull()).status).toBe(status);
    for (const id of ids.slice(0, gone)) world.server.forget('todo', id);
    world.server.expireCursors();
    expect((await byList.sync.models.todo.pull()).status).toBe(status);
    const left = status === 'done' ? total - gone : total;
    expect([idsOf(byTombstones).length, idsOf(byList).length]).toEqual([left, left]);
    const told = status === 'done' ? [] : [{ count: gone, total }];
    expect(held).toEqual([told, told]);
  });

  test('N15: what went in one complete pull is not counted in the next', async () => {
    const ids = seed(world.server, 60);
    const device = await world.settled();
    const held = heldIn(device);
    for (const part of [ids.slice(0, 15), ids.slice(15, 30), ids.slice(30, 45)]) {
      for (const id of part) world.server.put('todo', id, null);
      expect((await device.sync.models.todo.pull()).status).toBe('done');
    }
    expect(held).toEqual([]);
    expect(idsOf(device)).toEqual(ids.slice(45));
  });

  test('N15: what was approved once, came back and is gone again is asked for again', async () => {
    const ids = seed(world.server, 40);
    const device = await world.settled();
    const { todo } = device.sync.models;
    for (let i = 0; i < 2; i++) {
      for (const id of ids) world.server.put('todo', id, null);
      expect((await todo.pull()).status).toBe('held');
      expect((await todo.approveDeletes()).status).toBe('done');
      expect(idsOf(device)).toEqual([]);
      for (const id of ids) world.server.put('todo', id, { title: 'back', done: false });
      expect((await todo.pull()).status).toBe('done');
      expect(idsOf(device)).toEqual(ids);
    }
  });

  test('N15: a word about what is there again by now is about nothing that goes later', async () => {
    const ids = seed(world.server, 40);
    const device = await world.settled();
    const { todo } = device.sync.models;
    for (const id of ids) world.server.put('todo', id, null);
    expect((await todo.pull()).status).toBe('held');
    for (const id of ids) world.server.put('todo', id, { title: 'back', done: false });
    expect((await todo.pull()).status).toBe('done');
    for (const id of ids) world.server.put('todo', id, null);
    expect((await todo.approveDeletes()).status).toBe('held');
    expect(idsOf(device)).toEqual(ids);
  });

  test('N15: a page that is fetched meanwhile does not take away what a person is asked about', async () => {
    const ids = seed(world.server, 40);
    const strict = withTodo({ massDelete: { share: 0, records: 1 } });
    const device = await world.settled({ more: strict });
    const { todo } = device.sync.models;
    for (const id of ids.slice(0, 25)) world.server.put('todo', id, null);
    expect((await todo.pull()).status).toBe('held');
    expect((await todo.fetch({ since: '64' })).status).toBe('done');
    // Nor one that a person is asked about itself.
    expect((await todo.fetch({ since: '62' })).status).toBe('held');
    expect((await todo.approveDeletes()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.slice(25));
  });

  test('the limits are the model’s own; with none, nobody is asked', async () => {
    const ids = seed(world.server, 30);
    const strict = await world.settled({
      more: withTodo({ massDelete: { share: 0, records: 1 } }),
    });
    const free = await world.settled({ more: withTodo({ massDelete: false }) });
    for (const id of ids.slice(0, 2)) world.server.put('todo', id, null);
    expect((await strict.sync.models.todo.pull()).status).toBe('held');
    for (const id of ids) world.server.put('todo', id, null);
    expect((await free.sync.models.todo.pull()).status).toBe('done');
    expect(idsOf(free)).toEqual([]);
  });
});

/** A filter that is no field of the records: the server alone knows what is in it. */
const byScope: Bend = ({ pull }) => ({
  pull: async ({ filter, ...request }, signal) => {
    if (request.model.name !== 'todo') return pull({ ...request, filter }, signal);
    world.server.hides = (id) => (filter.scope === 'b' ? id < 'r000060' : id >= 'r000060');
    return pull({ ...request, filter: {} }, signal);
  },
});

describe('N15 P26: with another filter', () => {
  test.each([60, 120])(
    'SV28 P26: what is inside of the new filter too is asked for where a list is empty by mistake (%i records)',
    async (count) => {
      const ids = seed(world.server, count);
      // Most of what is here is not in the new part, and is no measure of it.
      for (const id of ids.slice(60)) world.server.put('todo', id, { title: 'other', done: false });
      for (const id of ids.slice(0, 60)) world.server.put('todo', id, { title: 'in', done: false });
      const device = await world.settled({ more: withTodo({ filter: { done: false } }) });
      const held = heldIn(device);
      const { todo } = device.sync.models;
      world.server.hides = () => true;
      todo.setFilter({ title: 'in' });
      expect((await todo.pull()).status).toBe('held');
      expect(idsOf(device)).toEqual(ids);
      expect(held).toEqual([{ count: 60, total: 60 }]);
      world.server.hides = () => false;
      expect((await todo.pull()).status).toBe('done');
      expect(idsOf(device)).toEqual(ids.slice(0, 60));
    },
  );

  test('P26: what it leaves out is no loss, also where a pull by parts came in between', async () => {
    const ids = seed(world.server, 80);
    const device = await world.settled({
      ...{ bend: byScope, more: withTodo({ filter: { scope: 'a' } }) },
    });
    const { todo } = device.sync.models;
    expect(idsOf(device)).toEqual(ids.slice(0, 60));
    const held = heldIn(device);
    device.sync.pause();
    todo.setFilter({ scope: 'b' });
    expect(await todo.pull({ limit: 10 })).toMatchObject({ status: 'done', hasMore: true });
    expect((await todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.slice(60));
    expect(held).toEqual([]);
  });

  test('P26: what it leaves out is no loss, also after a pull that failed, a cursor that expired, and a reload', async () => {
    const ids = seed(world.server, 80);
    const storage = memory();
    let left = Infinity;
    const bend: Bend = (straight) => ({
      pull: async (request, signal) => {
        const { pull = straight.pull } = byScope(straight);
        if (request.model.name !== 'todo' || left-- > 0) return pull(request, signal);
        return { kind: 'failed', failure: busy };
      },
    });
    const more = { ...patient, ...withTodo({ filter: { scope: 'a' }, pageSize: 10 }) };
    const options = { storage, name: 'other-filter', bend };
    const first = await world.settled({ ...options, more });
    expect(idsOf(first)).toEqual(ids.slice(0, 60));
    left = 1;
    const { todo } = first.sync.models;
    todo.setFilter({ scope: 'b' });
    await until('it failed', () => statusOf(first).reason === 'pullFailed');
    await first.sync.stop();
    left = Infinity;
    world.server.expireCursors();
    const scopeB = { ...patient, ...withTodo({ filter: { scope: 'b' }, pageSize: 10 }) };
    const second = world.device({ ...options, more: scopeB });
    const held = heldIn(second);
    second.sync.start();
    await second.sync.ready;
    await synced(second);
    expect(idsOf(second)).toEqual(ids.slice(60));
    expect(held).toEqual([]);
  });

  test('SV28: what was listed under this filter before is a loss, also where the server alone knows the filter', async () => {
    const ids = seed(world.server, 80);
    const device = await world.settled({
      ...{ bend: byScope, more: withTodo({ filter: { scope: 'a' } }) },
    });
    const { todo } = device.sync.models;
    const pull = world.server.pull.bind(world.server);
    world.server.pull = (request) => {
      world.server.hides = () => true;
      return pull(request);
    };
    expect((await todo.pull({ full: true })).status).toBe('held');
    expect(idsOf(device)).toEqual(ids.slice(0, 60));
  });

  test('I1 P26: many that are edited here and outside of it are not told as deleted', async () => {
    const ids = seed(world.server, 60);
    const device = await world.settled({ more: withTodo({ filter: { done: false } }) });
    const { todo } = device.sync.models;
    device.sync.pause();
    for (const id of ids) todo.update(id, { note: 'edited' });
    await until('all wait', () => stateOf(device).sequenced.counts.pending === 60);
    todo.setFilter({ done: true });
    expect((await todo.pull()).status).toBe('done');
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(idsOf(device)).toEqual(ids);
    await device.sync.resume();
    await synced(device);
    expect(world.server.find('todo', ids[59] ?? '')?.record).toMatchObject({ note: 'edited' });
  });
});
