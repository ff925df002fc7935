import { expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { memory } from '../../src/storage.ts';
import { quarantineLimit } from '../../store/caps.ts';
import { away, stateOf, statusOf, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

/** A row of a later build. */
function rowOfTomorrow(recordId: string): string {
  const actionId = { writer: 'tomorrow', n: 1 };
  const operation = { model: 'todo', recordId };
  return JSON.stringify({ v: 9, type: 'recorded', actionId, at: 1, operation });
}

test('UP3: what stands before a row that can not be read is sent once, what comes after it waits', async () => {
  const storage = memory();
  const first = await world.started({ storage, name: 'downgrade', bend: away });
  const { id, operationId, saved } = first.sync.models.todo.create({ title: 'Milk', done: false });
  await saved;
  await first.sync.stop();
  const connection = await storage.open('downgrade');
  await connection.commit({ append: [rowOfTomorrow(id)] });

  const second = await world.started({ storage, name: 'downgrade' });
  expect((await second.sync.outbox.settled(operationId)).outcome).toBe('committed');
  const edit = second.sync.models.todo.update(id, { title: 'Tea' });
  await edit.saved;
  // Another record is not held up, and gives the held one time to go wrong.
  await second.sync.models.todo.create({ title: 'Bread', done: false }).settled;
  expect(world.server.pushes).toBe(2);
  expect(world.server.find('todo', id)?.record).toMatchObject({ title: 'Milk' });
  expect(stateOf(second).sequenced.quarantine.size).toBe(2);
});

test('I16: nothing is called synced while rows wait for a build that can read them', async () => {
  const storage = memory();
  const connection = await storage.open('unread');
  await connection.commit({ append: [rowOfTomorrow('a')] });
  const device = await world.started({ storage, name: 'unread' });
  await until('nothing moves', () => statusOf(device).lastSyncedAt !== null);
  await until('attention', () => statusOf(device).phase === 'attention');
  expect(statusOf(device).reason).toBe('quarantined');
});

test('I22: where 1,000 rows wait for a build that can read them, more writes to their records are refused, and others go on', async () => {
  const storage = memory();
  const connection = await storage.open('held-up');
  await connection.commit({ append: [rowOfTomorrow('a')] });
  const device = await world.started({ storage, name: 'held-up', bend: away });
  const { todo } = device.sync.models;
  const edits = Array.from({ length: quarantineLimit - 1 }, (_, i) =>
    todo.upsert({ id: 'a', title: `${i}`, done: false }),
  );
  const refused = () => todo.upsert({ id: 'a', title: 'one more', done: false });
  const heldUp = expect.objectContaining({ constructor: SyncError, code: 'heldUp' });
  // At once, and when all of them are durable.
  expect(refused).toThrow(heldUp);
  for (const { saved } of edits) await saved;
  expect(refused).toThrow(heldUp);
  expect(stateOf(device).sequenced.quarantine.size).toBe(quarantineLimit);
  await todo.create({ title: 'Bread', done: false }).saved;
});

test('ST10: a row that a start can not read is told, and told again until it stands in a checkpoint', async () => {
  const storage = memory();
  const connection = await storage.open('damaged');
  await connection.commit({ append: ['{"v":1,"type":"recor'] });
  const told: number[] = [];
  for (let start = 0; start < 3; start++) {
    const device = world.device({ storage, name: 'damaged' });
    device.sync.events.on('quarantined', ({ sequence }) => told.push(sequence));
    device.sync.start();
    await device.sync.ready;
    await until('the tab leads', () => statusOf(device).role === 'leading');
    if (start === 1) await device.sync.persistor.flush();
    await device.sync.stop();
  }
  expect(told).toEqual([1, 1]);
});

test('I17: what waits behind a row that can not be read ends as discarded when all is cleared', async () => {
  const storage = memory();
  const connection = await storage.open('cleared-behind');
  await connection.commit({ append: [rowOfTomorrow('a')] });
  const device = await world.started({ storage, name: 'cleared-behind', bend: away });
  const told: string[] = [];
  device.sync.events.on('settled', ({ operationId, outcome }) => {
    told.push(`${operationId} ${outcome}`);
  });
  const { operationId, saved } = device.sync.models.todo.upsert({
    id: 'a',
    title: 'A',
    done: false,
  });
  await saved;
  expect(stateOf(device).sequenced.quarantine.size).toBe(2);
  await device.sync.clear({ unsent: 'discard' });
  expect(stateOf(device).sequenced.quarantine.size).toBe(0);
  expect(told).toEqual([`${operationId} discarded`]);
});
