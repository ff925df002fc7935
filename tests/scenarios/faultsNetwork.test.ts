import { describe, expect, test } from 'vitest';
import { browserEnv } from '../../src/env/browserEnv.ts';
import {
  answered,
  failure,
  operation,
  recorded,
  row,
  sealed,
  TestJournal,
} from '../support/rows.ts';
import { serverWorld } from '../support/server.ts';
import { watchedWire } from '../support/wire.ts';
import { type Device, until } from '../support/world.ts';

const world = serverWorld();
const milk = { title: 'Milk', done: false };

const statusOf = ({ sync, store }: Device) => sync.selectSyncStatus(store.getState());
const synced = (device: Device) => until('synced', () => statusOf(device).phase === 'synced');
const body = (id: string) => world.database.records.find('todos', id)?.record;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('one request of a record at a time', () => {
  test('NW5: edits made while a request is under way never overtake it, and arrive in their order', async () => {
    const open = new Map<string, number>();
    let most = 0;
    const wire = watchedWire(async (request, pass) => {
      if (request.method === 'GET') return pass();
      const id = request.method === 'POST' ? 'a' : (request.url.split('/').pop() ?? '');
      open.set(id, (open.get(id) ?? 0) + 1);
      most = Math.max(most, open.get(id) ?? 0);
      try {
        return await pass();
      } finally {
        open.set(id, (open.get(id) ?? 0) - 1);
      }
    });
    const device = await world.device({ env: wire.env() });
    await synced(device);
    world.trouble.set({ delayMs: 15 });
    const { todo } = device.sync.models;
    todo.create({ ...milk, id: 'a', counter: 0 });
    let last = todo.update('a', { counter: 1 });
    for (let counter = 2; counter <= 12; counter++) {
      await pause(7);
      last = todo.update('a', { counter });
    }
    expect((await last.settled).outcome).toBe('committed');
    expect(wire.writes().length).toBeGreaterThan(2);
    expect(most).toBe(1);
    const counters = world.ledger('a').map((effect) => JSON.parse(effect.body ?? '{}').counter);
    expect(counters).toEqual([...counters].sort((a, b) => a - b));
    expect(counters.at(-1)).toBe(12);
  });
});

describe('answers that go astray', () => {
  test('NW8 SV21: two records’ answers that were exchanged on the way are taken for none, and asked for again', async () => {
    const held: { give: (response: Response) => void; response: Response }[] = [];
    const wire = watchedWire(async (request, pass) => {
      const response = await pass();
      if (request.method !== 'POST' || held.length === 2) return response;
      return new Promise<Response>((give) => {
        held.push({ give, response });
        const [first, second] = held;
        if (!first || !second) return;
        first.give(second.response);
        second.give(first.response);
      });
    });
    const device = await world.device({ env: wire.env() });
    const { todo } = device.sync.models;
    const told: unknown[] = [];
    device.sync.events.on('retryScheduled', ({ failure }) => told.push(failure.code));
    const writes = todo.createMany([
      { id: 'a', title: 'A', done: false },
      { id: 'b', title: 'B', done: true },
    ]);
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    expect(told).toEqual(['unreadable', 'unreadable']);
    await todo.pull();
    expect(todo.selectAll(device.store.getState())).toEqual([
      { id: 'a', title: 'A', done: false },
      { id: 'b', title: 'B', done: true },
    ]);
    expect(world.ledger()).toHaveLength(2);
  });

  test('NW7: an error or a refusal that comes after the success rolls nothing back', () => {
    const create = operation('create', 'a', { id: 'a', title: 'Milk' });
    const journal = new TestJournal().add(recorded(create), sealed([create]));
    journal.add(answered([create], { id: 'a', title: 'Milk' }));
    const { facts } = journal;
    const about = { model: 'todo', recordId: 'a' } as const;
    const parked = { type: 'parked', reason: 'rejected', operationIds: [create.id] } as const;
    const late = [
      row({ ...about, ...parked, failure, rollback: true }),
      row({ ...about, type: 'retryScheduled', attempts: 1, retryAt: 5, failure }),
    ];
    for (const [i, each] of late.entries()) {
      journal.add(each);
      expect(journal.illegal).toHaveLength(1);
      expect(journal.facts.settlements).toBe(facts.settlements);
      expect(journal.facts.models).toEqual(facts.models);
      expect([i, journal.facts.lanes.size, journal.facts.outbox.size]).toEqual([i, 0, 0]);
    }
  });

  test.each([
    'the time-out strikes and then the answer is there',
    'the answer is there and then the time-out strikes',
  ])('NW24 TM7: at one moment %s: one of both counts, whatever it is', async (order) => {
    let strike: (() => void) | undefined;
    let together = 3;
    const wire = watchedWire(async (request, pass) => {
      const timeout = strike;
      if (request.method === 'GET' || together-- <= 0) return pass();
      const response = await pass();
      const whole = new Response(await response.text(), response);
      if (order.startsWith('the time-out')) timeout?.();
      else queueMicrotask(() => timeout?.());
      return whole;
    });
    const env = wire.env({
      setTimer: (delay, callback, label) => {
        if (label === 'request') strike = callback;
        return browserEnv.setTimer(delay, callback, label);
      },
    });
    const device = await world.device({ env });
    await synced(device);
    const { todo } = device.sync.models;
    const told: string[] = [];
    device.sync.events.on('*', (event) => {
      if (event.type === 'settled') told.push(`${event.operationId} ${event.outcome}`);
      if (event.type === 'illegalRow') told.push(`${event.rowType} was illegal`);
    });
    const write = todo.create(milk);
    const edit = todo.update(write.id, { title: 'Tea' });
    expect((await edit.settled).outcome).toBe('committed');
    await synced(device);
    const later = todo.update(write.id, { done: true });
    expect((await later.settled).outcome).toBe('committed');
    const all = [write, edit, later].map((item) => `${item.operationId} committed`);
    expect(told).toEqual(all);
    expect(together).toBeLessThan(3);
    const keys = world.ledger(write.id).map((effect) => effect.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(body(write.id)).toEqual({ id: write.id, title: 'Tea', done: true });
  });
});

describe('a line that says one thing and does another', () => {
  test('NW18: where the platform says that there is no network, the server is asked all the same', async () => {
    const wire = watchedWire();
    const env = wire.env({
      networkHint: () => 'absent',
      setTimer: (delay, callback, label) =>
        browserEnv.setTimer(label === 'machine' ? Math.min(delay, 20) : delay, callback, label),
    });
    const device = await world.device({ env });
    expect(statusOf(device).online).toBe(false);
    const write = device.sync.models.todo.create(milk);
    expect((await write.settled).outcome).toBe('committed');
    expect(statusOf(device).online).toBe(true);
  });

  test('NW19: a storm of network events is one probe at a time, and every write goes once', async () => {
    let tell: (hint: 'present' | 'absent') => void = () => {};
    let [probes, most, asked] = [0, 0, 0];
    const wire = watchedWire(async (request, pass) => {
      if (!request.url.endsWith('?limit=1')) return pass();
      asked++;
      probes++;
      most = Math.max(most, probes);
      return pass().finally(() => probes--);
    });
    const env = wire.env({
      onNetworkHint: (listener) => {
        tell = listener;
        return () => {};
      },
    });
    const device = await world.device({ env });
    await synced(device);
    world.trouble.set({ delayMs: 5 });
    const storm = () => {
      for (let i = 0; i < 100; i++) {
        tell('absent');
        tell('present');
      }
    };
    const titles = Array.from({ length: 5 }, (_, i) => ({ ...milk, title: `t${i}` }));
    const writes = device.sync.models.todo.createMany(titles);
    for (let i = 0; i < 10; i++) {
      storm();
      await pause(3);
    }
    for (const write of writes) expect((await write.settled).outcome).toBe('committed');
    await synced(device);
    expect(most).toBe(1);
    const keys = wire.writes().map(({ key }) => key);
    expect(keys).toHaveLength(5);
    expect(new Set(keys).size).toBe(5);
    // 2,000 events in ten storms: each storm is one question.
    expect(asked).toBeLessThanOrEqual(10);
  });

  test('NW20: where requests arrive and answers do not, it waits longer each time and never says synced', async () => {
    const wire = watchedWire();
    const env = wire.env({ random: () => 0.99 });
    const more = { backoff: { base: 60_000, cap: 60_000 } };
    const device = await world.device({ env, more });
    await synced(device);
    world.trouble.set({ dropAnswers: -1 });
    const said = new Set<string>();
    device.store.subscribe(() => said.add(statusOf(device).phase));
    const write = device.sync.models.todo.create(milk);
    await until('applied', () => body(write.id) !== undefined);
    await until('it waits', () => statusOf(device).reason === 'backoff');
    await pause(200);
    expect(wire.writes()).toHaveLength(1);
    expect(statusOf(device)).toMatchObject({ phase: 'waiting', pending: 1 });
    expect(said).not.toContain('synced');
    expect(world.ledger(write.id)).toHaveLength(1);
  });
});
