import { afterAll, describe, expect, test } from 'vitest';
import { missedCells } from '../../src/testing/crashPoints.ts';
import { explore } from '../../src/testing/explore.ts';
import type { Scenario, ScenarioGroup } from '../../src/testing/scenarios/row.ts';
import { scenarios } from '../../src/testing/scenarios.ts';

const seed = 1;
/** Of the pairs of crashes one in this many; `npm run crash-points` runs them all. */
const pairsOneIn = 24;
const cells = new Map<string, number>();
const explored = new Set<Scenario>();

/** Puts a crash at every step of the scenarios of these groups. */
async function exploreAll(...groups: ScenarioGroup[]): Promise<void> {
  for (const scenario of scenarios.filter(({ group }) => groups.includes(group))) {
    explored.add(scenario);
    const { cells: hit } = await explore(scenario, { seed, pairsOneIn });
    for (const [cell, count] of hit) cells.set(cell, (cells.get(cell) ?? 0) + count);
  }
}

describe('a crash at every durable step and every moment of a request', () => {
  test('of writes', () => exploreAll('write', 'coalesce', 'inFlight'), 120_000);
  test('of refusals and cancellations', () => exploreAll('deadLetter', 'cancel'), 120_000);
  test('of a bad network', () => exploreAll('network'), 120_000);
  test('of pulls', () => exploreAll('pull', 'bootstrap'), 120_000);
  test('of conflicts', () => exploreAll('conflict'), 120_000);
  test('of checkpoints and clears', () => exploreAll('checkpoint', 'clear'), 120_000);
  test('of disks in trouble', () => exploreAll('disk', 'damage'), 120_000);

  afterAll(() => {
    if (explored.size === scenarios.length) expect(missedCells(cells)).toEqual([]);
  });
});
