import { expect, test } from 'vitest';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import {
  away,
  busy,
  fateOf,
  leading,
  pause,
  quickEnv,
  statusOf,
  synced,
  tinyWorld,
  todoOf,
} from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const milk = { title: 'Milk', done: false };

test.each(['before it read the facts', 'after it read the facts'])(
  'a tab that takes over keeps the checkpoint written while it waited, of a row made %s',
  async (when) => {
    for (let i = 100; i < 400; i++) world.server.put('todo', `t${i}`, { title: `T${i}` });
    const storage = memory();
    const name = `row ${when}`;
    const first = await world.settled({ storage, name });
    await first.sync.persistor.flush();
    const write = () => first.sync.models.todo.create({ ...milk, id: 't200x' }).settled;
    if (when.startsWith('before')) await write();
    // The second tab has read the facts and waits for the lock.
    let grant: () => void = () => {};
    const env = quickEnv({
      lock: (_, on) => {
        grant = () => on.held({ release: () => {} });
        return () => {};
      },
    });
    const shared = { kind: 'memory', open: () => storage.open(name) };
    const second = world.device({ storage: shared, name: `second ${name}`, env });
    second.sync.start();
    await second.sync.ready;
    if (when.startsWith('after')) await write();
    await synced(first);
    await first.sync.persistor.flush();
    await first.sync.stop();
    grant();
    await leading(second);
    await synced(second);
    await second.sync.persistor.flush();
    await second.sync.stop();
    const third = await world.started({
      ...{ storage, name },
      bend: () => ({ pull: async () => ({ kind: 'failed', failure: busy }) }),
    });
    expect(third.sync.models.todo.selectTotal(third.store.getState())).toBe(301);
  },
);

test('MT1: a leader that another one has fenced out sends nothing more, and goes on writing for people', async () => {
  const storage = memory();
  const device = await world.settled({ storage, name: 'fenced' });
  const { todo } = device.sync.models;
  const { id, settled } = todo.create(milk);
  await settled;
  const other = await storage.open('fenced');
  const { fence } = await other.position();
  await other.commit({ fence: fence + 1 });
  // People's rows need no fence; the engine's are refused, and then it follows.
  await todo.create(milk).saved;
  await until('it follows', () => statusOf(device).role === 'following');
  const late = todo.create(milk);
  expect(await fateOf(late.saved)).toBe('resolved');
  expect(statusOf(device)).toMatchObject({ phase: 'waiting', reason: 'leaderless', pending: 2 });
  expect(world.server.pushes).toBe(1);
  expect(todoOf(device, id)).toMatchObject(milk);
});

test('I20: a tab that stops gives its place away only when its last row is on the disk', async () => {
  const happened: string[] = [];
  const storage = bent(memory(), {
    beforeCommit: () => pause(10),
    afterCommit: ({ append }) => append && happened.push('written'),
  });
  const env = quickEnv({
    lock: (_, on) => {
      on.held({ release: () => happened.push('lock released') });
      return () => happened.push('queue left');
    },
  });
  const device = await world.started({ storage, env, bend: away });
  const { saved } = device.sync.models.todo.create(milk);
  await device.sync.stop();
  expect(happened).toEqual(['written', 'queue left', 'lock released']);
  expect(await fateOf(saved)).toBe('resolved');
});
