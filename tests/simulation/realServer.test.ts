import { expect, test } from 'vitest';
import { generate } from '../../src/testing/plan/generate.ts';
import type { Plan } from '../../src/testing/plan/plan.ts';
import { type SimulationResult, simulate } from '../../src/testing/simulate.ts';
import { openRealServer } from '../support/realServer.ts';

/** How a run went; the cursors in its facts are each server's own. */
function course({ steps, trace, fired, points }: SimulationResult) {
  return { steps, trace, fired, points };
}

/** The reference server can all that a server can: days on which something is lacking are not for it. */
function isForIt({ keyless, versioning, demandsVersions, plainLists }: Plan): boolean {
  return !(keyless || versioning || demandsVersions || plainLists);
}

const seeds = Array.from({ length: 60 }, (_, i) => i + 1)
  .filter((seed) => isForIt(generate(seed)))
  .slice(0, 20);

test('I1 I2 I4 I5 I13 I14 I32: 20 random days against the reference server, on a socket and a database of its own, break no promise, and go step by step as with the simulated server', async () => {
  for (const seed of seeds) {
    // Only the simulated one loses a record without a word.
    const { epochs: _, ...plan } = generate(seed);
    const simulated = await simulate(seed, plan);
    const real = await simulate(seed, plan, { server: openRealServer }).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
    expect({ seed, ...course(real) }).toEqual({ seed, ...course(simulated) });
  }
});

test('a server that can not be asked ends the run with its own error', async () => {
  const closed = async () => {
    const server = await openRealServer({ seed: 1, serverIds: [] });
    await server.close();
    return server;
  };
  await expect(simulate(1, { ...generate(1), faults: [] }, { server: closed })).rejects.toThrow(
    'ECONNREFUSED',
  );
});
