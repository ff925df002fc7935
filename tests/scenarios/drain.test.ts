import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import { memory } from '../../src/storage.ts';
import { bent } from '../support/bentStorage.ts';
import { type Bend, pause, synced, tinyWorld } from '../support/tinyServer.ts';
import { type Device, deviceEnv, until } from '../support/world.ts';

const world = tinyWorld();

/** `count` records written while the network is held, then let go. */
async function queued(device: Device, count: number) {
  const { todo } = device.sync.models;
  device.sync.pause();
  const writes = Array.from({ length: count }, (_, i) =>
    todo.create({ id: `r${i}`, title: `t${i}`, done: false }),
  );
  await Promise.all(writes.map(({ saved }) => saved));
  return writes;
}

/** Answers that came are told to the disk at once, or may wait for others: what was asked for. */
function watchedEnv() {
  const waits: number[] = [];
  const env = deviceEnv({
    setTimer: (delay, callback, label) => {
      if (label === 'group') waits.push(delay);
      return browserEnv.setTimer(delay, callback, label);
    },
  });
  return { env, waits };
}

describe('a long queue', () => {
  test('costs one transaction for many answers, and the line stays full', async () => {
    let commits = 0;
    let open = 0;
    let most = 0;
    const storage = bent(memory(), { beforeCommit: () => commits++ });
    const bend: Bend = ({ push }) => ({
      push: async (...args) => {
        most = Math.max(most, ++open);
        await pause(1);
        open--;
        return push(...args);
      },
    });
    const device = await world.settled({ storage, bend });
    const writes = await queued(device, 240);
    commits = 0;
    await device.sync.resume();
    const settled = await Promise.all(writes.map((write) => write.settled));
    expect(settled.every(({ outcome }) => outcome === 'committed')).toBe(true);
    expect(world.server.pushes).toBe(240);
    expect(most).toBe(6);
    expect(commits).toBeLessThan(240 / 4);
  });

  test('that the server keeps waiting has its answers on the disk all the same', async () => {
    const storage = memory();
    const answered = new Set<string>();
    const bend: Bend = ({ push }) => ({
      push: async (request, model, signal) => {
        if (answered.size >= 6) return new Promise(() => {});
        answered.add(request.key);
        return push(request, model, signal);
      },
    });
    const device = await world.settled({ storage, bend });
    const writes = await queued(device, 60);
    await device.sync.resume();
    await until('six answers', () => answered.size === 6);
    const first = writes.filter(({ operationId }) => answered.has(operationId));
    const outcomes = await Promise.all(first.map((write) => write.settled));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('committed'));
  });

  test('that is stopped in the middle sends nothing twice of what was answered', async () => {
    const storage = memory();
    const sent: string[] = [];
    let told = 0;
    const bend: Bend = ({ push }) => ({
      push: async (request, model, signal) => {
        sent.push(request.key);
        if (sent.length > 6) return new Promise(() => {});
        const answer = await push(request, model, signal);
        told++;
        return answer;
      },
    });
    const first = await world.settled({ storage, bend, name: 'stopped' });
    await queued(first, 60);
    await first.sync.resume();
    await until(
      'requests that took the place of answered ones',
      () => told === 6 && sent.length > 6,
    );
    const answered = sent.slice(0, 6);
    await first.sync.stop();
    const again: string[] = [];
    const second = await world.started({
      storage,
      name: 'stopped',
      bend: ({ push }) => ({
        push: (request, model, signal) => {
          again.push(request.key);
          return push(request, model, signal);
        },
      }),
    });
    await synced(second);
    expect(again.filter((key) => answered.includes(key))).toEqual([]);
    expect(new Set(again).size).toBe(54);
  });
});

test('the answer to a single edit waits for no other', async () => {
  const { env, waits } = watchedEnv();
  const device = await world.settled({ env });
  const write = device.sync.models.todo.create({ title: 'Milk', done: false });
  expect((await write.settled).outcome).toBe('committed');
  expect(waits).toEqual([]);
});

test('answers wait for others while more is to be sent, but not for long', async () => {
  const { env, waits } = watchedEnv();
  const device = await world.settled({ env });
  const writes = await queued(device, 60);
  await device.sync.resume();
  await Promise.all(writes.map((write) => write.settled));
  expect(waits.length).toBeGreaterThan(0);
  expect(Math.max(...waits)).toBeLessThanOrEqual(100);
});
