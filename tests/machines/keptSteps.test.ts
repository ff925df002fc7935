import { expect, test } from 'vitest';
import { createActor } from 'xstate';
import { type EngineEvent, engineMachine } from '../../machines/engine.ts';
import { withKeptSteps } from '../../machines/keptSteps.ts';

const events: readonly EngineEvent['type'][] = [
  ...(['started', 'hydrated', 'storageFailed', 'storageRecovered', 'outdated', 'elected'] as const),
  ...(['followed', 'fenced', 'stolen', 'frozen', 'thawed', 'stopped', 'jumped'] as const),
  ...(['pauseRequested', 'resumeRequested', 'pauseTold', 'resumeTold', 'returned'] as const),
];

/** Numbers that look drawn, the same in every run. */
function* drawn(below: number): Generator<number> {
  for (let state = 1; ; state = (state * 48_271) % 2_147_483_647) yield state % below;
}

test('the engine machine leads to the same states, and tells the same, whether its steps are kept or not', () => {
  const kept = withKeptSteps(engineMachine);
  const draws = drawn(events.length);
  const states = new Set<string>();
  for (let life = 0; life < 50; life++) {
    const told: [unknown[], unknown[]] = [[], []];
    const actors = [createActor(engineMachine), createActor(kept)] as const;
    actors.forEach((actor, i) => {
      actor.subscribe(({ value, status, tags }) =>
        told[i]?.push({ value, status, tags: [...tags].sort() }),
      );
      actor.start();
    });
    for (let n = 0; n < 60; n++) {
      const type = events[draws.next().value] ?? 'started';
      for (const actor of actors) actor.send({ type });
      states.add(JSON.stringify(actors[1].getSnapshot().value));
    }
    for (const actor of actors) actor.stop();
    expect(told[1]).toEqual(told[0]);
    expect(actors[1].getSnapshot().status).toBe('stopped');
  }
  expect(states.size).toBeGreaterThan(20);
});

test('as many snapshots are kept as there are states, however long a page lives', () => {
  const actor = createActor(withKeptSteps(engineMachine)).start();
  const seen = new Set<unknown>();
  for (let n = 0; n < 100; n++) {
    actor.send({ type: n % 2 === 0 ? 'pauseRequested' : 'resumeRequested' });
    seen.add(actor.getSnapshot());
  }
  expect(seen.size).toBe(2);
});
