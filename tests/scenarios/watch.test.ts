import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { createActor, type Observer } from 'xstate';
import { recordMachine } from '../../machines/record.ts';
import { createSync, type SyncOptions } from '../../src/index.ts';
import {
  type Bend,
  busy,
  pause,
  quickEnv,
  statusOf,
  synced,
  tinyWorld,
} from '../support/tinyServer.ts';
import { type Device, testModels, until } from '../support/world.ts';

const world = tinyWorld();

/** Stately's own inspector, with an adapter that keeps what would be sent to its page. */
function stately() {
  const sent: StatelyInspectionEvent[] = [];
  const inspector = createInspector({ send: (event) => sent.push(event) });
  const of = (name: RegExp) => {
    const actor = sent.find((event) => event.type === '@xstate.actor' && name.test(event.name));
    return sent.filter(({ sessionId }) => sessionId === actor?.sessionId);
  };
  /** Events and the states they led to, in the order they arrived. */
  const story = (name: RegExp) =>
    of(name).flatMap((event) => {
      if (event.type === '@xstate.actor') return ['*'];
      if (event.type === '@xstate.event') return [event.event.type];
      return [`> ${String((event.snapshot as { value?: unknown }).value)}`];
    });
  return { sent, story, of, inspect: inspector.inspect as Observer<InspectionEvent> };
}

const create = (device: Device, id = 'a') =>
  device.sync.models.todo.create({ id, title: 'A', done: false });

/** Fails the first attempts. */
function failing(times: number): Bend {
  let left = times;
  return ({ push }) => ({
    push: (...args) =>
      left-- > 0 ? Promise.resolve({ kind: 'retryLater', failure: busy } as const) : push(...args),
  });
}

describe('N6: what XState’s inspector is shown', () => {
  test('N6: a watched record appears as an actor, with every move of its machine in order', async () => {
    const { inspect, story, of } = stately();
    const device = await world.settled({ bend: failing(1), more: { inspect } });
    device.sync.watch('todo', 'a');
    create(device);
    await synced(device);
    await pause(50);
    expect(story(/todo a/)).toEqual([
      ...['*', '*', 'journaled', '> pending', 'sealed', '> syncing', 'retryScheduled', '> backoff'],
      ...['attemptStarted', '> syncing', 'committed', '> synced'],
    ]);
    const [actor] = of(/todo a/);
    const definition = JSON.parse((actor as { definition: string }).definition);
    expect(Object.keys(definition.states).sort()).toEqual(Object.keys(recordMachine.states).sort());
    const backoff = of(/todo a/).find(
      (event) => event.type === '@xstate.snapshot' && event.event.type === 'retryScheduled',
    );
    expect(backoff).toMatchObject({
      snapshot: { status: 'active', context: { attempts: 1, failure: { message: 'busy' } } },
    });
  });

  test('the moves are legal ones: the machine itself, given the events, ends in the same states', async () => {
    const { inspect, of } = stately();
    const refused: Bend = () => ({ push: async () => ({ kind: 'rejected', failure: busy }) });
    const device = await world.settled({ bend: refused, more: { inspect } });
    device.sync.watch('todo', 'a');
    const write = create(device);
    await until('a dead letter', () => statusOf(device).failed === 1);
    device.sync.models.todo.update('a', { title: 'B' });
    const again = await device.sync.outbox.retry(write.operationId);
    await until('refused again', () => statusOf(device).failed === 1);
    await device.sync.outbox.discard(again.operationId);
    await pause(50);
    const actor = createActor(recordMachine).start();
    const steps = of(/todo a/).filter((event) => event.type === '@xstate.snapshot');
    for (const { event, snapshot } of steps) {
      actor.send(event as never);
      expect((snapshot as unknown as { value: string }).value).toBe(actor.getSnapshot().value);
    }
    expect(steps.map(({ event }) => event.type)).toEqual([
      ...['journaled', 'sealed', 'rejected', 'recorded', 'retried', 'sealed', 'rejected'],
      'discarded',
    ]);
  });

  test('the live machines appear by name: engine, connection, and a line for each origin', async () => {
    const { inspect, story } = stately();
    const device = await world.settled({ more: { inspect } });
    create(device);
    await synced(device);
    await pause(50);
    expect(story(/^engine$/)).toContain('elected');
    expect(story(/^connection$/).length).toBeGreaterThan(0);
    expect(story(/^line$/)).toContain('answered');
  });

  test('what was never watched, and what is not watched any more, is not told', async () => {
    const { inspect, story } = stately();
    const device = await world.settled({ more: { inspect } });
    const stop = device.sync.watch('todo', 'a');
    stop();
    create(device, 'a');
    create(device, 'b');
    await synced(device);
    await pause(50);
    expect(story(/todo a/)).toEqual(['*']);
    expect(story(/todo b/)).toEqual([]);
  });

  test('a clear is told as it is', async () => {
    const { inspect, story } = stately();
    const device = await world.settled({ bend: failing(1_000), more: { inspect } });
    create(device);
    await until('it waits', () => device.sync.explain('todo', 'a').state === 'backoff');
    device.sync.watch('todo', 'a');
    await device.sync.clear({ unsent: 'discard' });
    await pause(50);
    expect(story(/todo a/).at(-1)).toBe('> synced');
  });

  test('an observer of its own needs no option; with neither it is refused', async () => {
    const device = await world.settled();
    const refusal = expect.objectContaining({ code: 'badConfig' });
    expect(() => device.sync.watch('todo', 'a')).toThrow(refusal);
    const seen: string[] = [];
    device.sync.watch('todo', 'a', ({ type }) => void seen.push(type));
    create(device);
    await synced(device);
    expect(seen.filter((type) => type === '@xstate.snapshot').length).toBe(3);
  });

  test('an observer that throws harms nothing', async () => {
    const reported: unknown[] = [];
    const env = quickEnv({ report: (error) => reported.push(error) });
    const device = await world.settled({ env });
    device.sync.watch('todo', 'a', () => {
      throw new Error('mine');
    });
    expect((await create(device).settled).outcome).toBe('committed');
    expect(reported.length).toBeGreaterThan(0);
  });

  test('the option takes what `createBrowserInspector().inspect` is', () => {
    const { inspect } = createInspector({ send: () => {} });
    const options: Pick<SyncOptions<typeof testModels>, 'inspect'> = { inspect };
    expect(() =>
      createSync({ ...options, name: 'x', models: testModels, transport: () => ({}) as never }),
    ).not.toThrow();
  });
});
