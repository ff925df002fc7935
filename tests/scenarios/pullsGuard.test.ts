import { describe, expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { idsOf, patient, progressOf, seed, withTodo } from '../support/pulls.ts';
import { statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';
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

  test('what is within the limit goes without a word', async () => {
    const ids = seed(world.server, 200);
    const device = await world.settled();
    const held = heldIn(device);
    // 20 %, and 20 of few: neither is more than both limits.
    for (const id of ids.slice(0, 40)) world.server.put('todo', id, null);
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    for (const id of ids.slice(60)) world.server.forget('todo', id);
    expect(held).toEqual([]);
    expect(idsOf(device)).toHaveLength(160);
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
