import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ById } from '../../src/engine/records/byId.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd');
const act = fc.oneof(
  fc.record({ verb: fc.constant('set' as const), id, value: fc.nat() }),
  fc.record({ verb: fc.constant('delete' as const), id }),
);

test('values by id come in the order in which the ids came, as those of a Map do', () => {
  fc.assert(
    fc.property(fc.array(act), (acts) => {
      const [byId, map] = [new ById<number>(), new Map<string, number>()];
      for (const step of acts) {
        if (step.verb === 'set') for (const each of [byId, map]) each.set(step.id, step.value);
        else for (const each of [byId, map]) each.delete(step.id);
        expect(byId.size).toBe(map.size);
        expect(byId.get(step.id)).toBe(map.get(step.id));
      }
      expect([...byId.values()]).toEqual([...map.values()]);
    }),
  );
});
