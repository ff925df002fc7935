import { type Facts, laneKey, type Outcome } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { Operation } from '../../store/rows/row.ts';
import type { Intent } from '../../store/seal.ts';
import { operationsIn } from './laneReads.ts';
import { namedIn, type References } from './references.ts';

export type ReferencesOf = (model: string) => References;

/** What must happen before a lane may be sealed. */
export interface Blocker {
  /** The lane that is waited for; one that is gone for good is waited for in vain. */
  readonly lane: string;
  readonly why: 'dependsOn' | 'reference' | 'parentFailed';
  readonly operationId: string | null;
}

/** Endings after which what depends on an operation does not go. */
const failures: ReadonlySet<Outcome> = new Set(['rejected', 'discarded', 'cancelled', 'lost']);

/** How far a circle of references is followed. */
const longestChain = 100;

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
  const settlement = getIn(facts.settlements, operationId);
  const failed = settlement && failures.has(settlement.outcome) && !settlement.succeeded;
  return failed ? { lane: own, why: 'parentFailed', operationId } : null;
}

/** Whether `from` waits for `to` already: two records that name each other would wait for ever. */
function leadsTo(facts: Facts, from: string, to: string, referencesOf: ReferencesOf): boolean {
  const seen = new Set<string>([from]);
  const next = [from];
  for (let lane = next.pop(); lane !== undefined && seen.size < longestChain; lane = next.pop()) {
    if (getIn(facts.lanes, lane)?.sealed) continue;
    for (const waited of waitedFor(facts, lane, referencesOf)) {
      if (waited === to) return true;
      if (!seen.has(waited)) {
        seen.add(waited);
        next.push(waited);
      }
    }
  }
  return false;
}

/** Lanes that the leading operations of a lane wait for. */
function waitedFor(facts: Facts, lane: string, referencesOf: ReferencesOf): string[] {
  const waited: string[] = [];
  for (const { model, changes, dependsOn = [] } of operationsIn(facts, lane, longestChain)) {
    for (const id of dependsOn) {
      const place = getIn(facts.places, id);
      if (place !== undefined) waited.push(place.slice(0, place.lastIndexOf('\u0000')));
    }
    for (const [other, id] of namedIn(changes, referencesOf(model))) {
      if (isUnborn(facts, other, id)) waited.push(laneKey(other, id));
    }
  }
  return waited.filter((other) => other !== lane);
}
