import { expect, test } from 'vitest';
import { fateOf, quickEnv, statusOf, synced, tinyWorld, todoOf } from '../support/tinyServer.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };

test('a subscriber of the app that always throws harms no write, no answer, no pull and no flush', async () => {
  const reported: unknown[] = [];
  const device = await world.settled({ env: quickEnv({ report: (e) => reported.push(e) }) });
  const ours = new Error('a bug of the app');
  const unsubscribe = device.store.subscribe(() => {
    throw ours;
  });
  const { todo } = device.sync.models;
  for (const title of ['Milk', 'Tea']) {
    const write = todo.create({ ...milk, title });
    expect(todoOf(device, write.id)).toBeDefined();
    expect(await fateOf(write.saved)).toBe('resolved');
    expect((await write.settled).outcome).toBe('committed');
  }
  world.server.put('todo', 'theirs', milk);
  expect((await todo.pull()).status).toBe('done');
  expect(await fateOf(device.sync.persistor.flush())).toBe('resolved');
  unsubscribe();
  await synced(device);
  expect(statusOf(device).reason).toBeNull();
  expect(todo.selectTotal(device.store.getState())).toBe(3);
  expect(new Set(reported)).toEqual(new Set([ours]));
});

test('a subscriber that throws once, when a write became durable, is no jump in time', async () => {
  const device = await world.settled({ env: quickEnv({ report: () => {} }) });
  const { todo } = device.sync.models;
  const { id, saved } = todo.create(milk);
  const status = () => todo.selectRecordStatus(device.store.getState(), id).status;
  let thrown = 0;
  device.store.subscribe(() => {
    if (status() !== 'saving' && thrown++ === 0) throw new Error('a bug of the app');
  });
  expect(await fateOf(saved)).toBe('resolved');
  expect(await fateOf(todo.create(milk).settled)).toBe('resolved');
  await synced(device);
  expect(thrown).toBeGreaterThan(0);
  expect(world.server.ids('todo')).toHaveLength(2);
});
