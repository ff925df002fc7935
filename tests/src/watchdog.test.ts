import { beforeEach, describe, expect, test } from 'vitest';
import { type Stuck, Watchdog } from '../../src/engine/lead/watchdog.ts';
import type { Env } from '../../src/ports/env.ts';
import { type ExplainContext, selectExplanation } from '../../store/explanation.ts';
import type { Facts } from '../../store/facts.ts';
import { laneKey } from '../../store/facts.ts';
import type { Operation, Row } from '../../store/rows/row.ts';
import type { Ephemeral } from '../../store/slice.ts';
import {
  answered,
  failure,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';
import { stateOf } from '../support/syncStates.ts';
import { virtualTime } from '../support/virtualTime.ts';

const budget = 60_000;
const context: ExplainContext = {
  ...{ hasModel: () => true, originOf: () => 'api', blockerOf: () => null },
};

function watched(more: Partial<ExplainContext> = {}, limit = budget) {
  const time = virtualTime();
  const journal = new TestJournal();
  const told: Stuck[] = [];
  const world: { ephemeral: Partial<Ephemeral>; explained: number } = {
    ephemeral: {},
    explained: 0,
  };
  const now = (): Facts => journal.facts;
  const dog = new Watchdog({
    env: time.clock as Env,
    budget: limit,
    explain: (model, recordId) => {
      world.explained++;
      const state = stateOf(now(), world.ephemeral);
      return selectExplanation(state, model, recordId, { ...context, ...more });
    },
    onStuck: (stuck) => told.push(stuck),
  });
  dog.rebuild(journal.facts);
  const add = (...rows: Row[]) => {
    journal.add(...rows);
    const lanes = rows.flatMap((item) => {
      if (item.type === 'sealed') return item.requests.map((r) => laneKey(r.model, r.recordId));
      const { model, recordId } =
        item.type === 'recorded' ? item.operation : (item as { model: string; recordId: string });
      return [laneKey(model, recordId)];
    });
    dog.update(journal.facts, lanes);
  };
  const names = () => told.map(({ recordId }) => recordId);
  return { time, journal, told, names, world, dog, add };
}

const create = (id: string) => operation('create', id, { id });
const retry = (id: string, attempts: number, retryAt: number) =>
  row({ type: 'retryScheduled', model: 'todo', recordId: id, failure, attempts, retryAt });
const parked = ({ id, recordId }: Operation) =>
  row({
    ...{ type: 'parked', model: 'todo', recordId, operationIds: [id], failure },
    ...{ reason: 'rejected', rollback: false },
  });

describe('N7: the watchdog', () => {
  let made: Operation;
  beforeEach(() => {
    made = create('a');
  });

  test('N7: tells once, with the explanation, of a record that waits longer than its budget', () => {
    const { add, time, told } = watched();
    const since = time.clock.now();
    add(recorded(made), sealed([made]), retry('a', 1, since + 10_000));
    time.advance(budget - 1);
    expect(told).toEqual([]);
    time.advance(1);
    expect(told).toEqual([
      {
        ...{ model: 'todo', recordId: 'a', since, waiting: 1 },
        explanation: expect.objectContaining({
          state: 'backoff',
          waitsFor: [expect.objectContaining({ kind: 'retryAt', failure })],
        }),
      },
    ]);
    // More attempts that fail are the same wait.
    add(retry('a', 2, time.clock.now() + 10_000));
    time.advance(10 * budget);
    expect(told.length).toBe(1);
  });

  test('another wait of the same record is told anew', () => {
    const { add, time, names } = watched();
    add(recorded(made), sealed([made]), retry('a', 1, 0));
    time.advance(budget);
    add(answered([made], { id: 'a' }));
    const next = operation('update', 'a', { title: 'B' });
    add(recorded(next), sealed([next]), retry('a', 1, 0));
    time.advance(budget);
    expect(names()).toEqual(['a', 'a']);
  });

  test('what gets on in time is not told, and no timer stays', () => {
    const { add, time, names } = watched();
    add(recorded(made), sealed([made]));
    time.advance(budget / 2);
    add(answered([made], { id: 'a' }));
    expect(time.timers).toBe(0);
    time.advance(10 * budget);
    expect(names()).toEqual([]);
  });

  test('who waits for a person is not told: a dead letter, what hangs on it, a pause, a sign-in', () => {
    const dead = watched();
    dead.add(recorded(made), sealed([made]), parked(made));
    dead.time.advance(10 * budget);
    expect(dead.names()).toEqual([]);

    const hanging = watched({
      blockerOf: (_, { recordId }) =>
        recordId === 'b'
          ? { lane: laneKey('todo', 'a'), why: 'reference', operationId: null }
          : null,
    });
    hanging.add(recorded(made), sealed([made]), parked(made), recorded(create('b')));
    hanging.time.advance(10 * budget);
    expect(hanging.names()).toEqual([]);

    const held = watched();
    held.world.ephemeral = { run: 'paused' };
    held.add(recorded(made));
    held.time.advance(10 * budget);
    const lines = { api: { state: 'authRequired', until: null, failure } } as const;
    held.world.ephemeral = { lines };
    held.time.advance(10 * budget);
    expect(held.names()).toEqual([]);
    held.world.ephemeral = {};
    held.time.advance(10 * budget);
    expect(held.names()).toEqual(['a']);
  });

  test('no network is told once, of the record that waits longest, with how many wait', () => {
    const { add, time, told, world, dog } = watched();
    world.ephemeral = { connection: 'waiting' };
    for (let i = 0; i < 500; i++) add(recorded(create(`r${String(i).padStart(3, '0')}`)));
    time.advance(100 * budget);
    expect(told).toMatchObject([{ recordId: 'r000', waiting: 500 }]);
    expect(told[0]?.explanation.waitsFor[0]?.kind).toBe('unreachable');
    // Back again, each has its whole budget before it is told of.
    world.ephemeral = {};
    dog.released();
    time.advance(budget - 1);
    expect(told.length).toBe(1);
    time.advance(1 + 1_000);
    expect(told.length).toBe(501);
  });

  test('a line that is held is told once, and again when it is held again', () => {
    const { add, time, told, world, dog } = watched();
    const lines = { api: { state: 'tripped', until: 1, failure } } as const;
    world.ephemeral = { lines };
    add(recorded(made), recorded(create('b')));
    time.advance(5 * budget);
    expect(told).toMatchObject([{ recordId: 'a', waiting: 2 }]);
    dog.released('api');
    time.advance(2 * budget);
    expect(told.length).toBe(2);
  });

  test('a long queue that moves is not stuck; one that does not is', () => {
    const { add, time, names } = watched();
    const queue = Array.from({ length: 20 }, (_, i) => create(`q${i + 10}`));
    add(...queue.map((item) => recorded(item)));
    for (const item of queue.slice(0, 10)) {
      add(sealed([item]));
      time.advance(budget / 2);
      add(answered([item], { id: item.recordId }));
    }
    expect(names()).toEqual([]);
    time.advance(3 * budget);
    expect(names().sort()).toEqual(queue.slice(10).map(({ recordId }) => recordId));
  });

  test('a device that slept gives every record its whole budget again', () => {
    const { add, time, names } = watched();
    add(recorded(made), sealed([made]), retry('a', 1, 0));
    time.sleep(8 * 3_600_000);
    time.advance(0);
    expect(names()).toEqual([]);
    time.advance(budget);
    expect(names()).toEqual(['a']);
  });

  test('one timer for all records, and a batch of them in one task', () => {
    const { add, time, world, names } = watched();
    const all = Array.from({ length: 250 }, (_, i) => create(`r${i}`));
    add(...all.map((item) => recorded(item)));
    expect(time.timers).toBe(1);
    const { setTimer } = time.clock;
    const tasks: number[] = [];
    time.clock.setTimer = (delay, callback, label) =>
      setTimer(
        delay,
        () => {
          const before = world.explained;
          callback();
          tasks.push(world.explained - before);
        },
        label,
      );
    time.advance(2 * budget);
    expect(names().length).toBe(250);
    expect(Math.max(...tasks)).toBeLessThanOrEqual(100);
  });

  test('what waited before the tab led has its budget from then on, and is walked piece by piece', () => {
    const { add, time, dog, journal, told, names } = watched();
    const all = Array.from({ length: 250 }, (_, i) => create(`r${i}`));
    add(...all.map((item) => recorded(item)));
    time.advance(budget / 2);
    dog.rebuild(journal.facts);
    const led = time.clock.now();
    const [first, second] = all as [Operation, Operation];
    add(sealed([first]), answered([first], { id: 'r0' }), sealed([second]));
    time.advance(budget - 1);
    expect(names()).toEqual([]);
    time.advance(1_000);
    expect(new Set(names())).toEqual(new Set(all.slice(1).map(({ recordId }) => recordId)));
    expect(names().length).toBe(249);
    expect(told.every(({ since }) => since === led)).toBe(true);
  });

  test('where only a person is waited for no timer is set, from the start or once the rest got on', () => {
    const { add, time, dog, journal } = watched();
    const other = create('b');
    add(recorded(made), sealed([made]), parked(made));
    dog.rebuild(journal.facts);
    expect(time.timers).toBe(0);
    add(recorded(other), sealed([other]));
    dog.rebuild(journal.facts);
    expect(time.timers).toBe(1);
    add(answered([other], { id: 'b' }));
    expect(time.timers).toBe(0);
  });

  test('without a network those from before are told of once as well, and again one by one after it', () => {
    const { add, time, dog, journal, world, told } = watched();
    const all = Array.from({ length: 250 }, (_, i) => create(`r${i}`));
    add(...all.map((item) => recorded(item)));
    dog.rebuild(journal.facts);
    world.ephemeral = { connection: 'offline' };
    time.advance(20 * budget);
    expect(told.length).toBe(1);
    world.ephemeral = {};
    dog.released();
    time.advance(budget + 1_000);
    expect(new Set(told.slice(1).map(({ recordId }) => recordId)).size).toBe(250);
    expect(told.length).toBe(251);
    time.advance(20 * budget);
    expect(told.length).toBe(251);
  });

  test('nobody watches with a budget without end, nor after a stop', () => {
    const never = watched({}, Number.POSITIVE_INFINITY);
    never.add(recorded(made));
    expect(never.time.timers).toBe(0);
    const { add, time, dog, names } = watched();
    add(recorded(made));
    dog.stop();
    // What is told late, of a line or the network, wakes nobody.
    dog.released('api');
    dog.released();
    expect(time.timers).toBe(0);
    time.advance(10 * budget);
    expect(names()).toEqual([]);
    dog.rebuild(new TestJournal().add(recorded(create('c'))).facts);
    expect(time.timers).toBe(1);
  });

  test('I23: what ends in a tab that leads no more sets no timer there', () => {
    const { add, time, dog } = watched();
    add(recorded(made));
    dog.stop();
    dog.released();
    expect(time.timers).toBe(0);
  });
});
