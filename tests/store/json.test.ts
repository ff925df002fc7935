import { describe, expect, test } from 'vitest';
import { copyJson, mergePatchOf, sameJson } from '../../store/json.ts';

function refusal(value: unknown) {
  const copied = copyJson(value);
  return copied.ok ? null : { path: copied.refusal.path, problem: copied.refusal.problem };
}

describe('data that can be kept', () => {
  test('DA12: is copied, so that a later change by the caller changes nothing', () => {
    const mine = { tags: ['a'], deep: { n: 1 } };
    const copied = copyJson(mine);
    mine.tags.push('b');
    mine.deep.n = 2;
    expect(copied).toEqual({ ok: true, value: { tags: ['a'], deep: { n: 1 } } });
  });

  test('DA8 DA13: texts that look like dates stay texts; undefined fields are left out; -0 is 0', () => {
    const copied = copyJson({ at: '2026-01-01T00:00:00Z', gone: undefined, zero: -0 });
    expect(copied).toEqual({ ok: true, value: { at: '2026-01-01T00:00:00Z', zero: 0 } });
  });

  test('objects without a prototype are plain', () => {
    expect(copyJson(Object.assign(Object.create(null), { a: null, b: true })).ok).toBe(true);
  });
});

describe('data that can not be kept is refused with its path', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  let deep: unknown = 1;
  for (let i = 0; i < 5_000; i++) deep = [deep];
  const throwing = {
    get broken(): never {
      throw new Error('no');
    },
  };
  test.each([
    ['DA6: NaN', { n: Number.NaN }, 'n', 'notJson'],
    ['DA6: Infinity', [1, Number.POSITIVE_INFINITY], '[1]', 'notJson'],
    ['DA6: a date', { at: new Date() }, 'at', 'notJson'],
    ['DA6: a map', { m: new Map() }, 'm', 'notJson'],
    ['DA6: bytes', { b: new Uint8Array(2) }, 'b', 'notJson'],
    ['DA7: a BigInt', { list: [{ n: 1n }] }, 'list[0].n', 'notJson'],
    ['ST20: a function', { f: () => 1 }, 'f', 'notJson'],
    ['ST20: a symbol', { s: Symbol('x') }, 's', 'notJson'],
    ['undefined in a list', [undefined], '[0]', 'notJson'],
    [
      'an object of a class without a name',
      { o: Object.create(Object.create({})) },
      'o',
      'notJson',
    ],
  ])('%s', (_, value, path, problem) => {
    expect(refusal(value)).toEqual({ path, problem });
  });

  test('DA9: cycles, getters that throw', () => {
    expect(refusal(cyclic)?.problem).toBe('depth');
    expect(refusal(throwing)).toEqual({ path: '', problem: 'unreadable' });
  });

  test('DA10: what is deeper than 64 levels', () => {
    expect(refusal(deep)?.problem).toBe('depth');
  });

  test('DA11: what is larger than 1 MB', () => {
    expect(refusal({ text: 'x'.repeat(1_000_001) })).toEqual({ path: 'text', problem: 'size' });
    expect(refusal(Array.from({ length: 200_000 }, () => true))?.problem).toBe('size');
  });

  test('DA1: keys that reach the prototype', () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    for (const json of ['{"__proto__":{"x":1}}', '{"a":{"constructor":1}}', '{"prototype":1}']) {
      expect(refusal(JSON.parse(json))?.problem).toBe('forbiddenKey');
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
  });
});

describe('sameness', () => {
  test('does not depend on the order of keys', () => {
    expect(sameJson({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true);
    expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameJson([1], [1, 2])).toBe(false);
    expect(sameJson([1], { 0: 1 })).toBe(false);
    expect(sameJson({ a: 1 }, { b: 1 })).toBe(false);
    expect(sameJson(null, undefined)).toBe(false);
  });
});

describe('S11: the merge patch of a field', () => {
  test('says what changed; nested keys that went are null', () => {
    expect(mergePatchOf({ a: 1, b: 2, c: { d: 1 } }, { a: 1, c: { d: 2 } })).toEqual({
      b: null,
      c: { d: 2 },
    });
    expect(mergePatchOf({ a: 1 }, { b: 1, a: 1 })).toEqual({ b: 1 });
    expect(mergePatchOf(undefined, { a: 1 })).toEqual({ a: 1 });
    expect(mergePatchOf([1], [2])).toEqual([2]);
    expect(mergePatchOf({ a: 1 }, null)).toBeNull();
  });
});
