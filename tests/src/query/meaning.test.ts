import { describe, expect, test } from 'vitest';
import { checkQuery } from '../../../src/query/checkQuery.ts';
import { matcherOf } from '../../../src/query/matcher.ts';
import { orderingOf } from '../../../src/query/ordering.ts';
import type { Json, JsonObject } from '../../../store/json.ts';

const values = {
  missing: undefined,
  null: null,
  no: false,
  yes: true,
  three: 3,
  text3: '3',
  ten: 10,
  apple: 'apple',
  Apple: 'Apple',
  empty: '',
  list: ['apple', 3, null],
  object: { eq: 3 },
} as const satisfies Record<string, Json | undefined>;
type Name = keyof typeof values;

function recordOf(name: Name): JsonObject {
  const v = values[name];
  return v === undefined ? { id: name } : { id: name, v };
}

/** Names of the values that meet a condition on the field that holds them. */
function met(condition: unknown): string[] {
  const matches = matcherOf(checkQuery({ where: { v: condition } }).where);
  return (Object.keys(values) as Name[]).filter((name) => matches(recordOf(name)));
}

describe('S5: what the operators mean', () => {
  test.each([
    [3, ['three']],
    [{ eq: '3' }, ['text3']],
    [null, ['missing', 'null']],
    [{ ne: null }, met({ isNull: false })],
    [{ isNull: true }, ['missing', 'null']],
    [{ gt: 3 }, ['ten']],
    [{ gte: 3 }, ['three', 'ten']],
    [{ lt: 10 }, ['three']],
    [{ lte: 10 }, ['three', 'ten']],
    [{ gte: '3' }, ['text3', 'apple', 'Apple']],
    [{ gt: 'Apple' }, ['apple']],
    [{ between: [3, 10] }, ['three', 'ten']],
    [{ between: [10, 3] }, []],
    [{ between: ['A', 'b'] }, ['apple', 'Apple']],
    [{ in: [true, 'apple', null] }, ['missing', 'null', 'yes', 'apple']],
    [{ in: [] }, []],
    [{ contains: 'pp' }, ['apple', 'Apple']],
    [{ contains: 'apple' }, ['apple', 'list']],
    [{ contains: 3 }, ['list']],
    [{ contains: null }, ['list']],
    [{ contains: '' }, ['text3', 'apple', 'Apple', 'empty']],
    [{ startsWith: 'A' }, ['Apple']],
    [{ endsWith: 'le' }, ['apple', 'Apple']],
    [{ gte: 3, lt: 10 }, ['three']],
    [{}, Object.keys(values)],
  ])('%j', (condition, names) => {
    expect(met(condition)).toEqual(names);
  });

  test('ne is the opposite of eq, also for what is missing or of another type', () => {
    for (const value of [3, 'apple', null, true]) {
      const both = [...met({ eq: value }), ...met({ ne: value })];
      expect(both.sort()).toEqual(Object.keys(values).sort());
    }
  });

  test('groups: all, any, none; an empty "or" is never met', () => {
    const count = (where: unknown) => {
      const matches = matcherOf(checkQuery({ where }).where);
      return (Object.keys(values) as Name[]).filter((name) => matches(recordOf(name))).length;
    };
    const all = Object.keys(values).length;
    expect(count({ and: [{ v: { gte: 3 } }, { v: { lt: 10 } }] })).toBe(1);
    expect(count({ or: [{ v: 3 }, { v: true }] })).toBe(2);
    expect(count({ or: [{ v: 3 }, { v: true }], v: 3 })).toBe(1);
    expect(count({ not: { v: 3 } })).toBe(all - 1);
    expect(count({ not: { not: { v: 3 } } })).toBe(1);
    expect(count({ and: [] })).toBe(all);
    expect(count({ or: [] })).toBe(0);
    expect(count({ not: {} })).toBe(0);
  });

  test('what an object inherits is no field', () => {
    expect(met({ isNull: true })).not.toContain('object');
    const matches = matcherOf(checkQuery({ where: { toString: { isNull: true } } }).where);
    expect(matches({ id: 'a' })).toBe(true);
  });
});

describe('S5: what the order means', () => {
  function sorted(orderBy: unknown, records: readonly JsonObject[]): unknown[] {
    const { compare, found, compareFound } = orderingOf(checkQuery({ orderBy }).orderBy);
    const all = records.map((record) => found(record.id as string, record));
    const ids = [...all].sort(compareFound).map(({ id }) => id);
    all.sort((a, b) => compare(a.record, a.id, b.record, b.id));
    expect(all.map(({ id }) => id)).toEqual(ids);
    return ids;
  }
  const mixed = (Object.keys(values) as Name[]).map(recordOf);

  test('null and missing, false, true, numbers, texts, then the rest; ties by id', () => {
    const rising = [
      ...['missing', 'null', 'no', 'yes', 'three', 'ten'],
      ...['empty', 'text3', 'Apple', 'apple', 'list', 'object'],
    ];
    expect(sorted(['v'], mixed)).toEqual(rising);
    // The other way about, but for ties.
    const falling = ['list', 'object', ...rising.slice(2, -2).reverse(), 'missing', 'null'];
    expect(sorted([['v', 'desc']], mixed)).toEqual(falling);
  });

  test('without an order it is that of the ids; with several, the first that differs decides', () => {
    const records = [
      { id: 'c', a: 1, b: 1 },
      { id: 'a', a: 1, b: 2 },
      { id: 'b', a: 0, b: 3 },
    ];
    expect(sorted(undefined, records)).toEqual(['a', 'b', 'c']);
    expect(sorted([['id', 'desc'], 'a'], records)).toEqual(['c', 'b', 'a']);
    expect(sorted(['a', ['b', 'desc']], records)).toEqual(['b', 'a', 'c']);
    expect(
      sorted(
        [
          ['a', 'desc'],
          ['id', 'desc'],
        ],
        records,
      ),
    ).toEqual(['c', 'a', 'b']);
  });
});
