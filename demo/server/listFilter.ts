import { isObject, type Json, type JsonObject } from './json.ts';
import { type OrderEntry, QueryRefused } from './listQuery.ts';

type Test = (record: JsonObject) => boolean;
type Holds = (value: Json, operand: Json) => boolean;

function valueAt(record: JsonObject, field: string): Json {
  return Object.hasOwn(record, field) ? (record[field] ?? null) : null;
}

/** Only two texts or two numbers have an order; texts by their UTF-16 code units. */
function isBelow(a: Json, b: Json): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return typeof a === 'string' && typeof b === 'string' && a < b;
}

const isPlain = (value: Json) => typeof value !== 'object' || value === null;
const isOrdered = (value: Json) => typeof value === 'number' || typeof value === 'string';
const isText = (value: Json) => typeof value === 'string';
const isBoolean = (value: Json) => typeof value === 'boolean';
const isPlainList = (value: Json) => Array.isArray(value) && value.every(isPlain);
const isRange = (value: Json) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every(isOrdered) &&
  typeof value[0] === typeof value[1];

/** What each operator takes, and when it holds. */
const operators = new Map<string, readonly [takes: (operand: Json) => boolean, holds: Holds]>([
  ['eq', [isPlain, (value, operand) => value === operand]],
  ['ne', [isPlain, (value, operand) => value !== operand]],
  ['gt', [isOrdered, (value, operand) => isBelow(operand, value)]],
  ['gte', [isOrdered, (value, operand) => value === operand || isBelow(operand, value)]],
  ['lt', [isOrdered, (value, operand) => isBelow(value, operand)]],
  ['lte', [isOrdered, (value, operand) => value === operand || isBelow(value, operand)]],
  ['between', [isRange, isWithin]],
  ['in', [isPlainList, (value, operand) => (operand as Json[]).includes(value)]],
  ['contains', [isPlain, holdsPart]],
  ['startsWith', [isText, (value, part) => isText(value) && `${value}`.startsWith(`${part}`)]],
  ['endsWith', [isText, (value, part) => isText(value) && `${value}`.endsWith(`${part}`)]],
  ['isNull', [isBoolean, (value, operand) => (value === null) === operand]],
]);

function isWithin(value: Json, range: Json): boolean {
  const [low = null, high = null] = range as Json[];
  return typeof value === typeof low && !isBelow(value, low) && !isBelow(high, value);
}

function holdsPart(value: Json, part: Json): boolean {
  if (Array.isArray(value)) return value.includes(part);
  return typeof value === 'string' && typeof part === 'string' && value.includes(part);
}

/** A test of records, or a refusal; nothing is looked at before all of it is understood. */
export function testOf(where: Json): Test {
  if (!isObject(where)) throw new QueryRefused('A group holds conditions by field.');
  const tests = Object.entries(where).map(([name, part]): Test => {
    if (name === 'and' || name === 'or') {
      if (!Array.isArray(part)) throw new QueryRefused(`${name} is a list of conditions.`);
      const parts = part.map(testOf);
      return name === 'and'
        ? (record) => parts.every((test) => test(record))
        : (record) => parts.some((test) => test(record));
    }
    if (name === 'not') {
      const test = testOf(part);
      return (record) => !test(record);
    }
    return fieldTest(name, isObject(part) ? part : { eq: part });
  });
  return (record) => tests.every((test) => test(record));
}

function fieldTest(field: string, conditions: JsonObject): Test {
  const tests = Object.entries(conditions).map(([name, operand]) => {
    const [takes, holds] = operators.get(name) ?? [];
    if (!takes || !holds) throw new QueryRefused(`${field}: there is no operator ${name}.`);
    if (!takes(operand)) throw new QueryRefused(`${field}: ${name} does not take this value.`);
    return (value: Json) => holds(value, operand);
  });
  return (record) => {
    const value = valueAt(record, field);
    return tests.every((test) => test(value));
  };
}

/** null, false, true, numbers, texts, everything else. */
function classOf(value: Json): number {
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 2 : 1;
  if (typeof value === 'number') return 3;
  return typeof value === 'string' ? 4 : 5;
}

/** The order that was asked for; ties are in order of ids. */
export function comparison(orderBy: readonly OrderEntry[]) {
  return (a: JsonObject, b: JsonObject): number => {
    for (const { field, isFalling } of [...orderBy, { field: 'id', isFalling: false }]) {
      const [x, y] = [valueAt(a, field), valueAt(b, field)];
      const rising = classOf(x) - classOf(y) || (isBelow(x, y) ? -1 : isBelow(y, x) ? 1 : 0);
      if (rising !== 0) return isFalling ? -rising : rising;
    }
    return 0;
  };
}
