import { expect, test } from 'vitest';
import { SyncError } from '../../../src/errors.ts';
import { checkQuery } from '../../../src/query/checkQuery.ts';

function refusal(query: unknown): string {
  try {
    checkQuery(query);
  } catch (error) {
    expect(error).toBeInstanceOf(SyncError);
    expect(error).toMatchObject({ code: 'badQuery' });
    return (error as Error).message;
  }
  throw new Error(`was not refused: ${JSON.stringify(query)}`);
}

function deep(levels: number): object {
  let where: object = { a: 1 };
  for (let i = 0; i < levels; i++) where = { not: where };
  return where;
}

const cycle: { not?: object } = {};
cycle.not = cycle;

test.each([
  [null, 'query must be a plain object'],
  [[], 'query must be a plain object'],
  [new Map(), 'query must be a plain object'],
  [{ skip: 1 }, 'skip is no part of a query'],
  [{ limit: -1 }, 'limit must be a whole number from 1'],
  [{ limit: 0 }, 'limit must be a whole number from 1'],
  [{ limit: 1.5 }, 'limit must'],
  [{ limit: '1' }, 'limit must'],
  [{ limit: Number.NaN }, 'limit must'],
  [{ offset: -1 }, 'offset must be a whole number from 0'],
  [{ where: null }, 'where must be a plain object'],
  [{ where: [] }, 'where must be a plain object'],
  [{ where: { a: { above: 1 } } }, 'where.a.above is no operator; there are eq, ne'],
  [{ where: { a: { toString: 1 } } }, 'where.a.toString is no operator'],
  [{ where: { a: { gt: true } } }, 'where.a.gt must be a text or a number'],
  [{ where: { a: { gt: null } } }, 'where.a.gt must be a text or a number'],
  [{ where: { a: Number.NaN } }, 'where.a is NaN, which no record can hold'],
  [{ where: { a: { lt: Number.POSITIVE_INFINITY } } }, 'where.a.lt is Infinity'],
  [{ where: { a: undefined } }, 'where.a is undefined: leave it out, or use null'],
  [{ where: { a: { eq: undefined } } }, 'where.a.eq is undefined'],
  [{ where: { a: 1n } }, 'where.a must be a text'],
  [{ where: { a: new Date(0) } }, 'where.a must be a plain value or operators'],
  [{ where: { a: [1] } }, 'where.a must be a plain value or operators'],
  [{ where: { a: { eq: {} } } }, 'where.a.eq must be a text, a number'],
  [{ where: { a: { in: 1 } } }, 'where.a.in must be a list'],
  [{ where: { a: { in: [1, {}] } } }, 'where.a.in[1] must be'],
  [{ where: { a: { between: [1] } } }, 'where.a.between must be two'],
  [{ where: { a: { between: [1, 'a'] } } }, 'where.a.between must be two'],
  [{ where: { a: { startsWith: 1 } } }, 'where.a.startsWith must be a text'],
  [{ where: { a: { isNull: 1 } } }, 'where.a.isNull must be true or false'],
  [{ where: { or: { a: 1 } } }, 'where.or must be a list'],
  [{ where: { or: [{ a: 1 }, { and: [{ a: { x: 1 } }] }] } }, 'where.or[1].and[0].a.x is no'],
  [{ where: { not: [] } }, 'where.not must be a plain object'],
  [{ where: JSON.parse('{ "__proto__": 1 }') }, 'where.__proto__ is a name'],
  [{ where: { constructor: 1 } }, 'where.constructor is a name'],
  [{ where: deep(17) }, 'is deeper than 16 groups'],
  [{ where: cycle }, 'is deeper than 16 groups, or a cycle'],
  [{ where: { a: { in: Array(10_001).fill(1) } } }, 'is more than 10000'],
  [{ where: { a: { contains: 'x'.repeat(100_001) } } }, 'where.a.contains is more than 100000'],
  [{ orderBy: 'a' }, 'orderBy must be a list'],
  [{ orderBy: [1] }, 'orderBy[0] must be a field'],
  [{ orderBy: ['a', ['b', 'down']] }, "orderBy[1] must go 'asc' or 'desc'"],
  [{ orderBy: [['a', 'asc', 1]] }, 'orderBy[0] must be a field'],
  [{ orderBy: Array(17).fill('a') }, 'orderBy must not name more than 16'],
])(
  'S5: a query that can’t be meant is refused with the path of what is wrong (%#)',
  (query, said) => {
    expect(refusal(query)).toContain(said);
  },
);

test('S5: what means the same is the same to what is kept for it', () => {
  const text = (query: unknown) => checkQuery(query).text;
  expect(text({ where: { b: 1, a: { lt: 2, gt: -0 } } })).toBe(
    text({ where: { a: { gt: 0, lt: 2 }, b: { eq: 1 } }, orderBy: ['id'], limit: 3 }),
  );
  expect(text({ where: { a: 1 } })).not.toBe(text({ where: { a: '1' } }));
  expect(text({ where: { a: null } })).not.toBe(text({}));
  expect(text({ where: { or: [] } })).not.toBe(text({ where: { and: [] } }));
  expect(text({ orderBy: ['a', 'id', 'b'] })).toBe(
    text({
      orderBy: [
        ['a', 'asc'],
        ['a', 'desc'],
      ],
    }),
  );
  expect(checkQuery({ where: deep(16) }).offset).toBe(0);
});

test('S5: a checked query is a copy: what its maker changes later changes nothing', () => {
  const list = [1, 2];
  const checked = checkQuery({ where: { a: { in: list } } });
  list.push(3);
  expect(checked.where.conditions[0]?.operand).toEqual([1, 2]);
});
