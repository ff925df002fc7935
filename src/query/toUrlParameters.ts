import type { CheckedWhere } from './checkedQuery.ts';
import { checkQuery } from './checkQuery.ts';
import type { Query } from './query.ts';

/**
 * A query as URL parameters; `fromUrlParameters` reads them back, and `docs/queries.md` tells them to
 * a server: each condition stands under its path, its value as JSON. The order is always told, to
 * its end, so that a server needs no rule of its own for ties.
 *
 * @example
 * toUrlParameters({ where: { done: false, title: { startsWith: 'M' } }, orderBy: ['title'], limit: 20 })
 * // { 'where[done][eq]': 'false', 'where[title][startsWith]': '"M"', orderBy: 'title,id', limit: '20' }
 * @throws SyncError `badQuery`
 */
export function toUrlParameters<T>(query: Query<T>): Record<string, string> {
  const { where, orderBy, limit, offset } = checkQuery(query);
  const parameters: Record<string, string> = {};
  write(parameters, 'where', where);
  parameters.orderBy = orderBy
    .map(([field, direction]) => encodeName(field) + (direction === 'desc' ? ':desc' : ''))
    .join(',');
  if (limit !== null) parameters.limit = String(limit);
  if (offset > 0) parameters.offset = String(offset);
  return parameters;
}

/** Percent-encodes what separates names in a path or in an order. */
function encodeName(name: string): string {
  return name.replaceAll(/[%[\],:]/g, encodeURIComponent);
}

function write(parameters: Record<string, string>, path: string, where: CheckedWhere): void {
  const { conditions, and, or, not } = where;
  for (const { field, operator, operand } of conditions) {
    parameters[`${path}[${encodeName(field)}][${operator}]`] = JSON.stringify(operand);
  }
  if (or?.length === 0) parameters[`${path}[or]`] = '[]';
  const groups = [
    ...and.map((each, i) => [`${path}[and][${i}]`, each] as const),
    ...(or ?? []).map((each, i) => [`${path}[or][${i}]`, each] as const),
    ...(not ? ([[`${path}[not]`, not]] as const) : []),
  ];
  for (const [inner, each] of groups) {
    if (isEmpty(each)) parameters[inner] = '{}';
    else write(parameters, inner, each);
  }
}

function isEmpty({ conditions, and, or, not }: CheckedWhere): boolean {
  return conditions.length === 0 && and.length === 0 && or === null && not === null;
}
