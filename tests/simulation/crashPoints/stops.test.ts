import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { inThreads } from '../../../scripts/support/threads.ts';
import { tabScenarios } from '../../../src/testing/crashPoints/scenarios/tabs.ts';
import {
  exploreStops,
  StopBroken,
  type StopsExplored,
  stopKinds,
} from '../../../src/testing/crashPoints/stops.ts';
import type { Job } from './stopsWorker.ts';

/** Of the stops one in this many; `npm run crash-points` runs them all. */
const oneIn = 8;

describe('one of two tabs is stopped at any moment', () => {
  const cells = new Set<string>();
  const broken: string[] = [];
  let runs = 0;

  beforeAll(async () => {
    const explored = await inThreads<Job, StopsExplored | string>(
      tabScenarios.map((_, at) => ({ at, seed: 1, oneIn })),
      {
        file: new URL('./stopsWorker.ts', import.meta.url),
        width: availableParallelism(),
        nameOf: ({ at }) => `the scenario "${tabScenarios[at]?.name}"`,
      },
    );
    for (const one of explored) {
      if (typeof one === 'string') broken.push(one);
      else for (const cell of one.cells.keys()) cells.add(cell);
      runs += typeof one === 'string' ? 0 : one.runs;
    }
  }, 600_000);

  test('MT1 MT3 MT11 I20: it hangs, is frozen or dies, and every promise holds, also when it goes on with what it knew', () => {
    expect(broken).toEqual([]);
    expect(runs).toBeGreaterThan(100);
  });

  test('no kind of stop is left out, at a durable step, a read or a request', () => {
    for (const kind of stopKinds) {
      for (const name of ['append recorded', 'append sealed', 'disk read', 'request']) {
        expect(cells).toContain(`${name}/${kind}`);
      }
    }
  });

  test('a day that breaks a promise of itself is an error that says so', async () => {
    const [first] = tabScenarios;
    const bad = { ...(first as (typeof tabScenarios)[number]), name: 'a bad one' };
    const unknown = { ...bad, faults: [{ step: 'append parked', do: 'quota' } as const] };
    await expect(exploreStops(unknown, { seed: 1, oneIn: 1 })).rejects.toThrow(
      'a bad one: the step "append parked" never happens',
    );
    const missing = { ...bad, plan: (seed: number) => ({ ...bad.plan(seed), devices: 9 }) };
    await expect(exploreStops(missing, { seed: 1, oneIn: 1 })).rejects.toBeInstanceOf(StopBroken);
  });
});
