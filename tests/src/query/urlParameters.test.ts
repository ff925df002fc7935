import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkQuery } from '../../../src/query/checkQuery.ts';
import { fromUrlParameters } from '../../../src/query/fromUrlParameters.ts';
import { toUrlParameters } from '../../../src/query/toUrlParameters.ts';
import { anyQuery } from '../../support/queries.ts';

test('S5: each condition is a parameter of its own, its value JSON, the order told to its end', () => {
  const query = {
    where: {
      done: false,
      priority: { gte: 3, lt: 5 },
      title: 'Milk & "more"',
      or: [{ list: { in: ['a', null] } }, { not: { 'a[b],c:d%': { isNull: true } } }],
      and: [{}, { or: [] }],
    },
    orderBy: [['priority', 'desc'], 'createdAt', ['a[b],c:d%', 'desc']],
    limit: 20,
    offset: 40,
  } as const;
  expect(toUrlParameters<Record<string, unknown>>(query)).toEqual({
    'where[done][eq]': 'false',
    'where[priority][gte]': '3',
    'where[priority][lt]': '5',
    'where[title][eq]': '"Milk & \\"more\\""',
    'where[or][0][list][in]': '["a",null]',
    'where[or][1][not][a%5Bb%5D%2Cc%3Ad%25][isNull]': 'true',
    'where[and][0]': '{}',
    'where[and][1][or]': '[]',
    orderBy: 'priority:desc,createdAt,a%5Bb%5D%2Cc%3Ad%25:desc,id',
    limit: '20',
    offset: '40',
  });
  expect(toUrlParameters({})).toEqual({ orderBy: 'id' });
});

test('S5: a query and its parameters mean the same: what is read back is the query (property)', () => {
  fc.assert(
    fc.property(anyQuery, (query) => {
      const parameters = new URLSearchParams(toUrlParameters(query));
      const back = fromUrlParameters(new URLSearchParams(parameters.toString()));
      expect(checkQuery(back)).toEqual(checkQuery(query));
      expect(fromUrlParameters(toUrlParameters(query))).toEqual(back);
    }),
    { numRuns: 500 },
  );
});

test('S5: a text that is no well-formed Unicode survives in its parameter', () => {
  const query = { where: { a: '\uD800' } };
  expect(fromUrlParameters(new URLSearchParams(toUrlParameters(query)))).toEqual({
    where: { a: { eq: '\uD800' } },
  });
});

test.each([
  ['where[a][eq]=Milk', 'where[a][eq] must be JSON; a text stands in quotes'],
  ['where[a][eq]=1&where[a][eq]=2', 'where[a][eq] stands there twice'],
  ['where[a]=1&where[a][gt]=2', 'where[a][gt] stands there twice'],
  ['where[a][gt]=2&where[a]=1', 'where[a] stands there twice'],
  ['where[a=1', 'where[a has brackets that do not match'],
  ['where[a]]=1', 'has brackets that do not match'],
  ['where[a]b=1', 'has brackets that do not match'],
  ['where[%2541%25][eq]=1', 'holds a percent sign'],
  ['where[__proto__][eq]=1', 'where.__proto__ is a name that no field can have'],
  ['where={"__proto__":1}', 'where.__proto__ is a name that no field can have'],
  ['where[a][above]=1', 'where.a.above is no operator'],
  ['where[a][in][0]=1', 'where.a.in must be a list'],
  ['where[or][1][a]=1', 'or must be numbered from 0'],
  ['where[or]=1', 'where.or must be a list'],
  [`where${'[not]'.repeat(65)}[a]=1`, 'has more groups'],
  [`where${'[not]'.repeat(20)}[a]=1`, 'is deeper than 16 groups'],
  ['where=3', 'where must be a plain object'],
  ['limit=0', 'limit must be a whole number from 1'],
  ['limit=-1', 'limit must be a whole number'],
  ['limit=1&limit=2', 'limit stands there twice'],
  ['offset=x', 'offset must be a whole number'],
  ['orderBy=a:down', "orderBy[0] must go 'asc' or 'desc'"],
  ['orderBy=a:asc:b', 'orderBy[0] must be a field'],
])(
  'S5: parameters that can’t be meant are refused with the name of what is wrong: %s',
  (text, said) => {
    expect(() => fromUrlParameters(new URLSearchParams(text))).toThrow(said);
  },
);

test('S5: short forms are read, and other parameters of the page are passed over', () => {
  const text = 'where={"done":true}&tab=2&limit=3&orderBy=a';
  expect(fromUrlParameters(new URLSearchParams(text))).toEqual({
    where: { done: { eq: true } },
    orderBy: [['a', 'asc']],
    limit: 3,
  });
  expect(fromUrlParameters({ 'where[done]': 'true', tab: '2' })).toEqual({
    where: { done: { eq: true } },
  });
});
