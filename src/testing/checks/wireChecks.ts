import { touchedField } from '../device/simPolicies.ts';
import { carriedBy, InvariantBroken, mistakenFor, type Run } from '../history/history.ts';
import { isSealedAnew, withSuperseded } from '../history/written.ts';
import type { Plan } from '../plan/plan.ts';
import { versionField } from '../server/simServer.ts';
import { leftNoTrace } from './ledgerChecks.ts';

function broken(invariant: string, seen: string): never {
  throw new InvariantBroken(invariant, seen);
}

/** What was sent, against what was sealed, what was written and what the server can have said. */
export function checkWire(run: Run, plan: Plan): void {
  checkBytes(run);
  checkRefusals(run);
  checkOffline(run, plan);
  checkWaits(run, plan);
  checkPauses(run);
  checkAsked(run, plan);
  checkValues(run);
}

/** Requests after which it is asked again whether they lead anywhere. */
const often = 100;

/**
 * I15: no going round in circles. A merge stands on the server's newest version, so there are never
 * more merges on a device than there were effects.
 */
export function checkMerges({ devices, net, server }: Run): void {
  if (net.attempts.length % often !== 0) return;
  for (const { index, events, tabs } of devices) {
    const merges = events.filter((event) => event.type === 'conflictMerged').length;
    // Each of its tabs tells of each.
    if (merges > server.ledger.length * tabs.length) {
      broken('I15', `device ${index} merged ${merges} times for ${server.ledger.length} effects`);
    }
  }
}

/** I18: all attempts of a key carry the bytes that were sealed. */
function checkBytes({ devices, net, written }: Run): void {
  // The version that a change was made on stands in its body there, and in no header.
  const isInBody = devices[0]?.plan.versioning === 'field';
  for (const { key, method, path, body, ifMatch } of net.attempts.flatMap((it) => it.writes)) {
    if (key === null) continue;
    const seals = written.seals.get(key);
    if (!seals) broken('I18', `the key ${key} was sent and never sealed`);
    const same = seals.some(
      (request) =>
        request.method === method &&
        request.path === path &&
        (request.body ?? '') === body &&
        (isInBody ? ifMatch === null : request.ifMatch === ifMatch),
    );
    if (!same) broken('I18', `what was sent under ${key} is not what was sealed: ${body}`);
  }
}

/**
 * I4: the server refuses an empty title, the plan what it names, and nobody anything else, so nothing
 * else may be told as refused.
 */
function checkRefusals(run: Run): void {
  const { devices, server, written, net } = run;
  const refused = new Set<string>();
  for (const effect of server.ledger) {
    if (leftNoTrace(run, effect)) for (const id of carriedBy(run, effect)) refused.add(id);
  }
  for (const [key, seals] of written.seals) {
    for (const { body, operationIds } of seals) {
      const record: unknown = body === null ? null : JSON.parse(body);
      // A key that was sealed anew after its seal was damaged is refused for its other body.
      const isAnew = seals.length > 1;
      const isPlanned = net.gateway.refused.has(key);
      if (!isAnew && !isPlanned && (record as { title?: unknown } | null)?.title !== '') continue;
      for (const id of withSuperseded(written, operationIds)) refused.add(id);
    }
  }
  for (const { ended } of devices) {
    for (const [operationId, outcome] of ended) {
      if (outcome === 'rejected' && !refused.has(operationId)) {
        broken('I4', `${operationId} was told as rejected, and no server refused it`);
      }
    }
  }
}

/** ms for which a request or a probe that left before the network went may still be answered. */
const echo = 12_000;

/** I24: what fails because there is no network spends no attempt and is not put off. */
function checkOffline({ devices, start }: Run, { faults }: Plan): void {
  for (const fault of faults) {
    if (fault.on !== 'time' || fault.do !== 'offline') continue;
    const from = start + fault.at + echo;
    const to = start + fault.at + (fault.for ?? 1_000);
    for (const event of devices[fault.device]?.events ?? []) {
      if (event.type !== 'retryScheduled' || event.failure.status !== undefined) continue;
      // Two answers contradict each other, however late the second came.
      if (event.failure.code === 'conflict') continue;
      if (event.failure.at > from && event.failure.at < to) {
        broken('I24', `${event.recordId} was put off by a failure while there was no network`);
      }
    }
  }
}

/**
 * ms that the waits before the n-th attempt in a row take together, at least. Each is drawn from
 * [0, 1 s * 2 ** n]: that a sum is smaller by chance happens once in ten million times.
 */
const leastWaits = new Map([
  [5, 250],
  [8, 5_000],
]);

/** I24: what the server could not do is asked again after waits that grow. */
function checkWaits({ net, devices }: Run, { faults }: Plan): void {
  for (const { index, signIns, isShared } of devices) {
    const failing = new Set<number>();
    for (const fault of faults) {
      if (fault.on === 'request' && fault.device === index && fault.do === 'status500') {
        failing.add(fault.n);
      }
    }
    // A person who signs in goes on at once with what waited; so does a tab that was stopped.
    if (failing.size < 5 || signIns > 0 || isShared) continue;
    const inARow = new Map<string, { times: number; ended: number; waited: number }>();
    const own = net.attempts.filter((attempt) => attempt.device === index);
    for (const [i, { key, from, to }] of own.entries()) {
      if (key === null) continue;
      const before = inARow.get(key) ?? { times: 0, ended: from, waited: 0 };
      const waited = before.waited + from - before.ended;
      const times = before.times;
      if (waited < (leastWaits.get(times) ?? 0)) {
        broken('I24', `attempt ${times + 1} of ${key} came after waits of ${waited} ms together`);
      }
      if (failing.has(i + 1) && to !== null)
        inARow.set(key, { times: times + 1, ended: to, waited });
      else inARow.delete(key);
    }
  }
}

/** I24: what the server asks a page to wait for is waited for, by all that it has to write. */
function checkPauses({ net, devices }: Run): void {
  for (const { index, signIns } of devices) {
    // A person who signs in goes on at once with what waited.
    if (signIns > 0) continue;
    const own = net.attempts.filter((attempt) => attempt.device === index);
    for (const { to, heardAt, pause, page } of own) {
      if (to === null || heardAt === null || pause === null) continue;
      const early = own.find(
        ({ from, writes, ...it }) =>
          it.page?.id === page?.id && writes.length > 0 && from > heardAt && from < to + pause,
      );
      if (!early) continue;
      const wait = `${early.from - to} of ${pause} ms`;
      broken('I24', `${early.method} ${early.path} came after ${wait} that were to be waited for`);
    }
  }
}

/** Times that a request may be asked about early: a page that dies forgets what it did not write down. */
const early = 3;

/** I24: a server that works on a request is asked about it when it said. */
function checkAsked({ net, devices }: Run, { faults }: Plan): void {
  for (const { index, signIns } of devices) {
    // Nor does one whose disk refuses it: it asks again after a rest.
    const isFull = faults.some(
      (it) => it.device === index && it.on === 'disk' && it.do === 'quota',
    );
    if (signIns > 0 || isFull) continue;
    const own = net.attempts.filter((attempt) => attempt.device === index);
    const times = new Map<string, number>();
    for (const [i, { key, to, later }] of own.entries()) {
      if (key === null || to === null || later === null) continue;
      const next = own.slice(i + 1).find((attempt) => attempt.key === key);
      // The time of a row is a part of a millisecond older than the answer.
      if (!next || next.from >= to + later - 1) continue;
      times.set(key, (times.get(key) ?? 0) + 1);
      if ((times.get(key) ?? 0) <= early) continue;
      broken(
        'I24',
        `${key} was asked about after ${next.from - to} of ${later} ms, again and again`,
      );
    }
  }
}

/**
 * I3: what ended as committed or merged has reached the server word for word: each number that was
 * written stands in a request that took effect for it, or a later one of the same device does.
 */
function checkValues(run: Run): void {
  const { devices, server, written } = run;
  const effects = new Map<string, Record<string, unknown>[]>();
  const highest = new Map<string, number>();
  // A person's choice, or a delete, takes with it what was written before.
  const gone = withSuperseded(written, [...written.chosen, ...written.undone]);
  for (const id of mistakenFor(run)) gone.add(id);
  for (const { kind, operationIds } of [...written.seals.values()].flat()) {
    if (kind === 'delete') for (const id of withSuperseded(written, operationIds)) gone.add(id);
  }
  for (const effect of server.ledger) {
    const { body } = effect;
    const record: unknown = body === '' ? null : JSON.parse(body);
    for (const id of carriedBy(run, effect)) {
      if (record) effects.set(id, [...(effects.get(id) ?? []), record as Record<string, unknown>]);
    }
    for (const [field, value] of Object.entries(record ?? {})) {
      if (typeof value === 'number') highest.set(field, Math.max(value, highest.get(field) ?? 0));
    }
  }
  for (const { ended, isShared } of devices) {
    for (const [operationId, outcome] of ended) {
      const operation = written.operations.get(operationId);
      if (!operation || gone.has(operationId)) continue;
      if (isSealedAnew(written, operationId)) continue;
      if (outcome !== 'committed' && outcome !== 'merged') continue;
      for (const [field, value] of Object.entries(operation.changes)) {
        // A record that is made anew is given its version there.
        if (typeof value !== 'number' || field === versionField) continue;
        // Tabs write it in the order in which they come to the disk.
        if (isShared && (field === 'shared' || field === touchedField)) continue;
        const reached = (effects.get(operationId) ?? []).some(
          (body) => Number(body[field]) >= value,
        );
        // Somebody else may have written the very same: then there was nothing left to send.
        if (reached || (field === 'shared' && (highest.get(field) ?? 0) >= value)) continue;
        broken('I3', `${operationId} ended as ${outcome}; ${field}: ${value} never took effect`);
      }
    }
  }
}
