import { describe, expect, test } from 'vitest';
import { fetching } from '../support/fetching.ts';
import { mainJobWorld } from '../support/mainJobWorld.ts';
import { deviceEnv, until } from '../support/world.ts';

const { world, word, record, body } = mainJobWorld();

describe('pulls', () => {
  test('P19: bring what others made, changed and deleted; nothing pulled is pending', async () => {
    for (const id of ['a', 'b', 'c'])
      await world.someoneElse('POST', 'todos', { id, title: id, done: false });
    const device = await world.device();
    const { todo } = device.sync.models;
    await until('the first pull', () => todo.selectTotal(device.store.getState()) === 3);
    expect(device.sync.outbox.list()).toEqual([]);
    await world.someoneElse('PATCH', 'todos/a', { title: 'A' });
    await world.someoneElse('DELETE', 'todos/b');
    expect(await todo.pull()).toMatchObject({ status: 'done', items: 1, deleted: 1 });
    expect(todo.selectAll(device.store.getState()).map((item) => item.title)).toEqual(['A', 'c']);
  });

  test('P9: never hide an edit that is not sent', async () => {
    await world.someoneElse('POST', 'todos', { id: 'a', title: 'a', done: false });
    const device = await world.device();
    await until('pulled', () => record(device, 'a') !== undefined);
    device.sync.pause();
    device.sync.models.todo.update('a', { done: true });
    await world.someoneElse('PATCH', 'todos/a', { title: 'A', done: false });
    await device.sync.models.todo.pull();
    expect(record(device, 'a')).toEqual({ id: 'a', title: 'A', done: true });
    await device.sync.resume();
    await world.drained(device);
    expect(body('a')).toEqual({ id: 'a', title: 'A', done: true });
  });

  test('a tombstone over an unsent edit is parked, the edit stays shown', async () => {
    await world.someoneElse('POST', 'todos', { id: 'a', title: 'a', done: false });
    const device = await world.device();
    await until('pulled', () => record(device, 'a') !== undefined);
    device.sync.pause();
    await device.sync.models.todo.update('a', { done: true }).saved;
    await world.someoneElse('DELETE', 'todos/a');
    await device.sync.models.todo.pull();
    expect(record(device, 'a')).toMatchObject({ done: true });
    expect(word(device, 'a')).toBe('conflicted');
  });

  test('one that fails leaves the cursor where it was', async () => {
    await world.someoneElse('POST', 'todos', { id: 'a', title: 'a', done: false });
    const device = await world.device();
    await until('pulled', () => record(device, 'a') !== undefined);
    await world.someoneElse('POST', 'todos', { id: 'b', title: 'b', done: false });
    world.trouble.set({ failWith: { status: 500, count: 1 } });
    expect(await device.sync.models.todo.pull()).toMatchObject({
      status: 'failed',
      failure: { status: 500 },
    });
    await until('pulled again by itself', () => record(device, 'b') !== undefined);
  });

  test('a record answered since the pull began is not overwritten by it', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    for (let i = 0; i < 20; i++) {
      const pull = todo.pull();
      const write = todo.update(id, { title: `t${i}` });
      await write.settled;
      await pull;
      expect(record(device, id)?.title).toBe(`t${i}`);
    }
  });

  test('SV27: an expired cursor starts from the beginning; what the server lost goes, edits wait', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    for (const id of ['mine', 'edited']) {
      await todo.create({ id, title: 'Milk', done: false }).settled;
    }
    await todo.pull();
    device.sync.pause();
    todo.update('edited', { done: true });
    world.database.reset();
    await world.someoneElse('POST', 'todos', { id: 'new', title: 'new', done: false });
    expect(await todo.pull()).toMatchObject({ status: 'done' });
    expect(record(device, 'new')).toBeDefined();
    expect(record(device, 'mine')).toBeUndefined();
    expect(record(device, 'edited')).toMatchObject({ title: 'Milk', done: true });
    expect(device.sync.conflicts.list()).toMatchObject([{ recordId: 'edited', remote: null }]);
  });

  test('many pages are one pull', async () => {
    const device = await world.device();
    await device.sync.models.todo.pull();
    device.sync.pause();
    world.database.transaction(() => {
      for (let i = 0; i < 2_300; i++) {
        const id = `r${String(i).padStart(5, '0')}`;
        const made = { id, title: `t${i}`, done: false };
        const about = { collection: 'todos', id, version: 1, lastOperationId: null };
        world.database.records.put({ ...about, record: made });
      }
    });
    expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'done', items: 2_300 });
    expect(device.sync.models.todo.selectTotal(device.store.getState())).toBe(2_300);
    expect(await device.sync.models.todo.pull()).toMatchObject({ status: 'done', items: 0 });
  });
});

describe('P28: where the server gives the ids', () => {
  test('the key made here stays; the server’s id is known too', async () => {
    const device = await world.device();
    const { note } = device.sync.models;
    const write = note.create({ text: 'hello' });
    const edit = note.update(write.id, { text: 'hello you' });
    await edit.settled;
    const [row] = world.database.records.all('notes');
    expect(row?.id).not.toBe(write.id);
    expect(row?.record).toMatchObject({ text: 'hello you' });
    const state = device.store.getState();
    expect(note.selectById(state, row?.id ?? '')).toEqual({ id: write.id, text: 'hello you' });
    await note.update(row?.id ?? '', { text: 'by its other name' }).settled;
    await note.pull();
    expect(note.selectTotal(device.store.getState())).toBe(1);
    await note.remove(write.id).settled;
    expect(world.database.records.all('notes').filter((item) => item.record !== null)).toEqual([]);
  });

  test('a pull while creates are on their way doubles nothing', async () => {
    const device = await world.device();
    const { note } = device.sync.models;
    world.trouble.set({ delayMs: 30 });
    const writes = Array.from({ length: 10 }, (_, i) => note.create({ text: `n${i}` }));
    for (let i = 0; i < 5; i++) await note.pull();
    await Promise.all(writes.map((write) => write.settled));
    world.trouble.set({ delayMs: 0 });
    await note.pull();
    expect(note.selectTotal(device.store.getState())).toBe(10);
  });
});

describe('a pull that began before a removal', () => {
  test('does not bring the record back, also where the server gives the ids', async () => {
    const held: (() => void)[] = [];
    let hold = false;
    const env = deviceEnv({
      fetch: fetching(async (request) => {
        const response = await fetch(request);
        const isPull = request.method === 'GET' && request.url.includes('/notes?');
        if (hold && isPull) await new Promise<void>((resolve) => held.push(resolve));
        return response;
      }),
    });
    const device = await world.device({ env });
    const { note } = device.sync.models;
    const write = note.create({ text: 'hello' });
    await write.settled;
    await note.pull();
    const [known] = world.database.records.all('notes');
    await world.someoneElse('PATCH', `notes/${known?.id}`, { more: 1 });
    hold = true;
    const pull = note.pull();
    await until('the page is on its way', () => held.length === 1);
    const removal = note.remove(write.id);
    await until('parked or gone', () => device.sync.conflicts.list().length === 1);
    await device.sync.conflicts.resolve(write.id, 'keepLocal');
    await removal.settled;
    hold = false;
    for (const go of held) go();
    await pull;
    expect(note.selectTotal(device.store.getState())).toBe(0);
  });
});
