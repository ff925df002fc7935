import { describe, expect, test } from 'vitest';
import { defineModel, type ModelOptions } from '../../src/index.ts';
import { filterText } from '../../src/pullOptions.ts';

const define = (options: object) =>
  defineModel({ endpoint: 'todos', ...options } as unknown as ModelOptions);

describe('what a model says about its pulls', () => {
  test('N15 P26: without a word there is no filter, and a person is asked over 20 records and 20 %', () => {
    expect(define({})).toMatchObject({
      ...{ filter: {}, pageSize: 1_000, massDelete: { share: 0.2, records: 20 } },
    });
    expect(define({ massDelete: { records: 5 } }).massDelete).toEqual({ share: 0.2, records: 5 });
    expect(define({ massDelete: false }).massDelete.records).toBe(Infinity);
  });

  test.each([
    ['filter', { filter: [] }],
    ['filter', { filter: null }],
    ['filter.list', { filter: { list: { in: [1] } } }],
    ['filter.n', { filter: { n: Number.NaN } }],
    ['filter.n', { filter: { n: undefined } }],
    ['pageSize', { pageSize: 0 }],
    ['pageSize', { pageSize: 1.5 }],
    ['massDelete', { massDelete: null }],
    ['massDelete.share', { massDelete: { share: 2 } }],
    ['massDelete.records', { massDelete: { records: -1 } }],
  ])('%s is refused where it can not be meant: %j', (option, options) => {
    expect(() => define(options)).toThrow(`defineModel: ${option} must`);
  });

  test('P26: a filter is the same in whatever order it is written', () => {
    expect(filterText({ b: 1, a: '1' })).toBe(filterText({ a: '1', b: 1 }));
    expect(filterText({ a: 1 })).not.toBe(filterText({ a: '1' }));
    expect(filterText({})).toBe('');
  });
});
