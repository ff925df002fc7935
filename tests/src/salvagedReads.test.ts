import { expect, test } from 'vitest';
import { SalvagedReads } from '../../src/engine/pulls/salvagedReads.ts';
import type { TimerHandle } from '../../src/ports/env.ts';
import { emptyFacts, laneKey } from '../../store/facts.ts';
import { foldEntries } from '../../store/fold.ts';
import { failure, models, operation, row } from '../support/rows.ts';
import { quickEnv } from '../support/tinyServer.ts';

const env = quickEnv();

const ids = ['bad', 'one', 'two'] as const;

/** Facts of a database that has taken over an edit of each of these records, without their base. */
function salvaged() {
  const entries = ids.map((recordId, i) => ({
    sequence: i + 1,
    row: row({
      ...{ type: 'recovered', from: 'lost', model: 'todo', recordId, sealed: null, parked: null },
      operations: [operation('update', recordId, { n: 1 })],
      salvage: { base: { n: 0 }, version: null },
    }),
  }));
  return foldEntries(emptyFacts(models), entries).facts;
}

test('N16: a record that can not be read keeps no other one waiting, and is asked for again after each pull', async () => {
  const facts = salvaged();
  const asked: string[] = [];
  const reads = new SalvagedReads({
    mayRead: () => true,
    env,
    facts: () => facts,
    read: async (_, recordId) => {
      asked.push(recordId);
      const code = recordId === 'bad' ? 'unreadable' : null;
      if (code === null) return { status: 'done', failure: null };
      return { status: 'failed', failure: { ...failure, code } };
    },
  });
  for (const id of ids) reads.add(laneKey('todo', id));
  reads.pulled('todo');
  await expect.poll(() => asked).toEqual(['bad', 'one', 'two']);
  await Promise.resolve();
  reads.pulled('todo');
  await expect.poll(() => asked).toEqual(['bad', 'one', 'two', 'bad']);
  reads.stop();
});

test('N16: a wire that is down is asked once and not for every record', async () => {
  const facts = salvaged();
  const asked: string[] = [];
  let isDown = true;
  const reads = new SalvagedReads({
    mayRead: () => true,
    env,
    facts: () => facts,
    read: async (_, recordId) => {
      asked.push(recordId);
      if (!isDown) return { status: 'done', failure: null };
      return { status: 'failed', failure: { ...failure, code: 'network' } };
    },
  });
  for (const id of ids) reads.add(laneKey('todo', id));
  reads.pulled('todo');
  await expect.poll(() => asked).toEqual(['bad']);
  isDown = false;
  // By itself, after a while.
  await expect.poll(() => asked, { timeout: 5_000 }).toEqual(['bad', ...ids]);
  reads.stop();
});

test('N16: a read that ends after all was stopped asks for nothing more and leaves no timer', async () => {
  const facts = salvaged();
  const timers: number[] = [];
  let answer: () => void = () => {};
  const reads = new SalvagedReads({
    mayRead: () => true,
    env: { ...env, setTimer: (delay) => timers.push(delay) },
    facts: () => facts,
    read: async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return { status: 'failed', failure: { ...failure, code: 'network' } };
    },
  });
  reads.add(laneKey('todo', 'one'));
  reads.pulled('todo');
  await Promise.resolve();
  await Promise.resolve();
  reads.stop();
  answer();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(timers).toEqual([]);
});

test('N16: a pull that brings a new read leaves no timer of the one that had failed', async () => {
  const facts = salvaged();
  const timers = new Set<TimerHandle>();
  let isDown = true;
  const reads = new SalvagedReads({
    mayRead: () => true,
    env: {
      ...env,
      setTimer: (...timer) => {
        const handle = env.setTimer(...timer);
        timers.add(handle);
        return handle;
      },
      clearTimer: (handle) => {
        timers.delete(handle);
        env.clearTimer(handle);
      },
    },
    facts: () => facts,
    read: async () =>
      isDown
        ? { status: 'failed', failure: { ...failure, code: 'network' } }
        : { status: 'done', failure: null },
  });
  reads.add(laneKey('todo', 'one'));
  reads.pulled('todo');
  await expect.poll(() => timers.size).toBe(1);
  isDown = false;
  reads.pulled('todo');
  await expect.poll(() => timers.size).toBe(0);
  reads.stop();
});
