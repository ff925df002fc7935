import { type Facts, outboxPrefix } from '../../store/facts.ts';
import { scan } from '../../store/pages.ts';
import type { Operation } from '../../store/rows/row.ts';

/** A lane's operations in order; `limit` keeps a long lane cheap. */
export function operationsIn(facts: Facts, lane: string, limit = Infinity): Operation[] {
  const prefix = outboxPrefix(lane);
  const operations: Operation[] = [];
  scan(facts.outbox, prefix, (operation, key) => {
    if (!key.startsWith(prefix)) return false;
    operations.push(operation);
    return operations.length < limit;
  });
  return operations;
}
