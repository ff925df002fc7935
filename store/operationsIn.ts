import { type Facts, outboxPrefix } from './facts.ts';
import { scan } from './pages.ts';
import type { Operation } from './rows/row.ts';

/**
 * A lane's operations in order.
 *
 * @param limit from 1; how many are read at most: it keeps a long lane cheap
 */
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
