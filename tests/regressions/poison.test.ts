import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import type { Answer, BatchAnswer, Transport } from '../../src/index.ts';
import type { Addressed } from '../../src/ports/transport.ts';
import { type Bend, pause, quickEnv, stateOf, statusOf, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

const world = tinyWorld();
const backoff = { base: 1, cap: 4 };

/** The waits of the machines pass at once. */
const hasty = () =>
  quickEnv({
    setTimer: (delay, callback, label) =>
      browserEnv.setTimer(label === 'machine' ? 5 : delay, callback, label),
  });

function lost(status = 405): Answer {
  const failure = { code: 'misdeployed', status, message: 'no such method', at: 1 } as const;
  return { kind: 'held', by: 'deployment', retryIn: null, failure };
}

/** A batch that is taken, operation by operation. */
async function oneByOne(
  push: Transport['push'],
  sent: readonly Addressed[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const answers = new Map<string, Answer>();
  for (const { request, model } of sent) {
    answers.set(request.key, await push(request, model, signal));
  }
  return { kind: 'answers', answers };
}

function refusal(code: 'rejected' | 'forbidden', status: number): Answer {
  return { kind: 'rejected', failure: { code, status, message: 'no', at: 1 } };
}

describe('a request that the server has no way for', () => {
  const noDeletes: Bend = ({ push }) => ({
    push: async (...args) => (args[0].kind === 'delete' ? lost() : push(...args)),
  });

  test('P5 SV7: a method that it never takes holds nobody: the others go, and it is a dead letter with the server’s words', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    const device = await world.settled({ env: hasty(), bend: noDeletes, more: { backoff } });
    const { todo } = device.sync.models;
    const removal = todo.remove('a');
    let end = '';
    removal.settled.then(({ outcome }) => {
      end = outcome;
    });
    for (let i = 0; end === '' && i < 200; i++) {
      const write = todo.create({ id: `t${i}`, title: 'x', done: false });
      expect((await write.settled).outcome).toBe('committed');
    }
    expect(end).toBe('rejected');
    expect(device.sync.outbox.list()[0]?.status.failure).toMatchObject({
      ...{ code: 'rejected', status: 405, message: 'no such method' },
    });
    const { operationId } = removal;
    await device.sync.outbox.discard(operationId);
    await until('nothing is wrong any more', () => statusOf(device).phase === 'synced');
  });

  test('P5 SV7: alone, it is a dead letter once the collection has answered well all along', async () => {
    world.server.put('todo', 'a', { title: 'A', done: false });
    let pushes = 0;
    const bend: Bend = () => ({
      push: async () => {
        pushes++;
        return lost();
      },
      check: async () => true,
    });
    const device = await world.settled({ env: hasty(), bend, more: { backoff } });
    const removal = device.sync.models.todo.remove('a');
    expect((await removal.settled).outcome).toBe('rejected');
    expect(pushes).toBe(10);
  });

  test('N13 SV6: where nothing is there any more, no request is given up, whatever it is tried', async () => {
    let isBroken = true;
    const bend: Bend = ({ push }) => ({
      push: async (...args) => (isBroken ? lost(404) : push(...args)),
      check: async () => false,
    });
    const device = await world.settled({ env: hasty(), bend, more: { backoff } });
    const { todo } = device.sync.models;
    const writes = ['a', 'b', 'c'].map((id) => todo.create({ id, title: id, done: false }));
    await pause(800);
    await until('it is held', () => statusOf(device).reason === 'tripped');
    expect(statusOf(device).failed).toBe(0);
    isBroken = false;
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
  });

  test('P5 SV6: one model whose list is not there does not hold the lists and writes of the others', async () => {
    const trips: number[] = [];
    const bend: Bend = ({ pull }) => ({
      pull: async (request, ...more) => {
        const answer = lost(404);
        return request.model.name === 'note' && answer.kind === 'held'
          ? answer
          : pull(request, ...more);
      },
    });
    const device = await world.started({ env: hasty(), bend, more: { backoff } });
    device.sync.events.on('originTripped', () => trips.push(1));
    const { todo } = device.sync.models;
    for (let i = 0; i < 20; i++) {
      expect((await todo.create({ id: `t${i}`, title: 'x', done: false }).settled).outcome).toBe(
        'committed',
      );
      await pause(5);
    }
    expect(trips.length).toBeLessThan(3);
  });
});

describe('N13: an outage does not drain into dead letters', () => {
  // Shorter ones leave a busy machine no time for anything else.
  const later = { base: 20, cap: 40 };

  test('SV17: writes that answer 500 while reads work', async () => {
    const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
    let pushes = 0;
    const bend: Bend = () => ({
      push: async () => {
        pushes++;
        return { kind: 'retryLater', failure };
      },
    });
    const env = quickEnv({
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'machine' ? 20 : delay, callback, label),
    });
    const device = await world.settled({ env, bend, more: { backoff: later } });
    let before = 0;
    device.sync.events.on('originTripped', () => {
      before ||= pushes;
    });
    const { todo } = device.sync.models;
    for (let i = 0; i < 20; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
    await until('each was tried again after that', () => before > 0 && pushes > before + 40);
    expect(statusOf(device).failed).toBeLessThanOrEqual(4);
  });

  test('SV16 SV17: once a read has shown that the same 500 did nothing, each further one asks again: the fifth is believed', async () => {
    const failure = { code: 'server', status: 500, message: 'boom', at: 1 } as const;
    const pushes = new Map<string, number>();
    const bend: Bend = () => ({
      push: async ({ key }) => {
        pushes.set(key, (pushes.get(key) ?? 0) + 1);
        return { kind: 'retryLater', failure };
      },
    });
    const device = await world.settled({ env: hasty(), bend, more: { backoff } });
    for (let i = 0; i < 5; i++) {
      device.sync.models.todo.create({ id: `r${i}`, title: 'x', done: false });
    }
    await until('all are believed', () => statusOf(device).failed === 5);
    expect([...pushes.values()].sort()).toEqual([10, 10, 10, 10, 14]);
  });

  test('SV6: a refusal is believed at its third time, not because of failures of other kinds before it', async () => {
    let isDown = true;
    const failure = { code: 'server', status: 503, message: 'down', at: 1 } as const;
    let refusals = 0;
    const bend: Bend = () => ({
      push: async () => {
        if (isDown) return { kind: 'retryLater', failure };
        refusals++;
        return refusal('forbidden', 403);
      },
    });
    const device = await world.settled({ env: hasty(), bend, more: { backoff: later } });
    const { todo } = device.sync.models;
    for (let i = 0; i < 20; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
    const tries = () => {
      let least = Number.POSITIVE_INFINITY;
      for (const { status } of device.sync.outbox.list()) least = Math.min(least, status.attempts);
      return least;
    };
    await until('each has failed often', () => tries() >= 5);
    isDown = false;
    await until('many were refused', () => refusals >= 30);
    expect(statusOf(device).failed).toBeLessThanOrEqual(6);
  });

  test('SV6 P18: two hundred that are refused in batches', async () => {
    let batches = 0;
    let most = 0;
    const bend: Bend = () => ({
      batchLimit: 100,
      push: async () => {
        batches++;
        return refusal('forbidden', 403);
      },
      pushMany: async (sent) => {
        batches++;
        most = Math.max(most, sent.length);
        const answers = sent.map(
          ({ request }) => [request.key, refusal('forbidden', 403)] as const,
        );
        return { kind: 'answers', answers: new Map(answers) };
      },
    });
    const device = await world.settled({ env: hasty(), bend, more: { backoff: later } });
    const { todo } = device.sync.models;
    device.sync.pause();
    for (let i = 0; i < 200; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
    await until('all wait', () => statusOf(device).pending === 200);
    await device.sync.resume();
    await until('it is tried', () => batches > 40);
    expect(most).toBe(100);
    expect(statusOf(device).failed).toBeLessThanOrEqual(4);
  });
});

test('SV14: pauses without a named time grow by the round, not by the answers of one round', async () => {
  const asked: number[] = [];
  const failure = { code: 'paused', status: 429, message: 'slow down', at: 1 } as const;
  const env = quickEnv({
    random: () => 0.999,
    setTimer: (delay, callback, label) => {
      if (label === 'machine' && delay >= 4_000) asked.push(delay);
      return browserEnv.setTimer(label === 'machine' ? 20 : delay, callback, label);
    },
  });
  const bend: Bend = () => ({
    push: async () => {
      await pause(3);
      return { kind: 'held', by: 'pause', retryIn: null, failure };
    },
  });
  const device = await world.settled({ env, bend });
  for (let i = 0; i < 6; i++)
    device.sync.models.todo.create({ id: `r${i}`, title: 'x', done: false });
  await until('three rounds', () => asked.length >= 3);
  expect(asked.slice(0, 3)).toEqual([4_995, 9_990, 19_980]);
  expect(stateOf(device).sequenced.counts.failed).toBe(0);
});

test('SV12: batches grow again after one was too much', async () => {
  const sizes: number[] = [];
  let isSmall = true;
  const bend: Bend = ({ push }) => ({
    batchLimit: 20,
    pushMany: async (sent, signal) => {
      sizes.push(sent.length);
      if (isSmall && sent.length > 2) return { kind: 'tooLarge' };
      return oneByOne(push, sent, signal);
    },
  });
  const device = await world.settled({ bend });
  const { todo } = device.sync.models;
  device.sync.pause();
  for (let i = 0; i < 100; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
  await until('all wait', () => statusOf(device).pending === 100);
  await device.sync.resume();
  await until('it was halved', () => sizes.includes(2));
  isSmall = false;
  await until('all are there', () => world.server.ids('todo').length === 100);
  expect(sizes.slice(0, 2)).toEqual([20, 20]);
  expect([...new Set(sizes.slice(0, sizes.indexOf(2) + 1))]).toEqual([20, 10, 5, 2]);
  expect(Math.max(...sizes.slice(sizes.indexOf(2)))).toBeGreaterThanOrEqual(8);
});

test('SV12: where single operations are taken after batches were refused, batches are tried again', async () => {
  let singles = 0;
  const sizes: number[] = [];
  const bend: Bend = ({ push }) => ({
    batchLimit: 8,
    push: (...args) => {
      singles++;
      return push(...args);
    },
    pushMany: async (sent, signal) => {
      if (singles === 0) return { kind: 'tooLarge' };
      sizes.push(sent.length);
      return oneByOne(push, sent, signal);
    },
  });
  const device = await world.settled({ bend });
  const { todo } = device.sync.models;
  device.sync.pause();
  for (let i = 0; i < 60; i++) todo.create({ id: `r${i}`, title: 'x', done: false });
  await until('all wait', () => statusOf(device).pending === 60);
  await device.sync.resume();
  await until('all are there', () => world.server.ids('todo').length === 60);
  expect(singles).toBeGreaterThanOrEqual(8);
  expect(sizes[0]).toBe(2);
  expect(sizes).toContain(4);
});
