import type { Operation } from '../../../store/rows/row.ts';
import { coalesce } from '../../../store/seal.ts';

/**
 * The leading operations of a lane that a conflict is about: what is sealed, or would be sealed next.
 * Where a record is deleted and made anew behind that, as far as what makes it: the two are one change
 * of a record that others have changed as well.
 *
 * @param operations all that wait in the lane, in order
 * @param leading how many of them go in one request
 */
export function contestedOf(operations: readonly Operation[], leading: number): Operation[] {
  let end = leading;
  let isDeleted = false;
  for (const [i, { kind }] of operations.entries()) {
    if (kind === 'delete') isDeleted = true;
    else if (isDeleted && kind !== 'update' && i >= end) end = i + runAt(operations, i);
  }
  return operations.slice(0, end);
}

function runAt(operations: readonly Operation[], start: number): number {
  return coalesce(operations.slice(start), undefined)?.operationIds.length ?? 0;
}
