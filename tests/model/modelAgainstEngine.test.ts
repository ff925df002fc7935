import { afterEach, expect, test, vi } from 'vitest';
import { generate } from '../../src/testing/plan/generate.ts';
import { simulate } from '../../src/testing/simulate.ts';
import { cellsOf } from './cells.ts';
import { check } from './check.ts';
import { shipped } from './shipped.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('the real engine uses no cell of the machines that the model does not use', async () => {
  const seen = new Map<string, Set<string>>();
  for (const { name, machine } of shipped.parts) {
    const cells = new Set<string>();
    seen.set(name, cells);
    const transition = machine.transition.bind(machine);
    vi.spyOn(machine, 'transition').mockImplementation((snapshot, event, scope) => {
      for (const cell of cellsOf(machine, snapshot, event)) cells.add(cell);
      return transition(snapshot, event, scope);
    });
  }
  for (let seed = 1; seed <= 60; seed++) await simulate(seed, generate(seed));
  vi.restoreAllMocks();
  const { used } = check(shipped, {
    records: 1,
    operations: 1,
    acts: 0,
    clears: false,
    closes: true,
  });
  for (const [name, cells] of seen) {
    expect(cells.size, name).toBeGreaterThan(3);
    expect([...cells].filter((cell) => !used.get(name)?.has(cell))).toEqual([]);
  }
}, 120_000);
