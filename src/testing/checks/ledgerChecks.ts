import { ownField, type SimDevice } from '../device/simDevice.ts';
import { InvariantBroken, isCarriedBy, mistakenFor, type Run, sealOf } from '../history/history.ts';
import {
  isCleared,
  isDamaged,
  isSealDamaged,
  isSealedAnew,
  type Sealed,
} from '../history/written.ts';
import type { Effect } from '../server/serverPort.ts';
import { checkParents } from './relations.ts';

function broken(invariant: string, seen: string): never {
  throw new InvariantBroken(invariant, seen);
}

/** What the server's ledger must say, whatever the devices believe. */
export function checkLedger(run: Run): void {
  const keys = new Map<string, Effect>();
  for (const effect of run.server.ledger) {
    const { key, n } = effect;
    if (key === null) continue;
    const before = keys.get(key);
    if (before && !mayComeAgain(run, before, effect)) {
      broken('I2', `the key ${key} took effect twice (${before.n}, ${n})`);
    }
    keys.set(key, effect);
  }
  checkOrder(run);
  checkSeals(run);
  checkParents(run);
}

/**
 * Whether a server that knows no keys could not know that it has done it: a change of which no version was
 * ever told, or a create of what was deleted, or lost, in between; or one that the device itself could
 * not know to have sent, because its seal was damaged.
 */
function mayComeAgain(run: Run, before: Effect, { version, recordId }: Effect): boolean {
  const seal = sealOf(run, before);
  if (isKeyless(run) && isSealDamaged(run.written, before.key ?? '')) return true;
  if (!isUnguarded(run, seal)) return false;
  return (
    seal?.kind !== 'create' ||
    run.server.changes.some((change) => {
      const isBetween = change.version > before.version && change.version < version;
      return isBetween && change.id === recordId && change.record === null;
    })
  );
}

/** Sent to a server without keys, and on no version: it is done whenever it comes. */
function isUnguarded(run: Run, seal: Sealed | undefined): boolean {
  if (!isKeyless(run)) return false;
  // Versions that stand in bodies can not be named where there is no body.
  const isNamed = run.devices[0]?.plan.versioning !== 'field' || seal?.body !== null;
  return seal?.ifMatch === null || !isNamed;
}

function isKeyless({ devices }: Run): boolean {
  return devices[0]?.plan.keyless === true;
}

/** I5: what a device writes into a record only rises, in the order in which it takes effect. */
function checkOrder(run: Run): void {
  const newest = new Map<string, number>();
  for (const effect of run.server.ledger) {
    const { key, recordId, body } = effect;
    if (key === null) continue;
    const seal = sealOf(run, effect);
    if (!seal) broken('I18', `the key ${key} took effect with a body that was never sealed`);
    // Sent, and its seal damaged: it may arrive after what took its place.
    if (isSealDamaged(run.written, key) || isUnguarded(run, seal)) continue;
    const { device, era } = seal;
    for (const { number } of run.devices[device]?.tabs ?? []) {
      const field = ownField(device, number);
      const value = valueIn(body, field);
      // A record made anew by somebody else carries our old values with it.
      if (value === null) continue;
      // A request of a database that is gone may arrive among those of the next.
      const lane = `${field}/${era}/${recordId}`;
      if (value < (newest.get(lane) ?? 0)) {
        broken('I5', `device ${device}: ${recordId} took ${value} after ${newest.get(lane)}`);
      }
      newest.set(lane, value);
    }
  }
}

function valueIn(body: string, field: string): number | null {
  const raw: unknown = body === '' ? null : JSON.parse(body);
  const value = raw === null ? undefined : (raw as Record<string, unknown>)[field];
  return typeof value === 'number' ? value : null;
}

/** I18, I7: a key stands for one request, and for operations that were durable before it was. */
function checkSeals(run: Run): void {
  const { written } = run;
  for (const [key, seals] of written.seals) {
    // A seal that was damaged on the disk is made again, with what has come since.
    if (seals.length > 1 && !isSealDamaged(written, key) && !isUnsentAnew(run, key, seals)) {
      broken('I18', `the key ${key} was sealed for ${seals.length} requests`);
    }
    for (const id of seals.flatMap((seal) => seal.operationIds)) {
      if (!written.operations.has(id)) broken('I7', `${id} was sealed and never durable`);
    }
  }
}

/** Sealed, lost with its database before it left, and sealed anew after the recovery. */
function isUnsentAnew({ net, written }: Run, key: string, seals: readonly Sealed[]): boolean {
  const sent = net.attempts.flatMap((attempt) => attempt.writes);
  const left = seals.filter((seal) =>
    sent.some(
      (write) =>
        write.key === key &&
        write.method === seal.method &&
        write.path === seal.path &&
        write.body === (seal.body ?? '') &&
        write.ifMatch === seal.ifMatch,
    ),
  );
  const eras = new Set(seals.map(({ era }) => era));
  return written.wipes.length > 0 && left.length <= 1 && eras.size === seals.length;
}

/** Lies of a gateway after which a refusal is believed, though a late copy may still take effect. */
const believedLies = 2;

/** I4: refused or cancelled means that it never takes effect. */
export function checkEndings(run: Run): void {
  const { gateway } = run.net;
  const direct = new Set<string>();
  for (const effect of run.server.ledger) {
    const key = effect.key ?? '';
    if (gateway.hidden.has(key) && isUnseen(run, effect)) continue;
    if ((gateway.lies.get(key) ?? 0) >= believedLies) continue;
    // Its answer was lost, and nothing tells any more that what was written over is ours.
    if (isKeyless(run) && isWrittenOver(run, effect)) continue;
    if (leftNoTrace(run, effect)) continue;
    for (const id of sealOf(run, effect)?.operationIds ?? []) direct.add(id);
  }
  for (const { ended } of run.devices) {
    for (const [operationId, outcome] of ended) {
      if (outcome !== 'rejected' && outcome !== 'cancelled') continue;
      // Its seal was damaged: that it had been sent is not known any more. Or that it was taken back.
      if (!direct.has(operationId) || isDamaged(run.written, operationId, 'sealed', 'recovered'))
        continue;
      if (outcome === 'cancelled' && isDamaged(run.written, operationId, 'cancelled')) continue;
      broken('I4', `${operationId} was told as ${outcome} and took effect`);
    }
  }
}

/**
 * Whether what a key did, that is answered with 500 ever since, can not be found: it made a record of
 * whose id nobody was told, or somebody has written over it, or the server has lost it.
 */
function isUnseen(run: Run, effect: Effect): boolean {
  const isNamed = effect.method !== 'POST' || run.devices.some(({ plan }) => plan.ids === 'client');
  return !isNamed || isLost(run, effect) || isWrittenOver(run, effect);
}

/** Whether the server has lost its record, with the epoch that it was made in. */
function isLost({ server }: Run, { recordId }: Effect): boolean {
  return server.changes.some(({ id, change }) => id === recordId && change === Infinity);
}

/**
 * A create that was answered with a bare yes, neither a record nor a version, and is gone by now: nothing
 * tells that it was ever made.
 */
export function leftNoTrace(run: Run, effect: Effect): boolean {
  const { bare, versioning } = run.devices[0]?.plan ?? {};
  const isBare = effect.method === 'POST' && bare === true && versioning !== undefined;
  return isBare && (isLost(run, effect) || isWrittenOver(run, effect));
}

function isWrittenOver({ server }: Run, { n, recordId }: Effect): boolean {
  return server.ledger.some((later) => later.n > n && later.recordId === recordId);
}

/** Rows that end operations: one that was told and then damaged may come otherwise the next time. */
const endings = [
  ...(['answered', 'parked', 'resolved', 'cancelled', 'discarded'] as const),
  // Of a lane that stands otherwise than in a database that has fallen back.
  'recovered',
] as const;

/** Whether it is not known any more that the device was emptied, which ended all that waited. */
function isPurgeDamaged({ written }: Run, index: number): boolean {
  return written.damages.some(({ device, row }) => device === index && row.type === 'purged');
}

/**
 * What a person took back is told by other tabs as soon as it is durable in the database: where the
 * shelf of the tab in which it was done has no room, it comes back with the loss of that database.
 */
function isToldByOther({ written }: Run, device: SimDevice, ending: string | undefined): boolean {
  if (!device.isShared || !device.shelf?.wasFull) return false;
  const isPersons = ending === 'cancelled' || ending === 'discarded';
  return isPersons && written.wipes.some((wipe) => wipe.device === device.index);
}

/** I17: an operation ends once. I3: one that is confirmed has taken effect by then. */
export function checkEnded(
  run: Run,
  device: SimDevice,
  operationId: string,
  outcome: string,
): void {
  const { ended, index } = device;
  const before = ended.get(operationId);
  const isOther = before !== undefined && before !== outcome;
  const isExcused =
    isDamaged(run.written, operationId, ...endings) ||
    isPurgeDamaged(run, index) ||
    isToldByOther(run, device, before);
  if (isOther && !isExcused) {
    broken('I17', `${operationId} ended as ${before}, then as ${outcome}`);
  }
  if (outcome === 'discarded') checkDiscarded(run, device, operationId);
  if (outcome !== 'committed') return;
  const isApplied = run.server.ledger.some((effect) => isCarriedBy(run, effect, operationId));
  if (isApplied || mistakenFor(run).includes(operationId)) return;
  if (!isGone(run, operationId) && !isSealedAnew(run.written, operationId)) {
    broken('I3', `${operationId} was told as committed and has not taken effect`);
  }
}

/** Policies under which what others did may take the place of what waits here. */
const yielding: ReadonlySet<unknown> = new Set(['serverWins', 'lastUpdateWins', 'byField']);

/**
 * I1: nobody's change goes without a word of theirs, but where the policy says so. I3: what stands on the
 * server just as it was sent is not told as discarded, whoever else has written the record before.
 */
function checkDiscarded(run: Run, { index, plan }: SimDevice, operationId: string): void {
  const { written, server } = run;
  // Another tab may have emptied the device: what was written meanwhile goes with all else.
  if (plan.steps.some((step) => step.device === index && step.do === 'clear')) return;
  const operation = written.operations.get(operationId);
  if (!operation || isCleared(written, operation) || written.discarded.has(operationId)) return;
  if (isDamaged(written, operationId, 'sealed', ...endings)) return;
  if (!yielding.has(plan.conflict)) {
    broken('I1', `${operationId} was told as discarded, and nobody has discarded it`);
  }
  const own = server.ledger.findLast((effect) => {
    return sealOf(run, effect)?.operationIds.includes(operationId);
  });
  if (!own || own.method === 'DELETE') return;
  const isLast = !server.ledger.some(({ n, recordId }) => n > own.n && recordId === own.recordId);
  if (isLast && server.rows('todos').has(own.recordId))
    broken('I3', `${operationId} was told as discarded, and it stands on the server`);
}

/**
 * Whether it was to delete a record that others had deleted, or that never came to the server (another
 * tab took back at the same moment what would have made it; the create met a lie): nothing was to do.
 */
function isGone({ server, written }: Run, operationId: string): boolean {
  return [...written.seals.values()].flat().some(({ kind, operationIds, path }) => {
    if (kind !== 'delete' || !operationIds.includes(operationId)) return false;
    const id = decodeURIComponent(path.slice(path.indexOf('/') + 1));
    const own = server.changes.filter((change) => change.id === id);
    return own.length === 0 || own.some(({ record }) => record === null);
  });
}
