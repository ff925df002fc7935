import { describe, expect, test } from 'vitest';
import { generate } from '../../src/testing/plan/generate.ts';
import type { Plan } from '../../src/testing/plan/plan.ts';
import { shrink } from '../../src/testing/plan/shrink.ts';
import { simulate } from '../../src/testing/simulate.ts';

const unlimited = { runs: 100_000, isOver: () => false };

/** Fails where device 1 edits, a batch from its third on dies with the page, others create, and pages are not too small. */
async function fails({ steps, faults, serverPage = 0 }: Plan): Promise<boolean> {
  const edits = steps.filter(({ device, do: what }) => device === 1 && what === 'update');
  const dies = faults.some((item) => item.on === 'disk' && item.do === 'killAfter' && item.n >= 3);
  return serverPage >= 4 && edits.length >= 2 && dies && steps.some((item) => item.do === 'create');
}

const noise = Array.from({ length: 40 }, (_, i) => ({
  ...{ at: 1_000 * i + 7, device: i % 3, record: i % 5 },
  do: i % 4 === 0 ? ('pull' as const) : ('update' as const),
}));
const large: Plan = {
  ...{ devices: 3, ids: 'server', onReject: 'rollback', seeded: 1_800, serverPage: 6 },
  steps: [...noise, { at: 55_555, device: 2, record: 4, do: 'create' }],
  faults: [
    { on: 'request', device: 0, n: 9, do: 'html' },
    { on: 'disk', device: 2, n: 17, do: 'killAfter' },
    { on: 'disk', device: 1, n: 5, do: 'quota' },
    { on: 'time', device: 2, at: 9_000, do: 'offline', for: 40_000 },
    { on: 'time', device: 0, at: 12_345, do: 'wipeLater' },
  ],
};

describe('a failing plan is made small', () => {
  test('devices, faults, steps and values that do not matter go; what matters stays', async () => {
    const { plan, ended } = await shrink(large, { ...unlimited, fails });
    expect(ended).toBe('smallest');
    expect(plan).toEqual({
      ...{ devices: 2, ids: 'client', onReject: 'keep', serverPage: 4 },
      steps: [
        { at: 0, device: 1, record: 0, do: 'update' },
        { at: 0, device: 1, record: 0, do: 'update' },
        { at: 0, device: 0, record: 0, do: 'create' },
      ],
      faults: [{ on: 'disk', device: 0, n: 3, do: 'killAfter' }],
    });
  });

  test('no plan is tried twice, and no more than the limit', async () => {
    const tried: string[] = [];
    const counting = async (plan: Plan) => {
      tried.push(JSON.stringify(plan));
      return fails(plan);
    };
    const limited = await shrink(large, { runs: 25, isOver: () => false, fails: counting });
    expect(limited).toMatchObject({ runs: 25, ended: 'runs' });
    expect(await fails(limited.plan)).toBe(true);
    expect(new Set(tried).size).toBe(tried.length);
    const late = await shrink(large, {
      runs: 25,
      isOver: () => tried.length >= 40,
      fails: counting,
    });
    expect(late).toMatchObject({ runs: 15, ended: 'time' });
  });

  test('a plan that can not be smaller is given back as it is', async () => {
    const { plan } = await shrink(large, { ...unlimited, fails: async () => false });
    expect(plan).toEqual(large);
  });

  test('a real day becomes the two devices and the few steps that collide', async () => {
    /** Whether an edit had to be merged with what others wrote. */
    const merges = async (plan: Plan): Promise<boolean> => {
      const { points } = await simulate(5, plan);
      return points.some((device) => device.includes('append resolved'));
    };
    let seed = 1;
    while (!(await merges(generate(seed)))) seed++;
    const { plan } = await shrink(generate(seed), {
      runs: 400,
      isOver: () => false,
      fails: merges,
    });
    expect(plan.devices).toBe(2);
    expect(plan.faults).toEqual([]);
    expect(plan.steps.length).toBeLessThanOrEqual(4);
    expect(await merges(plan)).toBe(true);
  });

  test('tabs go, with what is done in them, as far as it takes no tab away that matters', async () => {
    const plan: Plan = {
      ...{ devices: 1, tabs: 4, ids: 'client', onReject: 'keep' },
      steps: [0, 1, 2, 3].map((tab) => ({ at: 10, device: 0, record: 0, tab, do: 'create' })),
      faults: [
        { on: 'time', device: 0, tab: 3, at: 20, do: 'hangTab' },
        { on: 'time', device: 0, tab: 1, at: 20, do: 'crashTab' },
      ],
    };
    const fails = async ({ faults, steps }: Plan) =>
      faults.some((fault) => fault.do === 'hangTab') && steps.length > 0;
    const { plan: small } = await shrink(plan, { fails, runs: 500, isOver: () => false });
    expect(small.tabs).toBe(2);
    expect(small.faults.map(({ do: kind }) => kind)).toEqual(['hangTab']);
    expect(small.steps).toHaveLength(1);
  });
});
