import { configureStore } from '@reduxjs/toolkit';
import { describe, expect, test } from 'vitest';
import { createSync } from '../../src/index.ts';
import { memory } from '../../src/storage.ts';
import { idsOf, patient, progressOf, seed, withTodo } from '../support/pulls.ts';
import {
  type Bend,
  gate,
  quickEnv,
  stateOf,
  synced,
  tinyTransport,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

/** `mine`: not done, `theirs`: done. */
function seedBoth(): { mine: string[]; theirs: string[] } {
  const mine = seed(world.server, 3);
  const theirs = seed(world.server, 3, 10);
  for (const id of theirs) world.server.put('todo', id, { title: id, done: true });
  return { mine, theirs };
}

const open = withTodo({ filter: { done: false } });

describe('P26: partial sync by filter', () => {
  test('it is sent with each pull, only that part is kept, and the cursor belongs to it', async () => {
    const { mine } = seedBoth();
    const asked: unknown[] = [];
    const bend: Bend = ({ pull }) => ({
      pull: (request, signal) => {
        if (request.model.name === 'todo') asked.push(request.filter);
        return pull(request, signal);
      },
    });
    const device = await world.settled({ bend, more: open });
    await device.sync.models.todo.pull();
    expect(asked).toEqual([{ done: false }, { done: false }]);
    expect(idsOf(device)).toEqual(mine);
    expect(progressOf(device)?.filter).toBe('[["done",false]]');
  });

  test('a record that leaves it goes: by its tombstone, and by an item that is outside of it', async () => {
    const { mine } = seedBoth();
    let tells: 'tombstone' | 'item' = 'tombstone';
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        const page = await pull({ ...request, filter: {} }, signal);
        if (page.kind !== 'page') return page;
        const left = page.items.filter(({ record }) => record.done === true);
        if (tells === 'item') return page;
        return {
          ...page,
          items: page.items.filter((item) => !left.includes(item)),
          deleted: [...page.deleted, ...left],
        };
      },
    });
    const device = await world.settled({ bend, more: open });
    expect(idsOf(device)).toEqual(mine);
    const { todo } = device.sync.models;
    world.server.put('todo', mine[0] ?? '', { title: 'a', done: true });
    await todo.pull();
    expect(idsOf(device)).toEqual(mine.slice(1));
    tells = 'item';
    world.server.put('todo', mine[1] ?? '', { title: 'b', done: true });
    await todo.pull();
    expect(idsOf(device)).toEqual(mine.slice(2));
    world.server.put('todo', mine[0] ?? '', { title: 'back', done: false });
    await todo.pull();
    expect(idsOf(device)).toEqual([mine[0], mine[2]]);
  });

  test('I1: what is edited here does not go with it: it was not deleted', async () => {
    const { mine } = seedBoth();
    const [first = ''] = mine;
    let leaves = false;
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        const page = await pull(request, signal);
        const deleted = leaves ? [{ id: first }] : [];
        return page.kind === 'page' && request.model.name === 'todo' ? { ...page, deleted } : page;
      },
    });
    const device = await world.settled({ bend, more: open });
    const { todo } = device.sync.models;
    device.sync.pause();
    todo.update(first, { title: 'edited' });
    await until('it waits', () => stateOf(device).sequenced.counts.pending === 1);
    world.server.put('todo', first, { title: 'a', done: true });
    leaves = true;
    expect((await todo.pull()).status).toBe('done');
    expect(device.sync.conflicts.list()).toEqual([]);
    expect(todoOf(device, first)).toMatchObject({ title: 'edited', done: true });
    await device.sync.resume();
    await synced(device);
    expect(world.server.find('todo', first)?.record).toMatchObject({ title: 'edited', done: true });
  });

  test('another one at run time: it is pulled from the start, what is outside goes, unsent edits stay', async () => {
    const { mine, theirs } = seedBoth();
    const device = await world.settled({ more: open });
    const { todo } = device.sync.models;
    const [first = ''] = mine;
    device.sync.pause();
    todo.update(first, { title: 'edited' });
    await until('it waits', () => stateOf(device).sequenced.counts.pending === 1);
    todo.setFilter({ done: true });
    expect((await todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual([first, ...theirs]);
    expect(todoOf(device, first)).toMatchObject({ title: 'edited' });
    // Their fields show it: nobody had to ask, but for the one that is edited.
    expect(world.server.reads).toBe(1);
    expect(progressOf(device)).toMatchObject({ filter: '[["done",true]]', fullSince: null });
  });

  test('it is pulled by itself, and no person is asked for what another filter leaves out', async () => {
    seed(world.server, 60);
    const [theirs = ''] = seed(world.server, 1, 100);
    world.server.put('todo', theirs, { title: 'theirs', done: true });
    const device = await world.settled({ more: open });
    expect(idsOf(device)).toHaveLength(60);
    device.sync.models.todo.setFilter({ done: true });
    await until('the other part is there', () => idsOf(device).length === 1);
    await synced(device);
    expect(idsOf(device)).toEqual([theirs]);
  });

  test('one that names no field of the records: two lists decide', async () => {
    const ids = seed(world.server, 70);
    let scope = 'a';
    const bend: Bend = ({ pull }) => ({
      pull: async ({ filter, ...request }, signal) => {
        world.server.hides = (id) => (filter.scope === 'b' ? id < 'r000060' : id >= 'r000060');
        scope = String(filter.scope);
        return pull({ ...request, filter: {} }, signal);
      },
    });
    const device = await world.settled({ bend, more: withTodo({ filter: { scope: 'a' } }) });
    expect(idsOf(device)).toEqual(ids.slice(0, 60));
    device.sync.models.todo.setFilter({ scope: 'b' });
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(scope).toBe('b');
    expect(idsOf(device)).toEqual(ids.slice(60));
    expect(world.server.reads).toBe(0);
    // Few: they are asked for, are there, and are out of the list all the same.
    device.sync.models.todo.setFilter({ scope: 'a' });
    expect((await device.sync.models.todo.pull()).status).toBe('done');
    expect(idsOf(device)).toEqual(ids.slice(0, 60));
    expect(world.server.reads).toBe(10);
  });

  test('while a pull of the old one is under way: that one is left, and nothing of it stays', async () => {
    const { theirs } = seedBoth();
    const answered = gate();
    let hold = true;
    const bend: Bend = ({ pull }) => ({
      pull: async (request, signal) => {
        const page = await pull(request, signal);
        if (hold && request.model.name === 'todo') await answered.opened;
        return page;
      },
    });
    const device = await world.started({ bend, more: open });
    const { todo } = device.sync.models;
    await until('the old one is asked for', () => world.server.pulls > 0);
    hold = false;
    const seen = new Set<string>();
    device.store.subscribe(() => {
      for (const id of idsOf(device)) seen.add(id);
    });
    todo.setFilter({ done: true });
    const pulled = todo.pull();
    answered.open();
    expect((await pulled).status).toBe('done');
    await synced(device);
    expect(idsOf(device)).toEqual(theirs);
    expect([...seen].toSorted()).toEqual(theirs);
  });

  test('set before there is a store, it is the one that the first pull asks with', async () => {
    const { theirs } = seedBoth();
    const sync = createSync({
      ...{ name: 'early-filter', ...open, storage: memory(), env: quickEnv() },
      transport: tinyTransport(world.server, () => ({})),
    });
    sync.models.todo.setFilter({ done: true });
    const store = configureStore({
      reducer: { [sync.reducerPath]: sync.reducer },
      middleware: (defaults) => defaults(sync.middlewareOptions()).concat(sync.middleware),
    });
    sync.start();
    await sync.ready;
    await synced({ sync, store });
    expect(idsOf({ sync, store })).toEqual(theirs);
    expect(world.server.pulls).toBe(2);
    await sync.stop();
  });

  test('after a reload the model’s own counts again, unless the app sets it anew', async () => {
    const { mine, theirs } = seedBoth();
    const storage = memory();
    const options = { storage, name: 'filtered', more: { ...open, ...patient } };
    const first = await world.settled(options);
    first.sync.models.todo.setFilter({ done: true });
    await first.sync.models.todo.pull();
    await first.sync.stop();
    const second = world.device(options);
    second.sync.models.todo.setFilter({ done: true });
    second.sync.start();
    await second.sync.ready;
    const { cursor } = progressOf(second) ?? {};
    await synced(second);
    expect(idsOf(second)).toEqual(theirs);
    expect(cursor).not.toBeNull();
    await second.sync.stop();
    const third = await world.settled(options);
    expect(idsOf(third)).toEqual(mine);
  });

  test('a filter that no parameter could say is refused, and the one before stays', async () => {
    const { mine } = seedBoth();
    const device = await world.settled({ more: open });
    const { todo } = device.sync.models;
    expect(() => todo.setFilter({ done: [true] } as never)).toThrow('setFilter: filter.done must');
    await todo.pull();
    expect(idsOf(device)).toEqual(mine);
  });
});
