import { describe, expect, test } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { backoffDelay, defaultBackoff } from '../../machines/backoff.ts';
import { connectionMachine, distrustDelay } from '../../machines/connection.ts';
import { engineMachine } from '../../machines/engine.ts';

describe('S7 P10: backoff with full jitter', () => {
  test('the bound starts at 1 s, doubles, and ends at 5 minutes', () => {
    const bounds = [0, 1, 2, 3, 20].map((n) => backoffDelay(defaultBackoff, n, 0.9999999));
    expect(bounds).toEqual([999, 1999, 3999, 7999, 299_999]);
  });

  test('waits are drawn from the whole range, so that clients spread', () => {
    expect(backoffDelay(defaultBackoff, 3, 0)).toBe(0);
    expect(backoffDelay(defaultBackoff, 3, 0.5)).toBe(4_000);
  });

  test('stays a number after any number of attempts', () => {
    expect(backoffDelay(defaultBackoff, 100_000, 0.5)).toBe(150_000);
  });
});

function connection(hinted: 'present' | 'absent' = 'present') {
  const clock = new SimulatedClock();
  const actor = createActor(connectionMachine, { input: { hinted }, clock }).start();
  return { actor, clock, state: () => actor.getSnapshot().value };
}

describe('the connection', () => {
  test('starts online unless the platform says that there is no network', () => {
    expect(connection('present').state()).toBe('online');
    expect(connection('absent').state()).toBe('offline');
  });

  test('a request without an answer is followed by one probe, which decides', () => {
    const { actor, state } = connection();
    actor.send({ type: 'requestFailed' });
    expect(state()).toBe('probing');
    actor.send({ type: 'probeSucceeded' });
    expect(state()).toBe('online');
    expect(actor.getSnapshot().context.failures).toBe(0);
  });

  test('waits together for the next probe when the server can not be reached', () => {
    const { actor, clock, state } = connection();
    actor.send({ type: 'requestFailed' });
    actor.send({ type: 'probeFailed', retryIn: 4_000 });
    expect(state()).toBe('waiting');
    expect(actor.getSnapshot().context.failures).toBe(1);
    clock.increment(3_999);
    expect(state()).toBe('waiting');
    clock.increment(1);
    expect(state()).toBe('probing');
  });

  test("NW18: the platform's word is a hint, in both directions", () => {
    const { actor, clock, state } = connection();
    actor.send({ type: 'networkWent' });
    expect(state()).toBe('probing');
    actor.send({ type: 'probeFailed', retryIn: 1_000 });
    expect(state()).toBe('offline');
    clock.increment(distrustDelay);
    expect(state()).toBe('probing');
    actor.send({ type: 'networkCame' });
    actor.send({ type: 'probeFailed', retryIn: 1_000 });
    expect(state()).toBe('waiting');
    actor.send({ type: 'networkWent' });
    expect(state()).toBe('offline');
    actor.send({ type: 'networkCame' });
    expect(state()).toBe('probing');
  });

  test('a hint that comes while it waits ends the wait', () => {
    const { actor, state } = connection();
    actor.send({ type: 'requestFailed' });
    actor.send({ type: 'probeFailed', retryIn: 60_000 });
    actor.send({ type: 'networkCame' });
    expect(state()).toBe('probing');
    actor.send({ type: 'networkWent' });
    expect(actor.getSnapshot().context.hinted).toBe('absent');
    actor.send({ type: 'probeSucceeded' });
    actor.send({ type: 'networkCame' });
    expect(actor.getSnapshot().context.hinted).toBe('present');
  });
});

function engine() {
  const actor = createActor(engineMachine).start();
  return {
    actor,
    role: () => actor.getSnapshot().value.role,
    run: () => actor.getSnapshot().value.run,
    moment: () => actor.getSnapshot().value.moment,
  };
}

describe('the engine', () => {
  test('hydrates, is elected and leads', () => {
    const { actor, role } = engine();
    expect(role()).toBe('stopped');
    actor.send({ type: 'started' });
    expect(role()).toBe('hydrating');
    actor.send({ type: 'hydrated' });
    actor.send({ type: 'elected' });
    expect(role()).toBe('leading');
    actor.send({ type: 'fenced' });
    expect(role()).toBe('following');
  });

  test('ST5: a storage that fails blocks it; it never goes on with made-up facts', () => {
    const { actor, role } = engine();
    actor.send({ type: 'started' });
    actor.send({ type: 'storageFailed' });
    expect(role()).toBe('blocked');
    actor.send({ type: 'hydrated' });
    expect(role()).toBe('blocked');
    actor.send({ type: 'storageRecovered' });
    expect(role()).toBe('hydrating');
  });

  test('P21: a second tab follows, also one whose lock was stolen, until it is elected', () => {
    const { actor, role } = engine();
    for (const type of ['started', 'hydrated', 'followed'] as const) actor.send({ type });
    expect(role()).toBe('following');
    actor.send({ type: 'elected' });
    expect(role()).toBe('leading');
    actor.send({ type: 'stolen' });
    expect(role()).toBe('following');
  });

  test('MT3 MT4: a page that is frozen leads nothing, and stands anew when it is back', () => {
    for (const before of [['elected'], ['followed'], []] as const) {
      const { actor, role } = engine();
      for (const type of ['started', 'hydrated', ...before, 'frozen'] as const)
        actor.send({ type });
      expect(role()).toBe('frozen');
      actor.send({ type: 'elected' });
      expect(role()).toBe('frozen');
      actor.send({ type: 'thawed' });
      expect(role()).toBe('electing');
    }
  });

  test('MT8: a tab whose database a newer build has taken reads only, whatever it was', () => {
    const { actor, role } = engine();
    for (const type of ['started', 'hydrated', 'elected', 'outdated'] as const)
      actor.send({ type });
    expect(role()).toBe('readOnly');
    actor.send({ type: 'elected' });
    expect(role()).toBe('readOnly');
  });

  test('P13: a pause that is told of another tab holds the run, and changes no moment', () => {
    const { actor, run, moment } = engine();
    actor.send({ type: 'jumped' });
    actor.send({ type: 'pauseTold' });
    actor.send({ type: 'resumeTold' });
    expect([run(), moment()]).toEqual(['running', 'past']);
  });

  test('P13: pausing and time travel hold the run, whatever the role', () => {
    const { actor, role, run, moment } = engine();
    for (const type of ['started', 'hydrated', 'elected', 'pauseRequested'] as const)
      actor.send({ type });
    expect([role(), run()]).toEqual(['leading', 'paused']);
    actor.send({ type: 'resumeRequested' });
    actor.send({ type: 'jumped' });
    expect([run(), moment()]).toEqual(['running', 'past']);
    actor.send({ type: 'returned' });
    expect([run(), moment()]).toEqual(['running', 'present']);
  });

  test('P13: a pause outlives DevTools that come back, also one asked for meanwhile', () => {
    for (const order of [
      ['pauseRequested', 'jumped'],
      ['jumped', 'pauseRequested'],
    ] as const) {
      const { actor, run, moment } = engine();
      for (const type of order) actor.send({ type });
      actor.send({ type: 'returned' });
      expect([run(), moment()]).toEqual(['paused', 'present']);
    }
  });

  test('stopping is possible in every role', () => {
    for (const events of [[], ['hydrated'], ['storageFailed'], ['hydrated', 'elected']] as const) {
      const { actor, role } = engine();
      actor.send({ type: 'started' });
      for (const type of events) actor.send({ type });
      actor.send({ type: 'stopped' });
      expect(role()).toBe('stopped');
    }
  });
});
