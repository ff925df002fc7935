import { beforeAll, describe, expect, test } from 'vitest';
import { fromTransition } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { documents, findAll, stale } from './documents.ts';
import { checkEverything, type Everything, troublesOf } from './everything.ts';
import { explore, Steps } from './explore.ts';
import { properties } from './properties.ts';
import { shipped } from './shipped.ts';
import { type Bounds, Space } from './space.ts';

let everything: Everything;
let mistakes: ReturnType<typeof findAll>;

beforeAll(() => {
  everything = checkEverything();
  mistakes = findAll();
  // Millions of steps: seconds on a machine at rest, more on a busy one.
}, 600_000);

describe('everything that the machines can come to, together', () => {
  test('N3 I1 I14 I18 I19: all promises hold in every state within the bounds', () => {
    expect(troublesOf(everything)).toEqual([]);
  });

  test('each promise was asked, and of more than a few states', () => {
    for (const { counts } of everything.explorations)
      for (const id of Object.keys(properties))
        expect(counts[id as keyof typeof counts], id).toBeGreaterThan(100);
  });

  test('docs/model-check.md and its pictures show these figures and these machines', async () => {
    expect(await stale(await documents(everything, mistakes))).toEqual([]);
  });
});

describe('mistakes made on purpose', () => {
  test('each is found, as what it is, with the way to it', () => {
    for (const { wrong, found } of mistakes) {
      expect(found?.property, wrong.mistake).toBe(wrong.property);
      // What is never met has no way to it.
      if (wrong.property !== 'reached')
        expect(found?.path.length, wrong.mistake).toBeGreaterThan(1);
    }
  });

  test('there is one for each promise, so that each is known to be able to break', () => {
    const broken = new Set(mistakes.map(({ wrong }) => wrong.property));
    const promised = [...Object.keys(properties), 'reached', 'exit', 'noTrap', 'person'];
    expect(promised.filter((id) => !broken.has(id as never))).toEqual([]);
  });

  test('a way is told in words, and ends where it goes wrong', () => {
    const one = mistakes.find(({ wrong }) => wrong.mistake.startsWith('a second request while'));
    expect(one?.found?.path.slice(-4)).toEqual([
      'it takes the lead  [leading and running and present, online; A pending 1]',
      'record A: the kit seals 1 of 1  [leading and running and present, online; A syncing 1]',
      'record A: the kit sends  [leading and running and present, online; A syncing 1, 1 under way]',
      'record A: the kit sends  [leading and running and present, online; A syncing 1, 2 under way]',
    ]);
  });
});

test('the exploration finds what XState’s own finds, by ways as short', () => {
  // Without the engine, so that XState's own, which is made for one machine, has an end.
  const parts = shipped.parts.filter(({ name }) => name === 'connection');
  const bounds: Bounds = { records: 2, operations: 1, acts: 0, clears: true, closes: false };
  const space = new Space({ ...shipped, parts }, bounds);
  const reached = explore(space, { onState: () => false, onStep: () => false });
  const all = new Steps(space, reached.packing);
  const steps = (packed: number) => {
    const found: number[] = [];
    all.from(packed, ({ to }) => found.push(to));
    return found;
  };
  const product = fromTransition(
    (_: number, event: { type: 'step'; to: number }) => event.to,
    reached.states.at(0),
  );
  const paths = getShortestPaths(product, {
    events: ({ context }) => steps(context).map((to) => ({ type: 'step', to })),
    serializeState: ({ context }) => String(context),
  });
  expect(paths.length).toBe(reached.states.length);
  const distances = new Map(paths.map(({ state, weight }) => [state.context, weight]));
  const depths = new Map<number, number>();
  for (let place = 0; place < reached.states.length; place++) {
    const parent = reached.parents.at(place);
    depths.set(place, parent < 0 ? 0 : (depths.get(parent) ?? 0) + 1);
    expect(distances.get(reached.states.at(place))).toBe(depths.get(place));
  }
});
