import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { SyncState, TransportFactory } from '../../src/index.ts';
import { rest } from '../../src/rest.ts';
import { memory, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { fetching } from '../support/fetching.ts';
import { canonical } from '../support/rows.ts';
import { serverWorld } from '../support/server.ts';
import { type Device, deviceEnv, makeDevice, until, untilAsync } from '../support/world.ts';

const world = serverWorld();

const word = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectRecordStatus(store.getState(), id).status;
const record = ({ sync, store }: Device, id: string) =>
  sync.models.todo.selectById(store.getState(), id);
const row = (id: string) => world.database.records.find('todos', id);
const body = (id: string) => {
  const found = row(id);
  return found?.record ?? null;
};

describe('writing', () => {
  test('S4 S6: what is written is shown at once, saved, and reaches the server', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    expect(record(device, write.id)?.title).toBe('Milk');
    expect(word(device, write.id)).toBe('saving');
    await write.saved;
    expect((await write.settled).outcome).toBe('committed');
    expect(body(write.id)).toEqual({ id: write.id, title: 'Milk', done: false });
    await todo.update(write.id, { done: true }).settled;
    expect(body(write.id)).toMatchObject({ done: true });
    expect(word(device, write.id)).toBe('synced');
    await todo.remove(write.id).settled;
    expect(record(device, write.id)).toBeUndefined();
    expect(row(write.id)?.record).toBeNull();
  });

  test('S2: each record carries its state, attempts and failure', async () => {
    const device = await world.device();
    world.trouble.set({ failWith: { status: 500, count: -1 } });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('a retry', () => word(device, write.id) === 'backoff');
    const status = device.sync.models.todo.selectRecordStatus(device.store.getState(), write.id);
    expect(status.attempts).toBeGreaterThan(0);
    expect(status).toMatchObject({ pending: 1, failure: { code: 'server', status: 500 } });
    world.trouble.set({ failWith: null });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
  });

  test('P3: a create and its edits made offline are one POST', async () => {
    const device = await world.device();
    world.trouble.set({ cut: true });
    const { todo } = device.sync.models;
    const pulled = todo.pull();
    expect((await pulled).status).toBe('failed');
    const write = todo.create({ title: 'Milk', done: false });
    await todo.update(write.id, { title: 'Tea' }).saved;
    const last = todo.update(write.id, { done: true });
    await last.saved;
    world.trouble.set({ cut: false });
    await device.sync.resume();
    expect((await last.settled).outcome).toBe('committed');
    expect(body(write.id)).toEqual({ id: write.id, title: 'Tea', done: true });
    expect(world.ledger(write.id)).toMatchObject([{ method: 'POST', key: write.operationId }]);
  });

  test('a create that is deleted before anybody saw it sends nothing', async () => {
    const device = await world.device();
    device.sync.pause();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    const removal = todo.remove(write.id);
    await removal.saved;
    await device.sync.resume();
    expect((await removal.settled).outcome).toBe('cancelled');
    expect((await write.settled).outcome).toBe('cancelled');
    expect(world.ledger()).toEqual([]);
  });

  test('the same action object dispatched twice is one write', async () => {
    const device = await world.device();
    const action = device.sync.actions.todo.create({ title: 'Milk', done: false });
    const first = device.store.dispatch(action);
    expect(device.store.dispatch(action)).toBe(first);
    await first.settled;
    expect(world.ledger()).toHaveLength(1);
  });

  test('S1: the same id in two models is two records', async () => {
    const device = await world.device();
    const { todo, note } = device.sync.models;
    await todo.create({ id: 'same', title: 'Milk', done: false }).settled;
    await note.create({ id: 'same', text: 'hello' }).settled;
    expect(todo.selectById(device.store.getState(), 'same')).toHaveProperty('title');
    expect(note.selectById(device.store.getState(), 'same')).toHaveProperty('text');
  });

  test('S4: many at once are durable together, all or none of them taken', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const bad = [
      { title: 'a', done: false },
      { title: 'b', done: 1n as unknown as boolean },
    ];
    expect(() => todo.createMany(bad)).toThrow(expect.objectContaining({ code: 'badData' }));
    expect(todo.selectTotal(device.store.getState())).toBe(0);
    let told = 0;
    const stop = device.store.subscribe(() => told++);
    const writes = todo.createMany(
      Array.from({ length: 50 }, (_, i) => ({ title: `t${i}`, done: false })),
    );
    stop();
    expect(told).toBe(1);
    expect(todo.selectTotal(device.store.getState())).toBe(50);
    await Promise.all(writes.map((write) => write.settled));
    expect(world.ledger()).toHaveLength(50);
    expect(todo.selectIds(device.store.getState())).toEqual(writes.map((write) => write.id));
  });

  test('S4: upsert makes what is not there and changes what is', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    await todo.upsert({ id: 'u', title: 'a', done: false }).settled;
    await todo.upsert({ id: 'u', title: 'b', done: true }).settled;
    expect(body('u')).toEqual({ id: 'u', title: 'b', done: true });
    expect(world.ledger('u').map((effect) => effect.method)).toEqual(['POST', 'PATCH']);
  });
});

describe('trouble on the way', () => {
  test('NW2 CR6: an answer that was lost is asked for again: one effect, and the edit made meanwhile', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    world.trouble.set({ dropAnswers: 1 });
    await until('the server has it', () => row(write.id) !== undefined);
    const edit = todo.update(write.id, { title: 'Tea' });
    expect((await edit.settled).outcome).toBe('committed');
    expect(world.ledger(write.id).map((effect) => effect.method)).toEqual(['POST', 'PATCH']);
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('an edit during the request survives and is sent', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    world.trouble.set({ delayMs: 100 });
    const write = todo.create({ title: 'Milk', done: false });
    await until('under way', () => word(device, write.id) === 'syncing');
    const edit = todo.update(write.id, { title: 'Tea' });
    await write.settled;
    expect(record(device, write.id)?.title).toBe('Tea');
    expect((await edit.settled).outcome).toBe('committed');
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('NW1: without a network nothing is lost, no attempt is spent, and all goes when it is back', async () => {
    const device = await world.device();
    world.trouble.set({ cut: true });
    const { todo } = device.sync.models;
    const writes = todo.createMany([
      { title: 'a', done: false },
      { title: 'b', done: false },
    ]);
    await until('nobody carries anything', () =>
      writes.every(({ id }) => word(device, id) === 'pending'),
    );
    for (const { id } of writes) {
      const status = todo.selectRecordStatus(device.store.getState(), id);
      expect(status).toMatchObject({ status: 'pending', attempts: 0, failure: null });
    }
    world.trouble.set({ cut: false });
    await device.sync.resume();
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger()).toHaveLength(2);
  });

  test('P5: a refused operation is a dead letter; others go on', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const bad = todo.create({ title: '', done: false });
    const good = todo.create({ title: 'Milk', done: false });
    expect((await bad.settled).outcome).toBe('rejected');
    expect((await good.settled).outcome).toBe('committed');
    expect(word(device, bad.id)).toBe('failed');
    expect(record(device, bad.id)).toBeDefined();
    const [letter] = device.sync.outbox.list();
    expect(letter).toMatchObject({ deadLetter: true, status: { failure: { status: 422 } } });
  });

  test('a delete that meets a 500 is tried again', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    world.trouble.set({ failWith: { status: 500, count: 1 } });
    expect((await todo.remove(id).settled).outcome).toBe('committed');
    expect(row(id)?.record).toBeNull();
  });

  test('a request that hangs blocks no other record', async () => {
    const slow = await world.device();
    const { todo } = slow.sync.models;
    world.trouble.set({ delayMs: 400 });
    const first = todo.create({ title: 'slow', done: false });
    await until('under way', () => word(slow, first.id) === 'syncing');
    // The server reads its knob when the request arrives.
    await new Promise((resolve) => setTimeout(resolve, 100));
    world.trouble.set({ delayMs: 0 });
    const second = todo.create({ title: 'quick', done: false });
    await second.settled;
    expect(word(slow, first.id)).toBe('syncing');
    await first.settled;
  });
});

describe('P2 N1: ways out of every wait', () => {
  async function refused() {
    const device = await world.device();
    const write = device.sync.models.todo.create({ title: '', done: false });
    await write.settled;
    return { device, write, outbox: device.sync.outbox };
  }

  test('a dead letter that is edited goes again under a new key', async () => {
    const { device, write, outbox } = await refused();
    device.sync.models.todo.update(write.id, { done: true });
    const again = await outbox.edit(write.operationId, { title: 'Milk' });
    expect((await again.settled).outcome).toBe('committed');
    expect(body(write.id)).toEqual({ id: write.id, title: 'Milk', done: true });
    expect(world.ledger(write.id).map((effect) => effect.key)).toEqual([again.operationId]);
    expect((await outbox.settled(write.operationId)).outcome).toBe('rejected');
  });

  test('an edit wins over what was queued behind the dead letter', async () => {
    const { device, write, outbox } = await refused();
    device.sync.models.todo.update(write.id, { title: '' });
    await outbox.edit(write.operationId, { title: 'Milk' });
    await world.drained(device);
    expect(body(write.id)).toMatchObject({ title: 'Milk' });
  });

  test('a dead letter that is retried goes again; refused once more it is one again', async () => {
    const { device, write, outbox } = await refused();
    const again = await outbox.retry(write.operationId);
    expect((await again.settled).outcome).toBe('rejected');
    expect(word(device, write.id)).toBe('failed');
    await expect(outbox.retry(write.operationId)).resolves.toBeDefined();
  });

  test('a dead letter that is discarded is gone, with the edits behind it', async () => {
    const { device, write, outbox } = await refused();
    const behind = device.sync.models.todo.update(write.id, { done: true });
    await outbox.discard(write.operationId);
    expect((await behind.settled).outcome).toBe('discarded');
    expect(record(device, write.id)).toBeUndefined();
    expect(outbox.list()).toEqual([]);
    await expect(outbox.discard(write.operationId)).rejects.toMatchObject({ code: 'notFound' });
    await expect(outbox.edit('nobody', { title: 'x' })).rejects.toMatchObject({ code: 'notFound' });
  });

  test('what is not sealed can be taken back, what is sealed is too late', async () => {
    const device = await world.device();
    device.sync.pause();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    const edit = todo.update(write.id, { title: 'Tea' });
    expect(await edit.cancel()).toBe('cancelled');
    expect(record(device, write.id)?.title).toBe('Milk');
    expect((await edit.settled).outcome).toBe('cancelled');
    world.trouble.set({ delayMs: 200 });
    await device.sync.resume();
    await until('sealed', () => device.sync.outbox.list()[0]?.sealed === true);
    expect(await write.cancel()).toBe('tooLate');
    expect((await write.settled).outcome).toBe('committed');
    expect(await write.cancel()).toBe('tooLate');
  });

  test('a create that is taken back takes its edits with it', async () => {
    const device = await world.device();
    device.sync.pause();
    const { todo } = device.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    const edit = todo.update(write.id, { title: 'Tea' });
    expect(await write.cancel()).toBe('cancelled');
    expect((await edit.settled).outcome).toBe('cancelled');
    expect(record(device, write.id)).toBeUndefined();
  });
});

describe('conflicts', () => {
  test('P16 P17: what others changed is merged by field; what both changed is ours, theirs is logged', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    await world.someoneElse('PATCH', `todos/${id}`, { title: 'Theirs', note: 'n' });
    const merged: unknown[] = [];
    device.sync.events.on('conflictMerged', (event) => merged.push(event.overwritten));
    const edit = todo.update(id, { title: 'Ours', done: true });
    expect((await edit.settled).outcome).toBe('merged');
    expect(body(id)).toEqual({ id, title: 'Ours', done: true, note: 'n' });
    expect(record(device, id)).toEqual({ id, title: 'Ours', done: true, note: 'n' });
    expect(merged).toEqual([[{ field: 'title', local: 'Ours', remote: 'Theirs' }]]);
    const logged = { model: 'todo', recordId: id, field: 'title', remote: 'Theirs' };
    expect(device.sync.conflicts.log()).toMatchObject([logged]);
  });

  test('deleted here, changed there: the change stays, the delete waits for a person', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    await world.someoneElse('PATCH', `todos/${id}`, { title: 'Theirs' });
    const removal = todo.remove(id);
    await until('parked', () => word(device, id) === 'conflicted');
    expect(record(device, id)).toBeDefined();
    expect(device.sync.conflicts.list()).toMatchObject([
      { recordId: id, remote: { title: 'Theirs' } },
    ]);
    await device.sync.conflicts.resolve(id, 'keepLocal');
    expect((await removal.settled).outcome).toBe('merged');
    expect(row(id)?.record).toBeNull();
  });

  test('changed here, deleted there: a person decides', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const ids = ['keep', 'drop', 'patch'];
    for (const id of ids) await todo.create({ id, title: 'Milk', done: false }).settled;
    for (const id of ids) await world.someoneElse('DELETE', `todos/${id}`);
    for (const id of ids) todo.update(id, { done: true });
    await until('parked', () => ids.every((id) => word(device, id) === 'conflicted'));
    const { conflicts } = device.sync;
    await conflicts.resolve('keep', 'keepLocal');
    await conflicts.resolve('drop', 'keepRemote', 'todo');
    await conflicts.resolve('patch', { title: 'Tea' });
    await world.drained(device);
    expect(body('keep')).toEqual({ id: 'keep', title: 'Milk', done: true });
    expect(record(device, 'drop')).toBeUndefined();
    expect(body('patch')).toEqual({ id: 'patch', title: 'Tea', done: true });
    await expect(conflicts.resolve('drop', 'keepLocal')).rejects.toMatchObject({
      code: 'notFound',
    });
  });

  test('NW3: our own write after a lost answer is no conflict', async () => {
    const device = await world.device();
    const { todo } = device.sync.models;
    const { id } = todo.create({ title: 'Milk', done: false });
    await world.drained(device);
    world.trouble.set({ dropAnswers: 1 });
    const edit = todo.update(id, { title: 'Tea' });
    await until('applied', () => row(id)?.version === 2);
    // The server forgets the key: only the record tells that the last write was ours.
    world.database.sql.exec('DELETE FROM idempotency');
    expect((await edit.settled).outcome).toBe('committed');
    expect(world.ledger(id)).toHaveLength(2);
  });
});

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

describe('after a restart', () => {
  test('CR5 P4: what was saved is there, in order, and is sent once', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'same' });
    first.sync.pause();
    const { todo } = first.sync.models;
    const write = todo.create({ title: 'Milk', done: false });
    for (let i = 0; i < 5; i++) todo.update(write.id, { counter: i });
    await todo.remove('nobody').saved;
    await first.sync.stop();
    const second = await world.device({ storage, env, name: 'same' });
    expect(record(second, write.id)).toMatchObject({ title: 'Milk', counter: 4 });
    expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
    expect(body(write.id)).toMatchObject({ counter: 4 });
    expect((await second.sync.outbox.settled('never heard of')).outcome).toBe('unknown');
  });

  test('CR7 NW2: a request that was sealed goes again with the same key and the same bytes', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'same' });
    world.trouble.set({ dropAnswers: -1 });
    const write = first.sync.models.todo.create({ title: 'Milk', done: false });
    await until('applied', () => row(write.id) !== undefined);
    await first.sync.stop();
    world.trouble.set({ dropAnswers: 0 });
    const second = await world.device({ storage, env, name: 'same' });
    second.sync.models.todo.update(write.id, { title: 'Tea' });
    await world.drained(second);
    expect(
      world.ledger(write.id).map((effect) => [effect.method, effect.key === write.operationId]),
    ).toEqual([
      ['POST', true],
      ['PATCH', false],
    ]);
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('CR8: an ending that nobody was told is told after the restart, and nothing is sent again', async () => {
    const storage = memory();
    const env = deviceEnv({
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'stop' ? 20 : delay, callback, label),
    });
    const never = new Promise<never>(() => {});
    const deaf = bent(storage, {
      afterCommit: ({ append }) =>
        append?.some((row) => row.includes('answered')) ? never : undefined,
    });
    const first = await world.device({ storage: deaf, env, name: 'told' });
    const told: string[] = [];
    first.sync.events.on('settled', ({ operationId }) => told.push(operationId));
    const write = first.sync.models.todo.create({ title: 'Milk', done: false });
    await until('answered', () => row(write.id) !== undefined);
    const connection = await storage.open('told');
    await untilAsync('the answer is on disk', async () =>
      (await connection.readRows(0, 99)).some((item) => String(item.text).includes('answered')),
    );
    expect(told).toEqual([]);
    const transport = rest({ baseUrl: world.url });
    const second = makeDevice({ storage, env, transport, name: 'told' });
    second.sync.events.on('settled', ({ operationId }) => told.push(operationId));
    second.sync.start();
    await second.sync.ready;
    expect((await second.sync.outbox.settled(write.operationId)).outcome).toBe('committed');
    expect(told).toContain(write.operationId);
    await world.drained(second);
    expect(world.ledger(write.id)).toHaveLength(1);
    await second.sync.stop();
  });

  test('a build whose functions all throw folds the same facts from the journal', async () => {
    const storage = memory();
    const env = deviceEnv();
    const first = await world.device({ storage, env, name: 'fold' });
    const { todo } = first.sync.models;
    const good = todo.create({ title: 'Milk', done: false });
    const bad = todo.create({ title: '', done: false });
    await Promise.all([good.settled, bad.settled]);
    await world.someoneElse('PATCH', `todos/${good.id}`, { title: 'Theirs' });
    await todo.update(good.id, { title: 'Ours' }).settled;
    const facts = canonical((first.store.getState().sync as SyncState).sequenced);
    await first.sync.stop();
    const throws = (): never => {
      throw new Error('a function of the user’s was called');
    };
    const transport: TransportFactory = () => ({
      ...{ seal: throws, push: throws, pull: throws, read: throws, probe: throws },
    });
    const quiet = { ...env, report: () => {} };
    const second = makeDevice({ storage, env: quiet, name: 'fold', transport });
    second.sync.events.on('*', throws);
    second.sync.start();
    await second.sync.ready;
    expect(canonical((second.store.getState().sync as SyncState).sequenced)).toEqual(facts);
    await second.sync.stop();
  });
});

describe('a network that lies', () => {
  test('NW4: a request that is delivered twice takes effect once', async () => {
    const twice = deviceEnv({
      fetch: fetching(async (request) => {
        const copy = request.clone();
        const first = await fetch(request);
        await fetch(copy).catch(() => {});
        return first;
      }),
    });
    const device = await world.device({ env: twice });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await device.sync.models.todo.update(write.id, { title: 'Tea' }).settled;
    await world.drained(device);
    expect(new Set(world.ledger(write.id).map((effect) => effect.key)).size).toBe(
      world.ledger(write.id).length,
    );
    expect(body(write.id)).toMatchObject({ title: 'Tea' });
  });

  test('NW6 NW24: an answer that comes after the time-out is ignored; the next attempt tells', async () => {
    const transport = rest({ baseUrl: world.url, timeout: 60 });
    const device = await world.device({ transport });
    world.trouble.set({ delayMs: 150 });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('applied, though nobody heard', () => row(write.id) !== undefined);
    world.trouble.set({ delayMs: 0 });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
  });

  test('NW10: half an answer is not taken for one', async () => {
    let halved = 1;
    const env = deviceEnv({
      fetch: fetching(async (request) => {
        const response = await fetch(request);
        if (request.method !== 'POST' || halved-- <= 0) return response;
        const text = await response.text();
        return new Response(text.slice(0, text.length / 2), response);
      }),
    });
    const device = await world.device({ env });
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
    expect(record(device, write.id)).toEqual({ id: write.id, title: 'Milk', done: false });
  });
});

describe('a disk that is full', () => {
  test('ST2: when an answer can not be written the operation stays, is sent again and counts once', async () => {
    let full = true;
    const storage = bent(memory(), {
      beforeCommit: ({ append }) => {
        if (full && append?.some((text) => text.includes('"answered"')))
          throw new StorageError('quota', 'no room');
      },
    });
    const env = deviceEnv({
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'storage rest' ? 20 : delay, callback, label),
    });
    const device = await world.device({ storage, env });
    const told: string[] = [];
    device.sync.events.on('storageTrouble', ({ code }) => told.push(code));
    const write = device.sync.models.todo.create({ title: 'Milk', done: false });
    await until('told', () => told.length > 1);
    expect(told).toContain('quota');
    expect(device.sync.outbox.list()).toHaveLength(1);
    full = false;
    expect((await write.settled).outcome).toBe('committed');
    expect(world.ledger(write.id)).toHaveLength(1);
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
