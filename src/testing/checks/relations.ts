import { type Facts, isTakenBack, type Lane, laneKey, type Outcome } from '../../../store/facts.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, scan, valuesOf } from '../../../store/pages.ts';
import type { SimDevice } from '../device/simDevice.ts';
import { InvariantBroken, type Run, sealOf } from '../history/history.ts';
import { eraOf, isSealDamaged, type WrittenOperation, withSuperseded } from '../history/written.ts';
import type { Row } from '../server/serverPort.ts';

/** Endings after which what depends on an operation is held for good. */
const failures: ReadonlySet<Outcome | undefined> = new Set([
  'rejected',
  'discarded',
  'cancelled',
  'lost',
]);

/** The device's own keys of records that the server knows by another id. */
export function keysByServerId(facts: Facts): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const aliases = facts.models.todo?.aliases;
  if (aliases) {
    scan(aliases, '', (key, alias) => {
      keys.set(alias, key);
      return true;
    });
  }
  return keys;
}

/**
 * A record of the server's as a device keeps it: what it names stands under the device's keys. A name
 * of what is gone stays what it was here, and the server's there: a device may have lost its key for it.
 */
export function underKeys(
  { server }: Run,
  record: Readonly<Row>,
  keys: ReadonlyMap<string, string>,
  here: Readonly<Row> | null,
): Row {
  const { parent } = record;
  if (typeof parent !== 'string') return { ...record };
  const key = keys.get(parent);
  if (key !== undefined) return { ...record, parent: key };
  const isGone = !server.rows('todos').has(parent);
  return isGone && here?.parent !== undefined ? { ...record, parent: here.parent } : { ...record };
}

/** I6: what names another record, or waits for a write, takes effect after it. */
export function checkParents(run: Run): void {
  const { server, written } = run;
  /** When each operation took effect first. */
  const applied = new Map<string, number>();
  /** When each record was first there. */
  const born = new Map<string, number>();
  for (const effect of server.ledger) {
    for (const id of withSuperseded(written, sealOf(run, effect)?.operationIds ?? [])) {
      if (!applied.has(id)) applied.set(id, effect.n);
    }
    if (!born.has(effect.recordId)) born.set(effect.recordId, effect.n);
  }
  for (const effect of server.ledger) {
    const seal = sealOf(run, effect);
    if (!seal || isSealDamaged(written, seal.key)) continue;
    for (const id of seal.operationIds) {
      const operation = written.operations.get(id);
      for (const parent of operation?.dependsOn ?? []) {
        if ((applied.get(parent) ?? Infinity) < effect.n) continue;
        if (!applied.has(parent) && isExcused(run, parent)) continue;
        throw new InvariantBroken('I6', `${id} took effect before ${parent}, which it depends on`);
      }
      if (!operation || typeof operation.changes.parent !== 'string') continue;
      const { parent } = JSON.parse(effect.body) as { readonly parent?: unknown };
      if (typeof parent !== 'string' || (born.get(parent) ?? Infinity) < effect.n) continue;
      if (isGivenUp(run, operation, operation.changes.parent)) continue;
      throw new InvariantBroken('I6', `${id} took effect before its parent ${parent} was there`);
    }
  }
}

/** A write that has no effect of its own, and keeps nobody waiting. */
function isExcused({ written, devices }: Run, operationId: string): boolean {
  // It never reached the disk, or what stood there could not be read.
  if (!written.operations.has(operationId)) return true;
  if (written.damages.some(({ touched }) => touched.has(operationId))) return true;
  if (written.chosen.has(operationId)) return true;
  const outcomes = devices.map(({ ended }) => ended.get(operationId));
  return outcomes.some((outcome) => outcome === 'committed' || outcome === 'merged');
}

/** Whether what was to make the parent was given up, and nobody can know it any more. */
function isGivenUp(run: Run, child: WrittenOperation, parent: string): boolean {
  const { written, devices } = run;
  if (written.damages.some(({ records }) => records.has(parent))) return true;
  return [...written.operations.values()].some(
    ({ id, recordId, device, era }) =>
      recordId === parent &&
      device === child.device &&
      // After a loss the child came back, and its parent did not.
      era <= child.era &&
      (written.chosen.has(id) ||
        isLostUnsaved(run, devices[device], id, era) ||
        // That it was taken back goes with the database.
        (era < eraOf(written, device) &&
          (written.discarded.has(id) ||
            ['discarded', 'cancelled'].includes(devices[device]?.ended.get(id) ?? '')))),
  );
}

/** Whether it was never called saved, as the shelf had no room, and went with its database. */
function isLostUnsaved(
  { written }: Run,
  device: SimDevice | undefined,
  id: string,
  era: number,
): boolean {
  if (!device?.shelf?.wasFull || era === eraOf(written, device.index)) return false;
  return device.accepted.every(({ operationId }) => operationId !== id);
}

/**
 * Whether a lane waits for a person with good reason: what its first operation depends on, or names,
 * waits for one itself or has failed.
 */
export function isHeld(facts: Facts, lane: Lane, above: readonly string[] = []): boolean {
  const own = laneKey(lane.model, lane.recordId);
  if (lane.state !== 'pending' || above.includes(own)) return false;
  const [first] = operationsIn(facts, own, 1);
  if (!first) return false;
  const waits = (other: string): boolean => {
    const its = other === own ? undefined : getIn(facts.lanes, other);
    if (!its) return false;
    return (
      its.state === 'failed' || its.state === 'conflicted' || isHeld(facts, its, [...above, own])
    );
  };
  for (const id of first.dependsOn ?? []) {
    const place = getIn(facts.places, id);
    if (place !== undefined && waits(place.slice(0, place.lastIndexOf('\u0000')))) return true;
    if (place !== undefined) continue;
    if (failures.has(getIn(facts.settlements, id)?.outcome)) return true;
    // It stands behind a row that can not be read.
    if (valuesOf(facts.quarantine).some(({ text }) => text.includes(id))) return true;
  }
  const { parent } = first.changes;
  if (typeof parent !== 'string') return false;
  const named = laneKey(lane.model, parent);
  return isTakenBack(facts, named) || waits(named);
}
