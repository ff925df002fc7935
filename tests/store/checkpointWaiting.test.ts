import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePage, encodeNode } from '../../store/checkpoint.ts';
import { frontCoded, frontDecoded } from '../../store/checkpointWaiting.ts';
import { laneKey, newLane, orderKey, outboxKey } from '../../store/facts.ts';
import type { Operation } from '../../store/rows/row.ts';

const operation = (recordId: string, more: Partial<Operation> = {}): Operation => ({
  ...{ id: `id of ${recordId}`, model: 'todo', recordId, kind: 'update', changes: { title: 'x' } },
  ...{ at: 5, strategy: 'optimistic', visible: true, ...more },
});

test('whatever the texts, they come back from how they are stored (property)', () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 30 });
  fc.assert(
    fc.property(texts, (all) => {
      const sorted = [...all].sort();
      expect(frontDecoded(JSON.parse(JSON.stringify(frontCoded(sorted))))).toEqual(sorted);
    }),
  );
});

test('stored keys that are none are refused', () => {
  for (const coded of [[0], [1, 'a'], ['a', 0], [0, 'a', 2, 'b'], [0, 'a', -0.5]]) {
    expect(() => frontDecoded(coded)).toThrow('stored keys are none');
  }
  const noPlace = '{"lanes":[0,"todo\\u0000a"],"values":[{}]}';
  expect(() => decodePage('outbox', noPlace)).toThrow('no place');
});

test('a leaf of the outbox comes back whole, and says nothing twice', () => {
  const operations = [
    operation('a'),
    operation('a', { visible: false, strategy: 'waitForRemote' }),
    operation('b', { meta: null, dependsOn: ['id of a'] }),
  ];
  const keys = operations.map(({ recordId }, i) =>
    outboxKey(laneKey('todo', recordId), orderKey(i * 40)),
  );
  const text = encodeNode('outbox', { keys, values: operations }, null);
  expect(decodePage('outbox', text)).toEqual({ leaf: { keys, values: operations } });
  expect(text.match(/todo/g)).toHaveLength(1);
});

test('UP1: leaves of the outbox and of the lanes that an earlier build wrote are read', () => {
  const lane = laneKey('todo', 'a');
  const key = outboxKey(lane, orderKey(1));
  const { model: _, recordId: __, strategy: ___, visible: ____, ...stored } = operation('a');
  expect(decodePage('outbox', JSON.stringify({ keys: [key], values: [stored] }))).toEqual({
    leaf: { keys: [key], values: [operation('a')] },
  });
  expect(decodePage('lanes', JSON.stringify({ keys: [lane], values: [[1, 0]] }))).toEqual({
    leaf: { keys: [lane], values: [newLane('todo', 'a', 0)] },
  });
});
