import { expect, test } from 'vitest';
import { idOf, makeScaleWorld } from './scaleWorld.ts';

const count = 3_000;

type Verb = (this: unknown, key: unknown, value?: unknown) => unknown;

/** The texts that any Map or Set is asked for while `work` goes on. */
async function askedFor(work: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const watched = [
    { of: Map.prototype, verbs: ['get', 'has', 'set'] },
    { of: Set.prototype, verbs: ['has', 'add'] },
  ].map(({ of, verbs }) => ({ of: of as unknown as Record<string, Verb>, verbs }));
  const real = watched.map(({ of, verbs }) => verbs.map((verb) => [verb, of[verb]] as const));
  for (const { of, verbs } of watched) {
    for (const verb of verbs) {
      const before = of[verb] as Verb;
      of[verb] = function (key, ...value) {
        if (typeof key === 'string') asked.push(key);
        return before.call(this, key, ...value);
      };
    }
  }
  try {
    await work();
  } finally {
    watched.forEach(({ of }, i) => {
      Object.assign(of, Object.fromEntries(real[i] ?? []));
    });
  }
  return asked;
}

test('N14: neither a pull of all records nor a start makes of each id a name that collections of garbage go through', async () => {
  const asked = await askedFor(async () => {
    const first = await makeScaleWorld({ records: count });
    await first.sync.stop();
    const again = await makeScaleWorld({ records: count, again: first });
    expect(again.sync.models.item.selectTotal(again.root())).toBe(count);
    await again.sync.stop();
  });
  const ids = Array.from({ length: count }, (_, n) => idOf(n));
  expect(ids.filter((id) => asked.some((name) => name.includes(id)))).toEqual([]);
  // Something else was asked for: the look is none that sees nothing.
  expect(asked.length).toBeGreaterThan(10);
});
