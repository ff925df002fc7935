import type { SimDevice } from '../device/simDevice.ts';
import { InvariantBroken, type Run } from '../history/history.ts';
import { eraOf, isCleared, withSuperseded } from '../history/written.ts';

/** Characters of the shelf of a device on which nothing waits. */
const idleSize = 70_000;

/**
 * I1, where a device has a second shelf: what was told as saved and is not over comes back with the
 * next database, whichever were deleted in between.
 */
export function checkSalvaged(run: Run, device: SimDevice): void {
  const { written, server } = run;
  const { index, shelf, accepted, ended } = device;
  if (!shelf) return;
  const era = eraOf(written, index);
  const arrived = new Set<string>();
  for (const { key } of server.ledger) {
    const seals = written.seals.get(key ?? '') ?? [];
    for (const { operationIds } of seals) for (const id of operationIds) arrived.add(id);
  }
  const standing = [...written.operations.values()].filter((item) => item.era === era);
  const stoodFor = withSuperseded(
    written,
    standing.map(({ id }) => id),
  );
  for (const { operationId } of accepted) {
    const operation = written.operations.get(operationId);
    if (!operation || operation.era === era) continue;
    const isOver =
      ended.has(operationId) || written.over.has(operationId) || arrived.has(operationId);
    // What stood in a row that was damaged on the first shelf is excused as everywhere.
    const isDamaged = written.damages.some(({ made }) => made.has(operationId));
    if (isOver || isDamaged || stoodFor.has(operationId)) continue;
    if (isCleared(written, operation)) continue;
    throw new InvariantBroken(
      'I1',
      `device ${index} has lost ${operationId} with its database, which had been told as saved`,
    );
  }
  if (device.sequenced.outbox.size === 0 && shelf.size > idleSize) {
    throw new InvariantBroken('I22', `device ${index} keeps ${shelf.size} characters on its shelf`);
  }
}
