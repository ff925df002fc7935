import { expect, test } from 'vitest';
import type { Plan } from '../../src/testing/plan/plan.ts';
import { simulate } from '../../src/testing/simulate.ts';

/** A short day: made offline and online, pulled, compacted, changed again. */
const day: Plan = {
  ...{ devices: 1, ids: 'client', onReject: 'keep', faults: [] },
  steps: [
    { at: 10, device: 0, record: 0, do: 'create' },
    { at: 20, device: 0, record: 0, do: 'update' },
    { at: 400, device: 0, record: 1, do: 'create' },
    { at: 900, device: 0, record: 0, do: 'checkpoint' },
    { at: 1_000, device: 0, record: 0, do: 'update' },
    { at: 1_400, device: 0, record: 1, do: 'remove' },
    { at: 1_800, device: 0, record: 0, do: 'pull' },
  ],
};

test.each(['powerLossBefore', 'powerLossAfter'] as const)(
  'CR22: %s at any durable step of a day takes nothing that was called saved, and leaves no cursor ahead of its records',
  async (kind) => {
    const struck: string[] = [];
    // The simulator checks every promise (I1, I5, I9, I12, I13 …) and throws where one is broken.
    for (let n = 1; ; n++) {
      const faults = [{ on: 'disk', device: 0, n, do: kind } as const];
      const { fired, points } = await simulate(7, { ...day, faults });
      if (fired === 0) break;
      struck.push(points[0]?.[n - 1] ?? '');
    }
    for (const step of ['recorded', 'sealed', 'answered', 'pulled', 'checkpoint end']) {
      expect(struck.join('\n')).toContain(step);
    }
  },
);
