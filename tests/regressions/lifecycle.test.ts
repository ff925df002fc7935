import { expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { memory, StorageError } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import {
  away,
  fateOf,
  gate,
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

test('flush claims nothing before the start', async () => {
  const device = world.device();
  const { saved } = device.sync.models.todo.create(milk);
  expect(await fateOf(device.sync.persistor.flush())).toBe('notStarted');
  device.sync.start();
  await saved;
  expect(await fateOf(device.sync.persistor.flush())).toBe('resolved');
});

test('flush waits while a tab finds out what it is', async () => {
  const device = world.device();
  device.sync.start();
  expect(statusOf(device).phase).toBe('loading');
  const { saved } = device.sync.models.todo.create(milk);
  expect(await fateOf(device.sync.persistor.flush())).toBe('resolved');
  expect(await fateOf(saved, 0)).toBe('resolved');
});

test('ST4: flush rejects while the disk fails, also one that was waiting, and resolves when it works', async () => {
  let broken = false;
  const storage = bent(memory(), {
    beforeCommit: ({ append }) => {
      if (broken && append) throw new StorageError('lost', 'the handle died');
    },
  });
  const device = await world.settled({ storage });
  broken = true;
  const { saved } = device.sync.models.todo.create(milk);
  expect(await fateOf(device.sync.persistor.flush())).toBe('lost');
  expect(await fateOf(device.sync.persistor.flush())).toBe('lost');
  expect(await fateOf(saved, 0)).toBe('pending');
  broken = false;
  await saved;
  expect(await fateOf(device.sync.persistor.flush())).toBe('resolved');
});

test('a write that a stop overtakes before the disk was open is told to be lost, and is not shown', async () => {
  const storage = memory();
  const device = world.device({ storage, name: 'overtaken' });
  device.sync.start();
  const write = device.sync.models.todo.create(milk);
  await device.sync.stop();
  expect(await fateOf(write.saved)).toBe('notStarted');
  expect((await write.settled).outcome).toBe('discarded');
  expect(todoOf(device, write.id)).toBeUndefined();
  const connection = await storage.open('overtaken');
  expect(await connection.readRows(0, 10)).toEqual([]);
});

test('after a stop writing is refused, and reading goes on', async () => {
  const device = await world.settled();
  const { todo } = device.sync.models;
  const { id, settled } = todo.create(milk);
  await settled;
  await device.sync.stop();
  const refusal = expect.objectContaining({ code: 'notStarted' });
  expect(() => todo.create(milk)).toThrow(refusal);
  expect(() => todo.update(id, { done: true })).toThrow(refusal);
  expect(todoOf(device, id)).toMatchObject(milk);
  expect(statusOf(device).phase).toBe('stopped');
  expect(await fateOf(device.sync.persistor.flush())).toBe('notStarted');
});

test('started again after a stop it reads what others wrote meanwhile, syncs and saves', async () => {
  const device = await world.settled();
  const { todo } = device.sync.models;
  await todo.create({ ...milk, id: 'mine' }).settled;
  for (let restarts = 0; restarts < 2; restarts++) {
    const before = device.sync.ready;
    await device.sync.stop();
    const id = `theirs-${restarts}`;
    world.server.put('todo', id, { title: 'Theirs', done: false });
    device.sync.start();
    expect(device.sync.ready).not.toBe(before);
    await device.sync.ready;
    expect(todoOf(device, 'mine')).toBeDefined();
    await leading(device);
    await until('pulled', () => todoOf(device, id) !== undefined);
    const edit = todo.update('mine', { title: `edit ${restarts}` });
    expect(await fateOf(edit.saved)).toBe('resolved');
    expect((await edit.settled).outcome).toBe('committed');
  }
  expect(world.server.find('todo', 'mine')?.record).toMatchObject({ title: 'edit 1' });
});

test('started and stopped in one task nothing runs afterwards, and nobody is kept out', async () => {
  const tab = oneLock();
  const device = world.device({ env: tab.env, name: 'strict-1' });
  device.sync.start();
  const stopped = device.sync.stop();
  expect(statusOf(device).phase).toBe('stopped');
  await stopped;
  await pause(50);
  expect(world.server.pulls).toBe(0);
  expect([statusOf(device).phase, tab.held()]).toEqual(['stopped', 0]);
  device.sync.start();
  await device.sync.ready;
  await synced(device);
  expect(world.server.pulls).toBe(2);
});

test.each(['before it has started', 'while it runs'])(
  'stopped and started in one task %s (as React’s strict mode does) it runs once',
  async (when) => {
    const tab = oneLock();
    const device = world.device({ env: tab.env, name: 'strict-2' });
    device.sync.start();
    if (when === 'while it runs') await device.sync.ready;
    const stopped = device.sync.stop();
    device.sync.start();
    await Promise.all([stopped, device.sync.ready]);
    await synced(device);
    expect(tab.held()).toBe(1);
    expect(await fateOf(device.sync.models.todo.create(milk).settled)).toBe('resolved');
    await Promise.all([device.sync.stop(), device.sync.stop()]);
    expect(tab.held()).toBe(0);
  },
);

test('started again before a stop has ended, it goes on from what the stop made durable', async () => {
  const storage = bent(memory(), { beforeCommit: ({ append }) => append && pause(30) });
  const device = await world.settled({ storage });
  const write = device.sync.models.todo.create(milk);
  const stopped = device.sync.stop();
  device.sync.start();
  expect(await fateOf(write.saved)).toBe('resolved');
  expect((await write.settled).outcome).toBe('committed');
  await stopped;
  expect(world.server.ids('todo')).toEqual([write.id]);
});

test('the last word counts: stopped, started and stopped in one task it stays stopped', async () => {
  const tab = oneLock();
  const device = await world.settled({ env: tab.env, name: 'last-word' });
  const { pulls } = world.server;
  const stopped = device.sync.stop();
  device.sync.start();
  await Promise.all([stopped, device.sync.stop()]);
  await pause(50);
  expect([statusOf(device).phase, tab.held()]).toEqual(['stopped', 0]);
  expect(world.server.pulls).toBe(pulls);
});

test('a stop ends although the disk fails', async () => {
  let broken = false;
  const storage = bent(memory(), {
    beforeCommit: ({ append }) => {
      if (broken && append) throw new StorageError('lost', 'the handle died');
    },
  });
  const device = await world.settled({ storage, env: quickEnv({ setTimer: stopsSoon }) });
  broken = true;
  const { saved } = device.sync.models.todo.create(milk);
  expect(await fateOf(device.sync.stop())).toBe('resolved');
  expect(await fateOf(saved)).toBe('notStarted');
});

test('a stop ends although the disk does not answer', async () => {
  const never = gate();
  const storage = bent(memory(), { beforeCommit: ({ append }) => append && never.opened });
  const env = quickEnv({ setTimer: stopsSoon });
  const device = await world.started({ storage, env, bend: away });
  const { saved } = device.sync.models.todo.create(milk);
  expect(await fateOf(device.sync.stop())).toBe('resolved');
  expect(await fateOf(saved)).toBe('notStarted');
});

/** A platform with one lock. */
function oneLock() {
  let held = 0;
  const queue: (() => void)[] = [];
  const env = quickEnv({
    lock: (_, on) => {
      const grant = () => {
        held++;
        on.held({
          release: () => {
            held--;
            queue.shift()?.();
          },
        });
      };
      if (held === 0) grant();
      else {
        on.waiting();
        queue.push(grant);
      }
      return () => {
        const at = queue.indexOf(grant);
        if (at >= 0) queue.splice(at, 1);
      };
    },
  });
  return { env, held: () => held };
}

function stopsSoon(delay: number, callback: () => void, label: string) {
  return browserEnv.setTimer(label === 'stop' ? 20 : delay, callback, label);
}

test('what no later build could read back is refused before it is shown', async () => {
  const device = await world.started();
  const { todo } = device.sync.models;
  const strategy = 'waitForServer' as 'waitForRemote';
  expect(() => todo.create(milk, { strategy })).toThrow(
    expect.objectContaining({ code: 'badData', message: expect.stringContaining('strategy') }),
  );
  expect(todo.selectTotal(device.store.getState())).toBe(0);
});

test('I23: a stop while an answer waits for room on the disk leaves no timer behind', async () => {
  const timers = new Set<number>();
  const env = quickEnv({
    setTimer: (delay, callback, label) => {
      const ring = () => {
        timers.delete(timer);
        callback();
      };
      const timer = browserEnv.setTimer(delay, ring, label);
      timers.add(timer);
      return timer;
    },
    clearTimer: (timer) => {
      timers.delete(timer);
      browserEnv.clearTimer(timer);
    },
  });
  let refused = 0;
  const storage = bent(memory(), {
    beforeCommit: ({ append }) => {
      if (!append?.some((row) => row.includes('"answered"'))) return;
      refused++;
      throw new StorageError('quota', 'full');
    },
  });
  const device = await world.settled({ storage, env });
  device.sync.models.todo.create(milk);
  await until('the answer could not be written', () => refused > 0);
  await until('it waits', () => timers.size > 0);
  await device.sync.stop();
  expect(timers.size).toBe(0);
});
