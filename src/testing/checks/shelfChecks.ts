import { valuesOf } from '../../../store/pages.ts';
import { decodeLine, type ShelfLine, unframed } from '../../../store/shelf/line.ts';
import { type RecoveredShelf, recoverShelf } from '../../../store/shelf/recover.ts';
import { withHead } from '../../journal/shelfFiles.ts';
import type { SimDevice } from '../device/simDevice.ts';
import type { SimShelf } from '../disk/simShelf.ts';
import { InvariantBroken, type Run } from '../history/history.ts';
import { eraOf, isCleared, type WrittenOperation, withSuperseded } from '../history/written.ts';
import { isKnown } from './invariants.ts';

/** Characters of the shelf of a device on which nothing waits, beside rows that can not be read. */
const idleSize = 20_000;

/**
 * I1, where a device has a second shelf: what was told as saved and is not over comes back with the
 * next database, whichever were deleted (or fell back) in between. I7: what was told as not saved does not.
 */
export function checkSalvaged(run: Run, device: SimDevice): void {
  const { written } = run;
  const { index, shelf } = device;
  if (!shelf) return;
  const era = eraOf(written, index);
  const standing = [...written.operations.values()].filter((item) => item.era === era);
  const stoodFor = withSuperseded(
    written,
    standing.map(({ id }) => id),
  );
  // One that has fallen back still holds what it held before.
  const isThere = (id: string) => stoodFor.has(id) || isKnown(device.sequenced, id);
  const lost = owed(run, device).find(({ id, era: made }) => made !== era && !isThere(id));
  if (lost) {
    throw new InvariantBroken(
      'I1',
      `device ${index} has lost ${lost.id} with its database, which had been told as saved`,
    );
  }
  const back = standing.find(({ id }) => device.refused.has(id));
  if (back) {
    throw new InvariantBroken(
      'I7',
      `device ${index}: ${back.id} had been told as not saved, and came back from the second shelf`,
    );
  }
  const { outbox, quarantine } = device.sequenced;
  const unread = valuesOf(quarantine).reduce(
    (sum, { text }) => sum + JSON.stringify(text).length,
    0,
  );
  if (outbox.size === 0 && shelf.size > idleSize + 2 * unread) {
    throw new InvariantBroken('I22', `device ${index} keeps ${shelf.size} characters on its shelf`);
  }
}

const removalsSeen = new WeakMap<SimShelf, number>();

/**
 * I1: whenever a file goes, the others say what was told as saved and is not over: the database may
 * be deleted in this moment.
 */
export function checkShelf(run: Run, device: SimDevice): void {
  const { shelf, index } = device;
  if (!shelf || shelf.removals === (removalsSeen.get(shelf) ?? 0)) return;
  removalsSeen.set(shelf, shelf.removals);
  const { lanes, rows } = recovered(shelf);
  const ids = lanes.flatMap(({ operations }) => operations.map(({ id }) => id));
  const stoodFor = withSuperseded(run.written, ids);
  const lost = owed(run, device).find(
    ({ id }) => !stoodFor.has(id) && !rows.some((text) => text.includes(id)),
  );
  if (!lost) return;
  throw new InvariantBroken(
    'I1',
    `the second shelf of device ${index} does not say ${lost.id} any more, which was told as saved`,
  );
}

/** I7: what the app is told is saved stands on the second shelf too, or is over by then. */
export function checkShelved(run: Run, device: SimDevice, operationId: string): void {
  const { shelf, index } = device;
  if (!shelf || shelf.texts.some((text) => text.includes(operationId))) return;
  if (!owed(run, device, [operationId]).some(({ id }) => id === operationId)) return;
  throw new InvariantBroken(
    'I7',
    `device ${index}: ${operationId} was told as saved and is not on the second shelf`,
  );
}

/**
 * I17: an ending stands on the second shelf before anybody is told, so what is over does not come
 * back. A dead letter has ended and stays. What a page has not come to write there before it died is
 * written as the next one takes the lead, and another tab may see the row a moment before.
 */
export function checkForgotten(device: SimDevice, id: string, outcome: string): void {
  const { index, shelf, isShared, life } = device;
  if (!shelf || outcome === 'rejected' || isShared) return;
  if (life?.state().ephemeral.role !== 'leading') return;
  const isThere = recovered(shelf).lanes.some(({ operations }) =>
    operations.some((operation) => operation.id === id),
  );
  if (!isThere) return;
  throw new InvariantBroken(
    'I17',
    `device ${index}: ${id} was told as ${outcome}, and the second shelf would bring it back`,
  );
}

function recovered(shelf: SimShelf): RecoveredShelf {
  const files = shelf.files.map(({ name, text }) => {
    const lines = unframed(text).lines.map(decodeLine);
    return withHead(
      name,
      lines.filter((line): line is ShelfLine => line !== null),
    );
  });
  return recoverShelf(files);
}

/** What was told as saved and is not over. */
function owed(
  { written, server }: Run,
  { accepted, ended }: SimDevice,
  ids = accepted.map(({ operationId }) => operationId),
): WrittenOperation[] {
  const arrived = new Set<string>();
  for (const { key } of server.ledger) {
    const seals = written.seals.get(key ?? '') ?? [];
    for (const { operationIds } of seals) for (const id of operationIds) arrived.add(id);
  }
  return ids.flatMap((id) => {
    const operation = written.operations.get(id);
    if (!operation || ended.has(id) || written.over.has(id) || arrived.has(id)) return [];
    // What stood in a row that was damaged on the first shelf is excused as everywhere.
    if (written.damages.some(({ made }) => made.has(id))) return [];
    return isCleared(written, operation) ? [] : operation;
  });
}
