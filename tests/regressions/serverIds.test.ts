import { expect, test } from 'vitest';
import { synced, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();

async function withNote() {
  const device = await world.settled();
  const { note } = device.sync.models;
  const made = note.create({ text: 'one' });
  await made.settled;
  await synced(device);
  const [serverId = ''] = world.server.ids('note');
  return { device, note, key: made.id, serverId };
}

test('P28: an upsert by the server’s id is a change of the record that has it', async () => {
  const { device, note, key, serverId } = await withNote();
  expect(serverId).not.toBe(key);
  const write = note.upsert({ id: serverId, text: 'two' });
  expect(write.id).toBe(key);
  await write.settled;
  expect(world.server.ids('note')).toEqual([serverId]);
  expect(world.server.find('note', serverId)?.record).toMatchObject({ text: 'two' });
  expect(note.selectTotal(device.store.getState())).toBe(1);
});

test('DA15 P28: a record deleted and made again has a new id there; the old one’s tombstone leaves it alone', async () => {
  const { device, note, key, serverId } = await withNote();
  device.sync.pause();
  note.remove(key);
  const again = note.create({ id: key, text: 'two' });
  await device.sync.resume();
  expect((await again.settled).outcome).toBe('committed');
  await note.pull();
  await synced(device);
  const there = world.server.ids('note');
  expect(there).toHaveLength(1);
  expect(there).not.toEqual([serverId]);
  expect(note.selectById(device.store.getState(), key)).toMatchObject({ text: 'two' });
});

test('DA15 I13: ours kept over their delete gets a new id there; the tombstone of the old id leaves it alone', async () => {
  world.server.put('note', 'theirs', { text: 'one' });
  const device = await world.settled();
  const { note } = device.sync.models;
  world.server.put('note', 'theirs', null);
  note.update('theirs', { text: 'two' });
  await until('it is parked', () => device.sync.conflicts.list().length === 1);
  await device.sync.conflicts.resolve('theirs', 'keepLocal');
  await until('it was made again', () => world.server.ids('note').length === 1);
  await synced(device);
  await note.pull();
  expect(note.selectById(device.store.getState(), 'theirs')).toMatchObject({ text: 'two' });
});
