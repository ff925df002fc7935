import { describe, expect, test } from 'vitest';
import { mainJobWorld } from '../support/mainJobWorld.ts';
import { until } from '../support/world.ts';

const { world, word, record, row, body } = mainJobWorld();

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
