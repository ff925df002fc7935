import type { Operation, Row } from './row.ts';

/** The operations that a row brings with it. */
export function broughtBy(row: Row): readonly Operation[] {
  switch (row.type) {
    case 'recorded':
    case 'retried':
      return [row.operation];
    case 'edited':
      return row.behind ? [row.operation, row.behind] : [row.operation];
    case 'resolved':
      return row.operation ? [row.operation] : [];
    case 'recovered':
      return row.operations;
    default:
      return [];
  }
}
