import type { Json, JsonObject } from '../../store/json.ts';
import type { CheckedCondition, CheckedWhere } from './checkedQuery.ts';
import type { PlainValue } from './query.ts';

export type Matcher = (record: JsonObject) => boolean;
type Test = (value: Json) => boolean;

/** Whether a record meets the conditions. Every condition is met or not; there is no third case. */
export function matcherOf({ conditions, and, or, not }: CheckedWhere): Matcher {
  const all = [...conditions.map(fieldMatcher), ...and.map(matcherOf)];
  if (or) {
    const any = or.map(matcherOf);
    all.push((record) => any.some((matches) => matches(record)));
  }
  if (not) {
    const none = matcherOf(not);
    all.push((record) => !none(record));
  }
  const [first, second] = all;
  if (!first) return () => true;
  if (!second) return first;
  if (all.length === 2) return (record) => first(record) && second(record);
  return (record) => all.every((matches) => matches(record));
}

function fieldMatcher({ field, operator, operand }: CheckedCondition): Matcher {
  const test = tests[operator](operand as never);
  const read = readerOf(field);
  return (record) => test(read(record));
}

/** Reads a field; one that is not there is null. */
export function readerOf(field: string): (record: JsonObject) => Json {
  // Records are plain objects: only these few names could be read from what they inherit.
  if (field in Object.prototype) {
    return (record) => (Object.hasOwn(record, field) ? (record[field] as Json) : null);
  }
  return (record) => record[field] ?? null;
}

/** Only values of one type have an order. */
function ordered(holds: (value: string | number, than: string | number) => boolean) {
  return (operand: string | number): Test => {
    const type = typeof operand;
    return (value) => typeof value === type && holds(value as string | number, operand);
  };
}

function onText(holds: (value: string, part: string) => boolean) {
  return (part: string): Test =>
    (value) =>
      typeof value === 'string' && holds(value, part);
}

const tests: { readonly [K in CheckedCondition['operator']]: (operand: never) => Test } = {
  eq: (operand: PlainValue) => (value) => value === operand,
  ne: (operand: PlainValue) => (value) => value !== operand,
  gt: ordered((value, than) => value > than),
  gte: ordered((value, than) => value >= than),
  lt: ordered((value, than) => value < than),
  lte: ordered((value, than) => value <= than),
  between: ([low, high]: readonly [string | number, string | number]) => {
    const type = typeof low;
    return (value) =>
      typeof value === type && (value as typeof low) >= low && (value as typeof low) <= high;
  },
  in: (list: readonly PlainValue[]) => {
    const values = new Set<Json>(list);
    return (value) => values.has(value);
  },
  contains: (part: PlainValue) => (value) => {
    if (typeof value === 'string') return typeof part === 'string' && value.includes(part);
    return Array.isArray(value) && value.includes(part);
  },
  startsWith: onText((value, part) => value.startsWith(part)),
  endsWith: onText((value, part) => value.endsWith(part)),
  isNull: (wanted: boolean) => (value) => (value === null) === wanted,
};
