import { describe, expect, test } from 'vitest';
import { generate } from '../../src/testing/generate.ts';
import type { Plan } from '../../src/testing/plan.ts';
import { simulate } from '../../src/testing/simulate.ts';

const calm: Plan = { devices: 1, ids: 'client', onReject: 'keep', steps: [], faults: [] };

describe('the simulator', () => {
  test('I1 I2 I5 I9 I13 I14: 500 random days with crashes, lost answers and bad disks break no promise', async () => {
    for (let seed = 1; seed <= 500; seed++) {
      await simulate(seed, generate(seed)).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error });
      });
    }
  }, 120_000);

  test('I32: two runs of one seed are the same, step by step', async () => {
    for (const seed of [3, 77, 1_234]) {
      const [first, second] = [
        await simulate(seed, generate(seed)),
        await simulate(seed, generate(seed)),
      ];
      expect(second.trace).toBe(first.trace);
      expect(second.steps).toBe(first.steps);
    }
  });

  test('leaving out a step shifts no other draw', () => {
    const [one, two] = [generate(5), generate(5)];
    expect(two).toEqual(one);
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
    const faults = [{ on: 'disk', device: 0, n: 4, do: 'killAfter' } as const];
    const result = await simulate(9, { ...calm, steps, faults });
    expect(result.fired).toBe(1);
    expect(result.points[0]).toContain('append recorded');
  });
});
