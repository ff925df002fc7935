import { type Facts, isTakenBack, laneKey, type Outcome } from '../../../store/facts.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn, valuesOf } from '../../../store/pages.ts';
import type { Operation } from '../../../store/rows/row.ts';
import { coalesce, type Intent, type NothingToSend } from '../../../store/seal.ts';
import { entryOf } from '../records/recordReads.ts';
import { namedIn, type References } from '../records/references.ts';

export type ReferencesOf = (model: string) => References;

/** What must happen before a lane may be sealed. */
export interface Blocker {
  /** The lane that is waited for; one that is gone for good is waited for in vain. */
  readonly lane: string;
  readonly why: 'dependsOn' | 'reference' | 'parentFailed';
  /** Null: a record that is named. */
  readonly operationId: string | null;
}

/** Endings after which what depends on an operation does not go. */
const failures: ReadonlySet<Outcome> = new Set(['rejected', 'discarded', 'cancelled', 'lost']);

/** How far a circle of references is followed. */
const longestChain = 100;

type RunOf = typeof intentOf;

/**
 * What a lane sends next. An edit that names what waits for this record already is no part of it: it
 * goes once that is on the server, and would send a key of this device otherwise.
 *
 * @param operations those of the lane, in order
 */
export function intentOf(
  facts: Facts,
  operations: readonly Operation[],
  referencesOf: ReferencesOf,
): Intent | NothingToSend | null {
  const whole = wholeRun(facts, operations);
  if (!whole || whole.kind === 'nothing') return whole;
  const own = laneKey(whole.model, whole.recordId);
  const end = operations.findIndex(
    ({ model, changes }, i) =>
      i > 0 &&
      i < whole.operationIds.length &&
      namedIn(changes, referencesOf(model)).some(([other, named]) => {
        const lane = laneKey(other, named);
        const mayWait = lane !== own && isUnborn(facts, other, named);
        return mayWait && leadsTo(facts, lane, own, referencesOf, wholeRun);
      }),
  );
  return end < 0 ? whole : wholeRun(facts, operations.slice(0, end));
}

function wholeRun(facts: Facts, operations: readonly Operation[]): Intent | NothingToSend | null {
  const [first] = operations;
  return first ? coalesce(operations, entryOf(facts, first.model, first.recordId)) : null;
}

/** Why an intent can't go yet; null if it can. `operations` are those of its lane, in order. */
export function blockerOf(
  facts: Facts,
  intent: Intent,
  operations: readonly Operation[],
  referencesOf: ReferencesOf,
): Blocker | null {
  const own = laneKey(intent.model, intent.recordId);
  for (const operation of operations) {
    if (!intent.operationIds.includes(operation.id)) continue;
    for (const id of operation.dependsOn ?? []) {
      const blocker = unmet(facts, own, id);
      if (blocker) return blocker;
    }
  }
  for (const [model, id] of namedIn(intent.changes, referencesOf(intent.model))) {
    const lane = laneKey(model, id);
    if (lane !== own && isTakenBack(facts, lane)) {
      return { lane, why: 'parentFailed', operationId: null };
    }
    if (lane === own || !isUnborn(facts, model, id)) continue;
    if (!leadsTo(facts, lane, own, referencesOf)) {
      return { lane, why: 'reference', operationId: null };
    }
  }
  return null;
}

/** Whether the server does not know the record yet, though it is on its way there. */
function isUnborn(facts: Facts, model: string, id: string): boolean {
  const records = facts.models[model]?.records;
  const isKnown = records !== undefined && getIn(records, id)?.base != null;
  return !isKnown && getIn(facts.lanes, laneKey(model, id)) !== undefined;
}

/** What keeps an operation from being sent, as far as another operation is concerned. */
function unmet(facts: Facts, own: string, operationId: string): Blocker | null {
  const place = getIn(facts.places, operationId);
  if (place !== undefined) {
    const lane = place.slice(0, place.lastIndexOf('\u0000'));
    // One of the same record stands in front of it anyway.
    return lane === own ? null : { lane, why: 'dependsOn', operationId };
  }
  const unread = facts.quarantine.size > 0 ? unreadLane(facts, operationId) : null;
  if (unread !== null) return { lane: unread, why: 'dependsOn', operationId };
  const settlement = getIn(facts.settlements, operationId);
  const failed = settlement && failures.has(settlement.outcome) && !settlement.succeeded;
  return failed ? { lane: own, why: 'parentFailed', operationId } : null;
}

/** The lane of an operation that waits behind a row that can not be read; null: it is not there. */
function unreadLane(facts: Facts, operationId: string): string | null {
  const found = valuesOf(facts.quarantine).find(({ text }) => text.includes(operationId));
  return found?.lane ? laneKey(found.lane.model, found.lane.recordId) : null;
}

/** A place in a lane: what waits for it waits for all in front of it as well. */
interface Place {
  readonly lane: string;
  /** Null: what is sealed next, which makes the record. */
  readonly upTo: string | null;
}

/** Whether what `from` sends next waits for `to` already: two that wait for each other do so for ever. */
function leadsTo(
  facts: Facts,
  from: string,
  to: string,
  referencesOf: ReferencesOf,
  runOf: RunOf = intentOf,
): boolean {
  const seen = new Set<string>();
  const next: Place[] = [{ lane: from, upTo: null }];
  for (let place = next.pop(); place && seen.size < longestChain; place = next.pop()) {
    const { lane, upTo } = place;
    const name = `${lane}\u0000${upTo}`;
    if (seen.has(name) || (upTo === null && getIn(facts.lanes, lane)?.sealed)) continue;
    seen.add(name);
    for (const waited of waitedFor(facts, place, referencesOf, runOf)) {
      if (waited.lane === to) return true;
      if (waited.lane !== lane) next.push(waited);
    }
  }
  return false;
}

/** Places that the operations of a lane wait for, as far as a place in it. */
function waitedFor(facts: Facts, place: Place, referencesOf: ReferencesOf, runOf: RunOf): Place[] {
  const waited: Place[] = [];
  for (const { model, changes, dependsOn = [] } of leading(facts, place, referencesOf, runOf)) {
    for (const id of dependsOn) {
      const at = getIn(facts.places, id);
      if (at !== undefined) waited.push({ lane: at.slice(0, at.lastIndexOf('\u0000')), upTo: id });
    }
    for (const [other, id] of namedIn(changes, referencesOf(model))) {
      if (isUnborn(facts, other, id)) waited.push({ lane: laneKey(other, id), upTo: null });
    }
  }
  return waited;
}

/** The operations of a lane as far as a place in it. */
function leading(
  facts: Facts,
  { lane, upTo }: Place,
  referencesOf: ReferencesOf,
  runOf: RunOf,
): readonly Operation[] {
  const operations = operationsIn(facts, lane, longestChain);
  if (upTo !== null) {
    const at = operations.findIndex(
      ({ id, supersedes }) => id === upTo || supersedes?.includes(upTo),
    );
    return at < 0 ? operations : operations.slice(0, at + 1);
  }
  const intent = runOf(facts, operations, referencesOf);
  return operations.filter(({ id }) => intent?.operationIds.includes(id));
}
