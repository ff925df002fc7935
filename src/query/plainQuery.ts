import type { CheckedQuery, CheckedWhere } from './checkedQuery.ts';
import type { Query } from './query.ts';

type Data = Record<string, unknown>;

/** A checked query as plain data again: the shortest that means the same. */
export function plainQuery<T>({ where, orderBy, limit, offset }: CheckedQuery): Query<T> {
  const last = orderBy.at(-1);
  // The order ends with the id without being told.
  const told = last?.[1] === 'asc' ? orderBy.slice(0, -1) : orderBy;
  const conditions = plainWhere(where);
  return {
    ...(Object.keys(conditions).length > 0 && { where: conditions }),
    ...(told.length > 0 && { orderBy: told.map(([field, direction]) => [field, direction]) }),
    ...(limit !== null && { limit }),
    ...(offset > 0 && { offset }),
    // It was a query of this type, or is taken for one where it comes from outside.
  } as unknown as Query<T>;
}

function plainWhere({ conditions, and, or, not }: CheckedWhere): Data {
  const plain: Data = {};
  for (const { field, operator, operand } of conditions) {
    plain[field] = { ...(plain[field] as Data | undefined), [operator]: operand };
  }
  return {
    ...plain,
    ...(and.length > 0 && { and: and.map(plainWhere) }),
    ...(or && { or: or.map(plainWhere) }),
    ...(not && { not: plainWhere(not) }),
  };
}
