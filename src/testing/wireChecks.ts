import { carriedBy, InvariantBroken, type Run, withSuperseded } from './history.ts';
import type { Plan } from './plan.ts';

function broken(invariant: string, seen: string): never {
  throw new InvariantBroken(invariant, seen);
}

/** What was sent, against what was sealed, what was written and what the server can have said. */
export function checkWire(run: Run, plan: Plan): void {
  checkBytes(run);
  checkRefusals(run);
  checkOffline(run, plan);
  checkValues(run);
}

/** I18: all attempts of a key carry the bytes that were sealed. */
function checkBytes({ net, sealed, wiped }: Run): void {
  for (const { key, device, method, path, body, ifMatch } of net.attempts) {
    if (key === null || wiped.has(device)) continue;
    const request = sealed.get(key);
    if (!request) broken('I18', `the key ${key} was sent and never sealed`);
    const same =
      request.method === method &&
      request.path === path &&
      (request.body ?? '') === body &&
      request.ifMatch === ifMatch;
    if (!same) broken('I18', `what was sent under ${key} is not what was sealed: ${body}`);
  }
}

/** I4: the server refuses an empty title and nothing else, so nothing else may be told as refused. */
function checkRefusals(run: Run): void {
  const { devices, sealed, wiped } = run;
  const refused = new Set<string>();
  for (const [key, { body }] of sealed) {
    const record: unknown = body === null ? null : JSON.parse(body);
    if ((record as { title?: unknown } | null)?.title !== '') continue;
    for (const id of carriedBy(run, key)) refused.add(id);
  }
  for (const { index, ended } of devices) {
    if (wiped.has(index)) continue;
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
      if (event.failure.at > from && event.failure.at < to) {
        broken('I24', `${event.recordId} was put off by a failure while there was no network`);
      }
    }
  }
}

/**
 * I3: what ended as committed or merged has reached the server word for word: each number that was
 * written stands in a request that took effect for it, or a later one of the same device does.
 */
function checkValues(run: Run): void {
  const { devices, operations, server, wiped } = run;
  const effects = new Map<string, Record<string, unknown>[]>();
  const anybody = new Set<string>();
  // A person's choice, or a delete, takes with it what was written before.
  const gone = withSuperseded(run, run.chosen);
  for (const [key, { kind }] of run.sealed) {
    if (kind === 'delete') for (const id of carriedBy(run, key)) gone.add(id);
  }
  for (const { key, body } of server.ledger) {
    const record: unknown = body === '' ? null : JSON.parse(body);
    for (const id of key === null ? [] : carriedBy(run, key)) {
      if (record) effects.set(id, [...(effects.get(id) ?? []), record as Record<string, unknown>]);
    }
    for (const [field, value] of Object.entries(record ?? {})) anybody.add(`${field}/${value}`);
  }
  for (const { index, ended } of devices) {
    if (wiped.has(index)) continue;
    for (const [operationId, outcome] of ended) {
      const operation = operations.get(operationId);
      if (!operation || gone.has(operationId)) continue;
      if (outcome !== 'committed' && outcome !== 'merged') continue;
      for (const [field, value] of Object.entries(operation.changes)) {
        if (typeof value !== 'number') continue;
        const reached = (effects.get(operationId) ?? []).some(
          (body) => Number(body[field]) >= value,
        );
        // Somebody else had written the very same: there was nothing left to send.
        if (reached || anybody.has(`${field}/${value}`)) continue;
        broken('I3', `${operationId} ended as ${outcome}; ${field}: ${value} never took effect`);
      }
    }
  }
}
