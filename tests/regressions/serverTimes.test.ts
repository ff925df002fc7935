import { expect, test } from 'vitest';
import { LaneIndex } from '../../src/engine/lanes/laneIndex.ts';
import type { Answer, BatchAnswer } from '../../src/index.ts';
import { laneKey } from '../../store/facts.ts';
import { failure, operation, recorded, row, sealed, TestJournal } from '../support/rows.ts';
import { type Bend, pause, stateOf, statusOf, synced, tinyWorld } from '../support/tinyServer.ts';
import { until } from '../support/world.ts';

// What a server says about time, or leaves unsaid, never makes a loop at the speed of the wire.

const world = tinyWorld();
const backoff = { base: 20, cap: 10_000 };

function underWay(status: 202 | 409, retryIn: number | null): Answer {
  return {
    kind: 'underWay',
    retryIn,
    failure: { code: 'underWay', status, message: 'wait', at: 1 },
  };
}

test.each([202, 409] as const)(
  'SV19 SV9 SV14: a %i that names a time longer than any wait of ours is asked again then, not at once',
  async (status) => {
    let pushes = 0;
    const device = await world.settled({
      more: { backoff },
      bend: () => ({
        push: async () => {
          pushes++;
          return underWay(status, 600_000);
        },
      }),
    });
    device.sync.models.todo.create({ id: 'a', title: 'A', done: false });
    await until('sent', () => stateOf(device).sequenced.counts.backoff === 1);
    // Whatever else is written meanwhile wakes it.
    for (let i = 0; i < 5; i++) {
      device.sync.models.todo.update('a', { title: `${i}` });
      await pause(30);
    }
    expect(pushes).toBe(1);
  },
);

test('TM1: a time that a server named is waited for where it is longer than our own waits, and given up where no server may ask for that long', () => {
  const [now, asked, longest, day] = [1_000_000_000, 600_000, 60_000, 86_400_000];
  const write = operation('create', 'a', { id: 'a' });
  const retry = {
    ...{ model: 'todo', recordId: 'a', attempts: 1, retryAt: now + asked },
    failure: { ...failure, code: 'underWay' as const, at: now },
  };
  const { facts } = new TestJournal().add(
    ...[recorded(write), sealed([write]), row({ type: 'retryScheduled', ...retry })],
  );
  const due = (at: number) => {
    const index = new LaneIndex(
      longest,
      () => '',
      () => true,
    );
    index.rebuild(facts);
    expect(index.readOn()).toBe(true);
    expect(index.nextRetryAt).toBe(now + asked);
    return index.origins(at).flatMap((origin) => index.nextToSend(origin, 9, () => false));
  };
  const key = laneKey('todo', 'a');
  expect(due(now)).toEqual([]);
  expect(due(now + asked - 1)).toEqual([]);
  expect(due(now + asked)).toEqual([key]);
  expect(due(now + asked - day)).toEqual([]);
  expect(due(now + asked - day - 1)).toEqual([key]);
});

test('a wait of less than a millisecond is one, and the longest is not given up for its fraction', () => {
  const [now, longest] = [1_000_000_000.25, 60_000];
  const write = operation('create', 'a', { id: 'a' });
  for (const wait of [0.5, longest]) {
    const retry = { model: 'todo', recordId: 'a', attempts: 1, retryAt: now + wait, failure };
    const { facts } = new TestJournal().add(
      ...[recorded(write), sealed([write]), row({ type: 'retryScheduled', ...retry })],
    );
    const index = new LaneIndex(
      longest,
      () => '',
      () => true,
    );
    index.rebuild(facts);
    expect(index.readOn()).toBe(true);
    const due = (at: number) => index.origins(at).length > 0;
    expect(due(now)).toBe(false);
    expect(index.nextRetryAt).toBe(Math.ceil(now + wait));
    expect(due(Math.ceil(now + wait))).toBe(true);
  }
});

test('NW21 SV33: a batch of which the server came to nothing goes again after a pause, spends no attempt, and is no loop', async () => {
  const keys: string[] = [];
  let isBusy = true;
  const bend: Bend = ({ push }) => ({
    batchLimit: 100,
    pushMany: async (sent, signal): Promise<BatchAnswer> => {
      const answers = new Map<string, Answer | 'notAttempted'>();
      for (const { request, model } of sent) {
        keys.push(request.key);
        answers.set(request.key, isBusy ? 'notAttempted' : await push(request, model, signal));
      }
      return { kind: 'answers', answers };
    },
  });
  const device = await world.settled({ bend });
  const { todo } = device.sync.models;
  device.sync.pause();
  const writes = ['a', 'b', 'c'].map((id) => todo.create({ id, title: id, done: false }));
  for (const write of writes) await write.saved;
  await device.sync.resume();
  await until('it waits', () => statusOf(device).reason === 'pausedUntil');
  await pause(150);
  expect(keys).toHaveLength(3);
  expect(stateOf(device).sequenced.counts.backoff).toBe(0);
  isBusy = false;
  await device.sync.resume();
  await synced(device);
  expect(new Set(keys).size).toBe(3);
});
