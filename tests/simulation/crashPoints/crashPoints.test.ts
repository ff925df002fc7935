import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { inThreads } from '../../../scripts/support/threads.ts';
import { missedCells } from '../../../src/testing/crashPoints/crashPoints.ts';
import { CrashBroken, crashRun, explore } from '../../../src/testing/crashPoints/explore.ts';
import type { Scenario } from '../../../src/testing/crashPoints/scenarios/row.ts';
import { scenarios } from '../../../src/testing/crashPoints/scenarios.ts';
import { simulate } from '../../../src/testing/simulate.ts';
import type { BrokenRun, Explored, Job } from './worker.ts';

const seed = 1;
/** Of the pairs of crashes one in this many; `npm run crash-points` runs them all. */
const pairsOneIn = 64;

/** The faults of the catalogue, and what must come of each at every scenario's every such step. */
const promises = {
  CR1: 'a crash before a write is durable leaves nothing of it in the database, and nobody was told that it is saved',
  CR2: 'a write that became durable just before the crash is there once and takes effect once',
  CR3: 'a write that became durable just before the crash is shown by the next page',
  CR4: 'nobody is told that a write is saved before it is durable',
  CR5: 'a request that was sealed and not sent is sent by the next page, under its key',
  CR6: 'a request whose answer never came is sent again under its key and takes effect once',
  CR7: 'an answer that was not written down is asked for again, and ends the operation once',
  CR8: 'an ending that was written down and not told is told by the next page',
  CR9: 'the new base and the end of its operations are one step',
  CR10: 'a page of records is there as a whole or not at all, and comes again',
  CR11: 'the cursor moves with the records, never before them',
  CR12: 'a resolution has its merged base and its new operation, or neither',
  CR13: 'operations that go in one request are all in it or all outside of it',
  CR14: 'a refused operation is in one place: under way, dead letter, or replaced',
  CR15: 'a checkpoint cut short leaves every fact as it was, and its orphans are swept',
  CR18: 'a clear cut short shows nothing of what was there, and its bytes go',
  CR19: 'a first pull cut short goes on, and what was written meanwhile survives',
  CR20: 'a crash while the page recovers from a crash harms nothing, and recovery changes nothing',
  CR22: 'a power cut loses what was not strictly durable, as if it had never been written',
} as const;

describe('a crash at every durable step and every moment of a request', () => {
  const cells = new Map<string, number>();
  const runs = new Map<string, number>();
  const broken: BrokenRun[] = [];

  beforeAll(async () => {
    const explored = await inThreads<Job, Explored>(
      scenarios.map((_, at) => ({ at, seed, pairsOneIn })),
      {
        file: new URL('./worker.ts', import.meta.url),
        width: availableParallelism(),
        nameOf: ({ at }) => `the scenario "${scenarios[at]?.name}"`,
      },
    );
    for (const one of explored) {
      for (const [cell, count] of one.cells) cells.set(cell, (cells.get(cell) ?? 0) + count);
      for (const [id, count] of one.runs) runs.set(id, (runs.get(id) ?? 0) + count);
      broken.push(...one.broken);
    }
  }, 600_000);

  const brokenBy = (id?: string) =>
    broken.flatMap(({ message, faults }) =>
      !id || !faults || faults.includes(id) ? [message] : [],
    );

  test('every promise holds in every scenario, whatever the crash', () => {
    expect(brokenBy()).toEqual([]);
    expect(scenarios.length).toBeGreaterThanOrEqual(60);
  });

  for (const [id, promise] of Object.entries(promises)) {
    test(`${id}: ${promise}`, () => {
      expect(brokenBy(id)).toEqual([]);
      expect(runs.get(id)).toBeGreaterThan(0);
    });
  }

  test('no kind of durable step is left out', () => {
    expect(missedCells(cells)).toEqual([]);
  });
});

describe('a scenario that is none', () => {
  const [first] = scenarios;
  const bad = { ...(first as Scenario), name: 'a bad one' };
  const options = { seed, pairsOneIn: 0 };

  test('is an error if the step that it is about never happens', async () => {
    await expect(explore({ ...bad, steps: ['append purged'] }, options)).rejects.toThrow(
      'a bad one: the step "append purged" never happens',
    );
  });

  test('is an error if its own fault has no place', async () => {
    const lost = { step: 'append parked', do: 'quota' } as const;
    await expect(explore({ ...bad, faults: [lost] }, options)).rejects.toThrow(
      'a bad one: the step "append parked" never happens',
    );
    const unsent = { request: 'DELETE', do: 'dropAnswer' } as const;
    await expect(explore({ ...bad, faults: [unsent] }, options)).rejects.toThrow(
      'a bad one: the request DELETE never happens',
    );
  });

  test('is an error if its crash never strikes, or strikes another step', async () => {
    const crashAt = (n: number, name: string) => {
      const fault = { on: 'disk', device: 0, n, do: 'killBefore' } as const;
      const plan = { ...bad.plan, faults: [fault] };
      const crashes = [{ ...fault, name, kind: 'killBefore' as const, key: null, fault }];
      return crashRun({ scenario: bad, seed, plan, crashes });
    };
    await expect(crashAt(999, 'append sealed')).rejects.toThrow('at append sealed never struck');
    await expect(crashAt(2, 'append sealed')).rejects.toThrow('at append sealed never struck');
  });

  test('a broken promise says where, and its plan repeats it', async () => {
    const found = await explore(bad, {
      ...options,
      onRun: ({ crashes }) => {
        if (crashes[0]?.name === 'append sealed') throw new Error('seen');
      },
    }).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(CrashBroken);
    const { run, message } = found as CrashBroken;
    expect(message).toBe('a bad one: killBefore of device 0 at step 6, append sealed: seen');
    const again = await simulate(run.seed, JSON.parse(JSON.stringify(run.plan)));
    expect(again.fired).toBe(run.plan.faults.length);
  });
});
