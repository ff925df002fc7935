import { expect } from 'vitest';
import { checkSame } from '../../../src/testing/checks/recovery.ts';
import {
  type CrashPoint,
  type CrashRun,
  crashOf,
} from '../../../src/testing/crashPoints/crashPoints.ts';
import type { SimulationResult } from '../../../src/testing/simulate.ts';
import { type Facts, type Lane, laneKey } from '../../../store/facts.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, keysOf } from '../../../store/pages.ts';
import type {
  AnsweredRow,
  Operation,
  ParkedRow,
  PulledRow,
  ResolvedRow,
  Row,
  SealedRow,
} from '../../../store/rows/row.ts';

/** A crash, seen from the fault catalogue: what the page left behind, and what came of it. */
interface Crashed {
  readonly point: CrashPoint;
  readonly scenario: CrashRun['scenario'];
  /** Whether the durable step at which it happened is there. */
  readonly isDurable: boolean;
  /** The rows of that step. */
  readonly rows: readonly Row[];
  readonly facts: Facts;
  readonly result: SimulationResult;
}

type Outcome = (crashed: Crashed) => void;

const device = ({ point, result }: Crashed) => {
  const found = result.run.devices[point.device];
  if (!found) throw new Error('no such device');
  return found;
};

/** Where an operation stands in facts: waiting, ended, or nowhere. */
function placeOf(facts: Facts, id: string): 'waiting' | 'ended' | 'nowhere' {
  const place = getIn(facts.places, id);
  if (place !== undefined && getIn(facts.outbox, place)) return 'waiting';
  return getIn(facts.settlements, id) ? 'ended' : 'nowhere';
}

function laneOf(facts: Facts, { recordId }: { readonly recordId: string }): Lane | undefined {
  return getIn(facts.lanes, laneKey('todo', recordId));
}

const entryOf = (facts: Facts, id: string) => {
  const records = facts.models.todo?.records;
  return records && getIn(records, id);
};

function rowsOf<R extends Row>(crashed: Crashed, type: R['type']): R[] {
  return crashed.rows.filter((row): row is R => row.type === type);
}

const recorded = (crashed: Crashed): Operation[] =>
  crashed.rows.flatMap((row) => (row.type === 'recorded' ? [row.operation] : []));

/** Effects in the server's ledger that carry an operation. */
function effectsOf({ result }: Crashed, id: string): number {
  const { server, written } = result.run;
  return server.ledger.filter(({ key, body }) => {
    const seals = key === null ? [] : (written.seals.get(key) ?? []);
    return seals.some((seal) => (seal.body ?? '') === body && seal.operationIds.includes(id));
  }).length;
}

/** Attempts at the keys that were sealed for a record, in their order. */
function attemptsAt({ result }: Crashed, key: string) {
  return result.run.net.attempts.filter((attempt) => attempt.key === key);
}

/** What each fault of the catalogue must come to; the invariants are checked besides. */
const outcomes: Readonly<Record<string, Outcome>> = {
  CR1: (crashed) => {
    const { group, plan } = crashed.scenario;
    // The second shelf may have heard of it, and speaks where the database is lost before the next page.
    const most = group === 'damage' && plan.shelf ? 1 : 0;
    for (const { id, kind, recordId, changes } of recorded(crashed)) {
      expect(placeOf(crashed.facts, id)).toBe('nowhere');
      const shown = entryOf(crashed.facts, recordId)?.shown;
      if (kind === 'delete') expect(shown).toBeDefined();
      else expect(shown).not.toMatchObject(changes);
      expect(effectsOf(crashed, id)).toBeLessThanOrEqual(most);
      expect(device(crashed).accepted.map(({ operationId }) => operationId)).not.toContain(id);
    }
  },
  CR2: (crashed) => {
    for (const { id } of recorded(crashed)) {
      expect(device(crashed).accepted.map(({ operationId }) => operationId)).not.toContain(id);
      expect(
        keysOf(crashed.facts.outbox).filter((key) => getIn(crashed.facts.outbox, key)?.id === id),
      ).toHaveLength(1);
      expect(effectsOf(crashed, id)).toBeLessThanOrEqual(1);
      if (device(crashed).ended.get(id) === 'committed') expect(effectsOf(crashed, id)).toBe(1);
    }
  },
  CR3: (crashed) => {
    for (const { kind, recordId, changes } of recorded(crashed).slice(-1)) {
      const shown = entryOf(crashed.facts, recordId)?.shown;
      if (kind === 'delete') expect(shown ?? null).toBeNull();
      else expect(shown).toMatchObject(changes);
    }
  },
  CR4: ({ result }) => {
    for (const { accepted } of result.run.devices) {
      for (const { operationId } of accepted) {
        expect(result.run.written.operations.has(operationId)).toBe(true);
      }
    }
  },
  CR5: (crashed) => {
    for (const request of rowsOf<SealedRow>(crashed, 'sealed').flatMap(
      ({ requests }) => requests,
    )) {
      expect(laneOf(crashed.facts, request)?.sealed?.key).toBe(request.key);
      const sent = attemptsAt(crashed, request.key);
      const died = crashed.result.run.start + crashOf(crashed.point, crashed.result).at;
      for (const { from, body } of sent) {
        expect(from).toBeGreaterThan(died);
        expect(body).toBe(request.body ?? '');
      }
      expect(sent.length).toBeGreaterThan(0);
    }
  },
  CR6: (crashed) => sentAgain(crashed),
  CR7: (crashed) => sentAgain(crashed),
  CR8: (crashed) => {
    for (const { operationIds } of rowsOf<AnsweredRow>(crashed, 'answered')) {
      for (const id of operationIds) {
        expect(placeOf(crashed.facts, id)).toBe('ended');
        expect(device(crashed).ended.get(id)).toBe('committed');
      }
    }
  },
  CR9: (crashed) => {
    for (const { operationIds, recordId, version } of rowsOf<AnsweredRow>(crashed, 'answered')) {
      const places = new Set(operationIds.map((id) => placeOf(crashed.facts, id)));
      expect([...places]).toEqual([crashed.isDurable ? 'ended' : 'waiting']);
      if (crashed.isDurable)
        expect(entryOf(crashed.facts, recordId)?.version ?? null).toBe(version);
      else expect(laneOf(crashed.facts, { recordId })?.sealed?.operationIds).toEqual(operationIds);
    }
  },
  CR10: (crashed) => {
    for (const { items } of rowsOf<PulledRow>(crashed, 'pulled')) {
      for (const { id, version } of items) {
        if (crashed.isDurable) expect(entryOf(crashed.facts, id)?.version).toBe(version);
        else expect(entryOf(crashed.facts, id)?.version ?? null).not.toBe(version);
      }
    }
  },
  CR11: (crashed) => {
    for (const { since, cursor } of rowsOf<PulledRow>(crashed, 'pulled')) {
      const now = crashed.facts.models.todo?.cursor ?? null;
      if (crashed.isDurable && cursor !== null) expect(now).toBe(cursor);
      else if (cursor !== since && cursor !== null) expect(now).not.toBe(cursor);
    }
  },
  CR12: (crashed) => {
    for (const { replaced, operation, recordId, version } of rowsOf<ResolvedRow>(
      crashed,
      'resolved',
    )) {
      const here = idsIn(crashed.facts, recordId);
      for (const id of replaced) expect(here.includes(id)).toBe(!crashed.isDurable);
      if (operation) expect(here.includes(operation.id)).toBe(crashed.isDurable);
      if (crashed.isDurable)
        expect(entryOf(crashed.facts, recordId)?.version ?? null).toBe(version);
    }
  },
  CR13: (crashed) => {
    const requests = rowsOf<SealedRow>(crashed, 'sealed').flatMap((row) => row.requests);
    for (const { recordId, operationIds } of requests) {
      const lane = laneOf(crashed.facts, { recordId });
      // One request for all of them, or all of them unsealed.
      if (crashed.isDurable) expect(lane?.sealed?.operationIds).toEqual(operationIds);
      else expect(lane?.sealed?.operationIds ?? []).toEqual([]);
      for (const id of operationIds) {
        expect(placeOf(crashed.facts, id)).toBe('waiting');
        expect(effectsOf(crashed, id)).toBeLessThanOrEqual(1);
      }
    }
    for (const row of crashed.rows) {
      if (row.type !== 'cancelled') continue;
      for (const id of row.operationIds) {
        expect(placeOf(crashed.facts, id)).toBe(crashed.isDurable ? 'ended' : 'waiting');
        if (crashed.isDurable) expect(effectsOf(crashed, id)).toBe(0);
      }
    }
  },
  CR14: (crashed) => {
    for (const row of rowsOf<ParkedRow>(crashed, 'parked')) {
      const lane = laneOf(crashed.facts, row);
      const isDead = crashed.isDurable && row.reason === 'rejected';
      expect(lane?.sealed === null).toBe(crashed.isDurable);
      expect(lane?.parked?.operationIds ?? []).toEqual(crashed.isDurable ? row.operationIds : []);
      for (const id of row.operationIds) {
        expect(idsIn(crashed.facts, row.recordId)).toContain(id);
        expect(getIn(crashed.facts.settlements, id)?.outcome).toBe(isDead ? 'rejected' : undefined);
      }
    }
    for (const row of crashed.rows) {
      if (row.type !== 'discarded' && row.type !== 'edited' && row.type !== 'retried') continue;
      const here = idsIn(crashed.facts, row.recordId);
      for (const id of row.operationIds) expect(here.includes(id)).toBe(!crashed.isDurable);
      if (row.type !== 'discarded') {
        expect(here.includes(row.operation.id)).toBe(crashed.isDurable);
      }
    }
  },
  CR15: (crashed) => {
    // A checkpoint and a sweep change no fact: whatever the crash, the same is there.
    sameAs(crashed, 'step');
  },
  CR18: (crashed) => {
    if (!crashed.isDurable || !crashed.rows.some(({ type }) => type === 'purged')) return;
    const { models, outbox, lanes } = crashed.facts;
    expect([models.todo?.records.size, outbox.size, lanes.size]).toEqual([0, 0, 0]);
    // Cut short or not: the bytes of what was there are gone in the end.
    for (const { id } of crashed.result.run.written.operations.values()) {
      const { ended, disk } = device(crashed);
      if (ended.get(id) === 'discarded') expect(disk.holds(`"id":"${id}"`)).toBe(false);
    }
  },
  CR19: (crashed) => {
    const { run, crashes } = crashed.result;
    // What was written before the pull had ended is there, or it has ended by now.
    for (const { id, device: owner } of run.written.operations.values()) {
      if (owner !== crashed.point.device || device(crashed).ended.has(id)) continue;
      expect(placeOf(crashed.facts, id)).not.toBe('nowhere');
    }
    // In the end all of it is here.
    const last = crashes.findLast((crash) => crash.device === crashed.point.device);
    const records = last?.facts.models.todo?.records;
    for (const [id] of run.server.rows('todos')) {
      const key =
        records &&
        (getIn(records, id)
          ? id
          : keysOf(records).find((own) => getIn(records, own)?.alias === id));
      expect(records && getIn(records, key ?? '')?.base).toBeDefined();
    }
  },
  CR20: ({ result, scenario }) => {
    // Between its lives the disk of this one was changed by others.
    if (scenario.group === 'damage') return;
    // Two crashes with no row in between: recovery has changed nothing.
    for (const one of result.crashes) {
      const next = result.crashes.find((item) => item.device === one.device && item.at > one.at);
      const isSame = next && next.facts.head === one.facts.head && next.facts.folded > 0;
      if (isSame && one.facts.folded === next.facts.folded) {
        checkSame('after two crashes', one.facts, next.facts);
      }
    }
  },
  CR22: (crashed) => {
    // What only the system had is gone with the power, as if it had never been written.
    sameAs(crashed, 'side');
  },
};

/** The key is sent again, word for word, and takes effect once. */
function sentAgain(crashed: Crashed): void {
  const { key } = crashed.point;
  if (key === null) return;
  const attempts = attemptsAt(crashed, key);
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
  const { server } = crashed.result.run;
  const effects = server.ledger.filter((effect) => effect.key === key).length;
  expect(effects).toBeLessThanOrEqual(1);
  // Once more; or a pull brought the record first, with the key of who wrote it.
  expect(attempts.length + effects).toBeGreaterThanOrEqual(2);
}

function idsIn(facts: Facts, recordId: string): string[] {
  return operationsIn(facts, laneKey('todo', recordId)).map(({ id }) => id);
}

const seenAt = new Map<string, Facts>();

/** Compares the facts with those of the other crashes at the same step, or on the same side of it. */
function sameAs({ scenario, point, facts, isDurable }: Crashed, what: 'step' | 'side'): void {
  const side = what === 'side' ? (isDurable ? 'after' : 'before') : 'both';
  const where = `${scenario.name}/${point.device}/${point.n}/${side}`;
  const known = seenAt.get(where);
  // What else was under way at that moment may be there or not.
  if (known && known.head === facts.head) checkSame(where, known, facts);
  else if (!known) seenAt.set(where, facts);
}

/** The faults of the catalogue that a crash is an example of. */
function idsOf({ name, kind }: CrashPoint, { scenario, crashes }: CrashRun): string[] {
  const isBefore = kind.endsWith('Before');
  const { group } = scenario;
  const ids: string[] = [];
  const is = (...types: string[]) =>
    name.startsWith('append ') && types.some((type) => name.slice(7).split('+').includes(type));
  if (is('recorded')) ids.push('CR4', ...(isBefore ? ['CR1'] : ['CR2', 'CR3']));
  // What is damaged or taken away later has an ending of its own.
  if (group !== 'damage') {
    if (is('sealed') && !isBefore) ids.push('CR5');
    if (name === 'request sent' || name === 'answer on its way') ids.push('CR6');
    if (name === 'answer received') ids.push('CR7');
    if (is('answered') && !isBefore) ids.push('CR8');
  }
  if (is('answered')) ids.push('CR9');
  // A page that was written and nobody learned of is written again.
  if (is('pulled') && group !== 'disk') ids.push('CR10', 'CR11');
  if (is('pulled') && group === 'bootstrap') ids.push('CR19');
  if (is('resolved')) ids.push('CR12');
  if (is('sealed', 'cancelled') && group === 'coalesce') ids.push('CR13');
  if (is('parked', 'discarded', 'edited', 'retried')) ids.push('CR14');
  if (name.startsWith('checkpoint') || name === 'sweep') ids.push('CR15');
  if (is('purged') || (group === 'clear' && name.startsWith('checkpoint'))) ids.push('CR18');
  if (crashes.length > 1) ids.push('CR20');
  if (kind !== 'kill') ids.push('CR22');
  return ids;
}

/** Faults that a run is an example of: by its last crash, and by the first alone where there is one. */
export function faultsOf(run: CrashRun): string[] {
  const last = run.crashes.at(-1);
  if (!last) return [];
  return run.crashes.length > 1 ? ['CR20'] : idsOf(last, run);
}

/** Checks what each fault that the run is an example of must come to. */
export function checkOutcomes(run: CrashRun, result: SimulationResult): void {
  const point = run.crashes.at(-1) as CrashPoint;
  const { n } = point;
  const texts = n === null ? [] : (result.run.devices[point.device]?.disk.appended[n - 1] ?? []);
  const crashed: Crashed = {
    ...{ point, result, scenario: run.scenario, isDurable: point.kind.endsWith('After') },
    rows: texts.map((text) => JSON.parse(text) as Row),
    facts: crashOf(point, result).facts,
  };
  for (const id of faultsOf(run)) {
    try {
      outcomes[id]?.(crashed);
    } catch (cause) {
      throw new Error(`${id}: ${(cause as Error).message}`, { cause });
    }
  }
}
