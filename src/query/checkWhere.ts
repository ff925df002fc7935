import { isForbiddenKey } from '../../store/json.ts';
import {
  type CheckedCondition,
  type CheckedWhere,
  type OperatorName,
  operators,
} from './checkedQuery.ts';
import type { PlainValue } from './query.ts';
import { isPlainObject, refuseQuery } from './refuseQuery.ts';

/** Groups within groups. */
const depthLimit = 16;
/** Conditions, groups and values of lists, all together. */
const partLimit = 10_000;
/** Of all names and texts together. */
const characterLimit = 100_000;

const groups: readonly string[] = ['and', 'or', 'not'];

/** @throws SyncError `badQuery` */
export function checkField(field: string, path: string): void {
  if (isForbiddenKey(field)) refuseQuery(path, 'is a name that no field can have');
  // A lone surrogate would not survive in a URL.
  if (!field.isWellFormed()) refuseQuery(path, 'is a name that is no well-formed Unicode');
}

/**
 * What stands under `where`, in canonical shape.
 * @throws SyncError `badQuery`
 */
export function checkWhere(where: unknown): CheckedWhere {
  let parts = 0;
  let characters = 0;

  function spend(path: string, text: unknown): void {
    parts++;
    if (typeof text === 'string') characters += text.length;
    if (parts > partLimit) refuseQuery(path, `is more than ${partLimit} conditions and values`);
    if (characters > characterLimit) {
      refuseQuery(path, `is more than ${characterLimit} characters of text`);
    }
  }

  function plain(value: unknown, path: string): PlainValue {
    spend(path, value);
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (!Number.isFinite(value)) refuseQuery(path, `is ${value}, which no record can hold`);
        return value === 0 ? 0 : value;
      default:
        if (value === null) return null;
        if (value === undefined) refuseQuery(path, 'is undefined: leave it out, or use null');
        return refuseQuery(path, 'must be a text, a number, true, false or null');
    }
  }

  function ordered(value: unknown, path: string): string | number {
    const checked = plain(value, path);
    if (typeof checked === 'string' || typeof checked === 'number') return checked;
    return refuseQuery(path, 'must be a text or a number');
  }

  function list(value: unknown, path: string, of: string): readonly unknown[] {
    return Array.isArray(value) ? value : refuseQuery(path, `must be a list of ${of}`);
  }

  function operand(operator: OperatorName, value: unknown, path: string) {
    switch (operators[operator]) {
      case 'plain':
        return plain(value, path);
      case 'ordered':
        return ordered(value, path);
      case 'text':
      case 'boolean': {
        const checked = plain(value, path);
        const isText = operators[operator] === 'text';
        if (typeof checked === (isText ? 'string' : 'boolean')) return checked;
        return refuseQuery(path, isText ? 'must be a text' : 'must be true or false');
      }
      case 'list':
        return list(value, path, 'values').map((each, i) => plain(each, `${path}[${i}]`));
      case 'bounds': {
        const bounds = list(value, path, 'two bounds').map((each, i) =>
          ordered(each, `${path}[${i}]`),
        );
        if (bounds.length !== 2 || typeof bounds[0] !== typeof bounds[1]) {
          refuseQuery(path, 'must be two texts or two numbers');
        }
        return bounds;
      }
    }
  }

  function conditionsOn(field: string, condition: unknown, path: string): CheckedCondition[] {
    spend(path, field);
    checkField(field, path);
    if (!isPlainObject(condition)) {
      if (typeof condition === 'object' && condition !== null) {
        refuseQuery(path, 'must be a plain value or operators like { gte: 3 }');
      }
      return [{ field, operator: 'eq', operand: plain(condition, path) }];
    }
    return Object.keys(condition)
      .sort()
      .map((operator) => {
        const inner = `${path}.${operator}`;
        if (!Object.hasOwn(operators, operator)) {
          refuseQuery(inner, `is no operator; there are ${Object.keys(operators).join(', ')}`);
        }
        const name = operator as OperatorName;
        return { field, operator: name, operand: operand(name, condition[name], inner) };
      });
  }

  function check(given: unknown, path: string, depth: number): CheckedWhere {
    if (depth > depthLimit) refuseQuery(path, `is deeper than ${depthLimit} groups, or a cycle`);
    if (!isPlainObject(given)) refuseQuery(path, 'must be a plain object of conditions');
    spend(path, null);
    const group = (name: 'and' | 'or'): readonly CheckedWhere[] | null => {
      if (!Object.hasOwn(given, name)) return null;
      const inner = `${path}.${name}`;
      return list(given[name], inner, 'conditions').map((each, i) =>
        check(each, `${inner}[${i}]`, depth + 1),
      );
    };
    return {
      conditions: Object.keys(given)
        .filter((name) => !groups.includes(name))
        .sort()
        .flatMap((field) => conditionsOn(field, given[field], `${path}.${field}`)),
      and: group('and') ?? [],
      or: group('or'),
      not: Object.hasOwn(given, 'not') ? check(given.not, `${path}.not`, depth + 1) : null,
    };
  }

  return check(where === undefined ? {} : where, 'where', 0);
}
