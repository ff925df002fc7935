import type { CheckedOrder, CheckedQuery } from './checkedQuery.ts';
import { checkField, checkWhere } from './checkWhere.ts';
import { isPlainObject, refuseQuery } from './refuseQuery.ts';

const fieldsOfQuery: readonly string[] = ['where', 'orderBy', 'limit', 'offset'];
/** More would say nothing new of records that people make. */
const orderLimit = 16;

/**
 * A query as it is meant: checked, copied, in canonical shape.
 * @throws SyncError `badQuery`, with the path of what can't be meant: `where.or[1].title.gt`
 */
export function checkQuery(query: unknown): CheckedQuery {
  if (!isPlainObject(query)) refuseQuery('query', 'must be a plain object');
  for (const name of Object.keys(query)) {
    if (!fieldsOfQuery.includes(name)) {
      refuseQuery(name, `is no part of a query; there are ${fieldsOfQuery.join(', ')}`);
    }
  }
  const where = checkWhere(query.where);
  const orderBy = checkOrder(query.orderBy);
  return {
    where,
    orderBy,
    limit: checkCount('limit', query.limit, 1),
    offset: checkCount('offset', query.offset, 0) ?? 0,
    text: JSON.stringify([where, orderBy]),
  };
}

function checkCount(name: string, value: unknown, least: 0 | 1): number | null {
  if (value === undefined) return null;
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    refuseQuery(name, `must be a whole number from ${least}`);
  }
  return value === 0 ? 0 : (value as number);
}

function checkOrder(orderBy: unknown): CheckedOrder {
  const given = orderBy === undefined ? [] : orderBy;
  if (!Array.isArray(given)) {
    refuseQuery('orderBy', "must be a list like [['priority', 'desc'], 'createdAt']");
  }
  if (given.length > orderLimit) refuseQuery('orderBy', `must not name more than ${orderLimit}`);
  const order = given.map((each: unknown, i) => checkOrderEntry(each, `orderBy[${i}]`));
  // A field that stands in it twice decides at its first place; ids are never equal.
  const first = order.filter(([field], i) => order.findIndex(([other]) => other === field) === i);
  const end = first.findIndex(([field]) => field === 'id');
  return end < 0 ? [...first, ['id', 'asc']] : first.slice(0, end + 1);
}

function checkOrderEntry(entry: unknown, path: string): CheckedOrder[number] {
  const [field, direction = 'asc', ...more] = Array.isArray(entry) ? (entry as unknown[]) : [entry];
  if (typeof field !== 'string' || more.length > 0) {
    refuseQuery(path, "must be a field, or [field, 'asc' | 'desc']");
  }
  checkField(field, path);
  if (direction !== 'asc' && direction !== 'desc') refuseQuery(path, "must go 'asc' or 'desc'");
  return [field, direction];
}
