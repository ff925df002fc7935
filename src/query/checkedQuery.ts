import type { Direction, PlainValue } from './query.ts';

/** Every operator and what it takes: a plain value, one that has an order, a text, a list, … */
export const operators = {
  eq: 'plain',
  ne: 'plain',
  gt: 'ordered',
  gte: 'ordered',
  lt: 'ordered',
  lte: 'ordered',
  between: 'bounds',
  in: 'list',
  contains: 'plain',
  startsWith: 'text',
  endsWith: 'text',
  isNull: 'boolean',
} as const;
export type OperatorName = keyof typeof operators;

export interface CheckedCondition {
  readonly field: string;
  readonly operator: OperatorName;
  readonly operand: PlainValue | readonly PlainValue[];
}

/** Conditions in canonical shape: no short forms, in order of fields and operators. */
export interface CheckedWhere {
  readonly conditions: readonly CheckedCondition[];
  readonly and: readonly CheckedWhere[];
  /** Null: there is no such group. An empty one is never met. */
  readonly or: readonly CheckedWhere[] | null;
  readonly not: CheckedWhere | null;
}

export type CheckedOrder = readonly (readonly [field: string, direction: Direction])[];

/** A query that was checked: a copy that nobody else holds, in canonical shape. */
export interface CheckedQuery {
  readonly where: CheckedWhere;
  /** Ends with the id, so that no two records are equal in it. */
  readonly orderBy: CheckedOrder;
  /** Null: all. */
  readonly limit: number | null;
  readonly offset: number;
  /** Canonical text of `where` and `orderBy`: what was found for them is kept by it. */
  readonly text: string;
}
