import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { sweepSeeds } from '../../scripts/sim/pool.ts';
import { readRegressions, replay } from '../../scripts/sim/regressions.ts';
import { generate } from '../../src/testing/plan/generate.ts';
import {
  busFaults,
  deviceFaults,
  diskFaults,
  netFaults,
  type Plan,
  shelfFaults,
  tabFaults,
} from '../../src/testing/plan/plan.ts';
import { simulate } from '../../src/testing/simulate.ts';

const calm: Plan = { devices: 1, ids: 'client', onReject: 'keep', steps: [], faults: [] };

describe('the simulator', () => {
  test('what once broke a promise is repeated first, and breaks it no more', async () => {
    const regressions = await readRegressions();
    expect(regressions.length).toBeGreaterThan(0);
    for (const { name, what, seed, plan } of regressions) {
      const broken = await replay(name, seed, plan);
      expect(
        broken,
        `${what} (npm run sim -- --plan tests/simulation/regressions/${name})`,
      ).toBeNull();
    }
  });

  test('I1 I2 I5 I9 I13 I14: 2,000 random days with crashes, lost answers and bad disks break no promise', async () => {
    const { tally, finding } = await sweepSeeds({
      ...{ seed: 1, seeds: 2_000, workers: availableParallelism() },
    });
    const repeat = finding && `npm run sim -- --seeds 1 --seed ${finding.seed}`;
    expect({ finding, repeat }).toEqual({ finding: null, repeat: null });
    expect(tally.seeds).toBe(2_000);
    // A swarm whose faults do not strike would prove nothing.
    expect(tally.struck).toBeGreaterThan(tally.faults / 4);
    const struck = (kind: string) =>
      Object.entries(tally.cells).some(([cell, n]) => n > 0 && cell.endsWith(` | ${kind}`));
    const kinds = [...netFaults, ...diskFaults, ...deviceFaults, ...tabFaults, ...busFaults];
    expect([...kinds, ...shelfFaults].filter((kind) => !struck(kind))).toEqual([]);
  }, 600_000);

  test('what a sweep finds does not depend on the number of workers', async () => {
    const range = { seed: 5_000, seeds: 60 };
    const [one, three] = await Promise.all([
      sweepSeeds({ ...range, workers: 1 }),
      sweepSeeds({ ...range, workers: 3 }),
    ]);
    expect(three).toEqual(one);
    expect(one.tally.seeds).toBe(60);
  });

  test('I32: two runs of one seed are the same, step by step', async () => {
    for (const seed of [3, 77, 1_234]) {
      const [first, second] = [
        await simulate(seed, generate(seed)),
        await simulate(seed, generate(seed)),
      ];
      expect(second.trace).toBe(first.trace);
      expect(second.steps).toBe(first.steps);
    }
    const [one, other] = [await simulate(3, generate(3)), await simulate(77, generate(77))];
    expect(other.trace).not.toBe(one.trace);
  });

  test('leaving out a kind of fault shifts no other draw', () => {
    const all = { steps: 40, devices: 3, net: netFaults, disk: diskFaults, time: deviceFaults };
    const most = { ...all, net: netFaults.filter((kind) => kind !== 'html') };
    let left = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { faults, ...rest } = generate(seed, all);
      const others = faults.filter((fault) => fault.do !== 'html');
      left += faults.length - others.length;
      expect(generate(seed, most)).toEqual({ ...rest, faults: others });
    }
    expect(left).toBeGreaterThan(0);
  });

  test('refuses plans that are none', async () => {
    const fault = {
      on: 'disk',
      device: 0,
      n: 1,
      do: 'explode',
    } as unknown as Plan['faults'][number];
    await expect(simulate(1, { ...calm, faults: [fault] })).rejects.toThrow(
      'unknown fault: explode',
    );
    await expect(simulate(1, { ...calm, devices: 9 })).rejects.toThrow('1 to 4 devices');
    const step = { at: 1, device: 3, record: 0, do: 'create' } as const;
    await expect(simulate(1, { ...calm, steps: [step] })).rejects.toThrow('a step of device 3');
  });

  test('puts a crash where the plan says: after the write is durable, before anybody is told', async () => {
    const steps = [{ at: 10, device: 0, record: 0, do: 'create' as const }];
    const faults = [{ on: 'disk', device: 0, n: 3, do: 'killAfter' } as const];
    const result = await simulate(9, { ...calm, steps, faults });
    expect(result.fired).toBe(1);
    expect(result.points[0]).toContain('append recorded');
    expect(result.strikes).toEqual([{ fault: faults[0], points: ['append recorded'] }]);
  });
});
