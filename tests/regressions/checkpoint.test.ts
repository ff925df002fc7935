import { expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import {
  away,
  fateOf,
  gate,
  pause,
  stateOf,
  statusOf,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };

test('CR20: checkpoint after checkpoint, a start finds what was there and nothing more', async () => {
  const storage = memory();
  const life = () => world.settled({ storage, name: 'checkpoints' });
  const first = await life();
  const { id } = first.sync.models.todo.create(milk);
  await first.sync.persistor.flush();
  await first.sync.models.note.create({ text: 'a note' }).settled;
  await first.sync.persistor.flush();
  await first.sync.stop();
  for (let restarts = 0; restarts < 2; restarts++) {
    const next = await life();
    expect(todoOf(next, id)).toMatchObject(milk);
    expect(next.sync.models.note.selectTotal(next.store.getState())).toBe(1);
    const { outbox, quarantine, conflictLog, lanes } = stateOf(next).sequenced;
    expect([outbox, quarantine, conflictLog, lanes].map(({ size }) => size)).toEqual([0, 0, 0, 0]);
    await next.sync.persistor.flush();
    await next.sync.stop();
  }
});

test('the journal is shortened also where no page lives long enough to fill it', async () => {
  const storage = memory();
  for (let life = 0; life < 5; life++) {
    const device = await world.started({ storage, name: 'short-lives' });
    const titles = Array.from({ length: 200 }, (_, i) => ({ title: `t${i}`, done: false }));
    await Promise.all(device.sync.models.todo.createMany(titles).map((write) => write.settled));
    await device.sync.stop();
  }
  const connection = await storage.open('short-lives');
  expect((await connection.position()).head).toBeGreaterThan(2_000);
  expect((await connection.readRows(0, 10_000)).length).toBeLessThan(1_500);
  const last = await world.started({ storage, name: 'short-lives' });
  expect(last.sync.models.todo.selectTotal(last.store.getState())).toBe(1_000);
});

test('what only waits is written once, however many pages of the app have come and gone', async () => {
  const storage = memory();
  for (let life = 0; life < 5; life++) {
    const device = await world.started({ storage, name: 'waiting', bend: away });
    const titles = Array.from({ length: 400 }, (_, i) => ({ title: `t${i}`, done: false }));
    await Promise.all(device.sync.models.todo.createMany(titles).map((write) => write.saved));
    await device.sync.stop();
  }
  const connection = await storage.open('waiting');
  expect(await connection.pageKeys()).toEqual([]);
  const last = await world.started({ storage, name: 'waiting', bend: away });
  expect(last.sync.outbox.list()).toHaveLength(2_000);
  expect(statusOf(last).pending).toBe(2_000);
});

test('CR15: a checkpoint written while a start still looks for orphans keeps its pages', async () => {
  const disk = memory();
  const { open, opened } = gate();
  // The disk is slow to say which pages there are: the checkpoint is written before it has.
  const storage = bent(disk, { beforePageKeys: () => opened });
  const first = await world.started({ storage, name: 'swept', bend: away });
  const { id } = first.sync.models.todo.create(milk);
  const flushed = first.sync.persistor.flush();
  await pause(30);
  open();
  expect(await fateOf(flushed)).toBe('resolved');
  await pause(30);
  await first.sync.stop();
  const next = world.device({ storage: disk, name: 'swept', bend: away });
  next.sync.start();
  expect(await fateOf(next.sync.ready)).toBe('resolved');
  expect(todoOf(next, id)).toMatchObject(milk);
});
