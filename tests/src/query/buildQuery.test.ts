import { expect, test } from 'vitest';
import { buildQuery } from '../../../src/query/buildQuery.ts';

interface Todo {
  readonly id: string;
  readonly title: string;
  readonly done: boolean;
  readonly priority: number;
}

test('S5: a query built step by step is plain data; every step can be gone on from', () => {
  const open = buildQuery<Todo>().where({ done: false });
  const urgent = open
    .where('priority', 'gte', 3)
    .whereAny({ title: { startsWith: 'a' } }, { title: { in: ['b'] } })
    .whereNot({ id: 'x' })
    .orderBy('priority', 'desc')
    .orderBy('title')
    .limit(20)
    .offset(40);
  expect(urgent.build()).toEqual({
    where: {
      and: [
        { done: { eq: false } },
        { priority: { gte: 3 } },
        { or: [{ title: { startsWith: 'a' } }, { title: { in: ['b'] } }] },
        { not: { id: { eq: 'x' } } },
      ],
    },
    orderBy: [
      ['priority', 'desc'],
      ['title', 'asc'],
    ],
    limit: 20,
    offset: 40,
  });
  expect(open.build()).toEqual({ where: { done: { eq: false } } });
  expect(buildQuery<Todo>().build()).toEqual({});
});

test('S5: what it is given is checked when it is built', () => {
  expect(() => buildQuery<Todo>().limit(-1).build()).toThrow('limit must be');
  expect(() => buildQuery<Todo>().where('priority', 'gte', Number.NaN).build()).toThrow(
    'where.priority.gte is NaN',
  );
});
