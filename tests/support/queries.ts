import * as fc from 'fast-check';
import type { Json, JsonObject } from '../../store/json.ts';

/**
 * Queries by the book: what `docs/queries.md` says, word for word and without a thought of speed.
 * Shares nothing with what it judges.
 */
type Data = Record<string, unknown>;

function fieldValue(record: JsonObject, field: string): Json {
  const entry = Object.entries(record).find(([name]) => name === field);
  return entry === undefined ? null : entry[1];
}

function inOrder(low: unknown, high: unknown, orEqual: boolean): boolean {
  if (typeof low !== typeof high) return false;
  if (typeof low !== 'string' && typeof low !== 'number') return false;
  return low === high ? orEqual : (low as string) < (high as string);
}

function holds(value: Json, operator: string, operand: unknown): boolean {
  switch (operator) {
    case 'eq':
      return value === operand;
    case 'ne':
      return value !== operand;
    case 'gt':
      return inOrder(operand, value, false);
    case 'gte':
      return inOrder(operand, value, true);
    case 'lt':
      return inOrder(value, operand, false);
    case 'lte':
      return inOrder(value, operand, true);
    case 'between': {
      const [low, high] = operand as unknown[];
      return inOrder(low, value, true) && inOrder(value, high, true);
    }
    case 'in':
      return (operand as unknown[]).some((each) => each === value);
    case 'contains':
      if (Array.isArray(value)) return value.some((each) => each === operand);
      return typeof value === 'string' && typeof operand === 'string' && value.includes(operand);
    case 'startsWith':
      return typeof value === 'string' && value.startsWith(operand as string);
    case 'endsWith':
      return typeof value === 'string' && value.endsWith(operand as string);
    case 'isNull':
      return operand === (value === null);
    default:
      throw new Error(`no operator: ${operator}`);
  }
}

function meets(record: JsonObject, where: Data): boolean {
  return Object.entries(where).every(([name, condition]) => {
    if (name === 'and') return (condition as Data[]).every((each) => meets(record, each));
    if (name === 'or') return (condition as Data[]).some((each) => meets(record, each));
    if (name === 'not') return !meets(record, condition as Data);
    const value = fieldValue(record, name);
    if (typeof condition !== 'object' || condition === null) return value === condition;
    return Object.entries(condition).every(([operator, operand]) =>
      holds(value, operator, operand),
    );
  });
}

function placeOf(value: Json): number {
  if (value === null) return 0;
  return ['boolean', 'number', 'string', 'object'].indexOf(typeof value) + 1;
}

function compared(a: Json, b: Json): number {
  if (placeOf(a) !== placeOf(b)) return placeOf(a) - placeOf(b);
  if (a === null || typeof a === 'object' || a === b) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}

/** The records that a query means, each under its key. */
export function naively(records: ReadonlyMap<string, JsonObject>, query: Data) {
  const { where = {}, orderBy = [], limit, offset = 0 } = query;
  const order = (orderBy as (string | [string, string])[]).map((each) =>
    typeof each === 'string' ? [each, 'asc'] : each,
  );
  const found = [...records]
    .filter(([, record]) => meets(record, where as Data))
    .sort(([aId, a], [bId, b]) => {
      for (const [field = '', direction] of order) {
        const by =
          field === 'id'
            ? compared(aId, bId)
            : compared(fieldValue(a, field), fieldValue(b, field));
        if (by !== 0) return direction === 'desc' ? -by : by;
      }
      return aId < bId ? -1 : 1;
    })
    .map(([, record]) => record);
  const from = offset as number;
  const rows = found.slice(from, limit === undefined ? undefined : from + (limit as number));
  return { count: found.length, rows };
}

/** Few fields and few values, so that ties, matches and mixed types are the rule. */
const fields = ['a', 'b', 'name', 'toString', 'ä=[0]&'] as const;
const texts = ['', 'a', 'A', 'ab', 'b', '3', 'null', 'ä', '\u{1F600}', '\uFFFD', '"', '%5D'];
const plain = fc.oneof(
  fc.constantFrom<Json>(null, true, false),
  fc.constantFrom<Json>(-1, 0, 1, 2.5, 3, 1e21),
  fc.constantFrom<Json>(...texts),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: fc.array(plain, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant<Json>({ eq: 1 }) },
);

export const anyFields: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom(...fields),
  value,
  { maxKeys: 4, noNullPrototype: true },
);

const ordered = fc.constantFrom<Json>(-1, 0, 1, 2.5, 3, 'a', 'ab', 'b', '3');
const bounds = fc.oneof(
  fc.tuple(fc.constantFrom(-1, 0, 1), fc.constantFrom(0, 1, 3)),
  fc.tuple(fc.constantFrom('', 'A', 'a'), fc.constantFrom('a', 'b', 'ä')),
);
const condition = fc.oneof(
  plain,
  fc
    .record(
      {
        eq: plain,
        ne: plain,
        gt: ordered,
        gte: ordered,
        lt: ordered,
        lte: ordered,
        between: bounds,
        in: fc.array(plain, { maxLength: 4 }),
        contains: plain,
        startsWith: fc.constantFrom(...texts),
        endsWith: fc.constantFrom(...texts),
        isNull: fc.boolean(),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .map((all) => Object.fromEntries(Object.entries(all).slice(0, 2))),
);

const { where } = fc.letrec<{ where: Data }>((tie) => {
  const groups = fc.record(
    {
      and: fc.array(tie('where'), { maxLength: 2 }),
      or: fc.array(tie('where'), { maxLength: 3 }),
      not: tie('where'),
    },
    { requiredKeys: [], noNullPrototype: true },
  );
  const conditions = fc.dictionary(fc.constantFrom<string>(...fields, 'id'), condition, {
    maxKeys: 2,
    noNullPrototype: true,
  });
  return {
    where: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      conditions,
      fc.tuple(conditions, groups).map(([first, more]) => ({ ...first, ...more })),
    ),
  };
});

const orderEntry = fc.oneof(
  fc.constantFrom(...fields, 'id'),
  fc.tuple(fc.constantFrom(...fields, 'id'), fc.constantFrom('asc', 'desc')),
);

export const anyQuery: fc.Arbitrary<Data> = fc.record(
  {
    where,
    orderBy: fc.array(orderEntry, { maxLength: 3 }),
    limit: fc.integer({ min: 1, max: 12 }),
    offset: fc.nat(12),
  },
  { requiredKeys: [], noNullPrototype: true },
);
