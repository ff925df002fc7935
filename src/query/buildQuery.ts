import { checkQuery } from './checkQuery.ts';
import { plainQuery } from './plainQuery.ts';
import type { Direction, Operators, Query, Where } from './query.ts';

type Field<T> = keyof T & string;
type OperatorOf<V> = keyof Operators<V> & string;
type OperandOf<V, N extends OperatorOf<V>> = Exclude<Operators<V>[N], undefined>;

/** Writes a query step by step. Every step gives a builder of its own: one can go on from any. */
export interface QueryBuilder<T> {
  /** Conditions as a query has them, beside those before: all must hold. */
  where(conditions: Where<T>): QueryBuilder<T>;
  /** One condition more. */
  where<K extends Field<T>, N extends OperatorOf<T[K]>>(
    field: K,
    operator: N,
    operand: OperandOf<T[K], N>,
  ): QueryBuilder<T>;
  /** One of these must hold, beside what stands before. */
  whereAny(...conditions: readonly Where<T>[]): QueryBuilder<T>;
  /** These must not hold. */
  whereNot(conditions: Where<T>): QueryBuilder<T>;
  /** After those before. */
  orderBy(field: Field<T>, direction?: Direction): QueryBuilder<T>;
  limit(count: number): QueryBuilder<T>;
  offset(count: number): QueryBuilder<T>;
  /**
   * The query as plain data.
   * @throws SyncError `badQuery`
   */
  build(): Query<T>;
}

/**
 * A builder for those who put queries together from parts.
 *
 * @example
 * const open = buildQuery<Todo>().where({ done: false });
 * const urgent = open.where('priority', 'gte', 3).orderBy('priority', 'desc').limit(20).build();
 */
export function buildQuery<T>(): QueryBuilder<T> {
  return builder<T>([], [], {});
}

function builder<T>(
  parts: readonly Where<T>[],
  order: readonly (readonly [Field<T>, Direction])[],
  window: Pick<Query<T>, 'limit' | 'offset'>,
): QueryBuilder<T> {
  const and = (part: object) => builder<T>([...parts, part as Where<T>], order, window);
  return {
    where: (first: Where<T> | Field<T>, operator?: string, operand?: unknown) =>
      and(typeof first === 'string' ? { [first]: { [operator ?? '']: operand } } : first),
    whereAny: (...or) => and({ or }),
    whereNot: (not) => and({ not }),
    orderBy: (field, direction = 'asc') => builder(parts, [...order, [field, direction]], window),
    limit: (limit) => builder(parts, order, { ...window, limit }),
    offset: (offset) => builder(parts, order, { ...window, offset }),
    build: () => {
      const [only] = parts;
      const where = parts.length === 1 ? only : { and: parts };
      return plainQuery(checkQuery({ where, orderBy: order, ...window }));
    },
  };
}
