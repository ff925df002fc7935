/**
 * Queries as plain data: what they mean is told in `docs/queries.md`, once for memory, for
 * URL parameters and for a server.
 */

/** Values that conditions compare with. */
export type PlainValue = string | number | boolean | null;

/** Names of groups: a field of such a name can't stand in `where`. */
type GroupName = 'and' | 'or' | 'not';

/** A field of which nothing is known may hold anything. */
type Known<V> = unknown extends V ? PlainValue : V;
type Plain<V> = Extract<Known<V>, string | number | boolean>;
type Comparable<V> = Extract<Known<V>, string | number>;
type Element<V> = V extends readonly (infer E)[]
  ? Plain<E> | (null extends E ? null : never)
  : never;
/** A part of a text is any text, also where the field's type is a union of words. */
type TextOf<V> = Extract<Known<V>, string> extends never ? never : string;
type PartOf<V> = TextOf<V> | Element<V>;

type Operand<N extends string, V> = [V] extends [never] ? unknown : { readonly [K in N]?: V };

/** The operators that a field of type `V` has; all that are named must hold. */
export type Operators<V> = {
  readonly eq?: Plain<V> | null;
  readonly ne?: Plain<V> | null;
  readonly in?: readonly (Plain<V> | null)[];
  readonly isNull?: boolean;
} & Operand<'gt' | 'gte' | 'lt' | 'lte', Comparable<V>> &
  Operand<'between', [Comparable<V>] extends [never] ? never : Bounds<Comparable<V>>> &
  Operand<'startsWith' | 'endsWith', TextOf<V>> &
  Operand<'contains', PartOf<V>>;

/** Both bounds belong to it. */
type Bounds<V> = readonly [low: V, high: V];

/** A plain value means `eq`. */
export type Condition<V> = Plain<V> | null | Operators<V>;

/** Conditions by field, and groups of them; all must hold. */
export type Where<T> = {
  readonly [K in Exclude<keyof T & string, GroupName>]?: Condition<T[K]>;
} & {
  readonly and?: readonly Where<T>[];
  readonly or?: readonly Where<T>[];
  readonly not?: Where<T>;
};

export type Direction = 'asc' | 'desc';
export type OrderBy<T> = (keyof T & string) | readonly [field: keyof T & string, Direction];

/**
 * Which records, in which order, and which part of them.
 *
 * @example
 * const urgent: Query<Todo> = {
 *   where: { done: false, priority: { gte: 3 } },
 *   orderBy: [['priority', 'desc'], 'createdAt'],
 *   limit: 20,
 * };
 */
export interface Query<T> {
  readonly where?: Where<T> | undefined;
  /** Ties are in order of ids, and so is all of it without this. */
  readonly orderBy?: readonly OrderBy<T>[] | undefined;
  /** Records at most, from 1. Default: all. */
  readonly limit?: number | undefined;
  /** Records to pass over, from 0. */
  readonly offset?: number | undefined;
}
