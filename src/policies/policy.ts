import { copyJson, isJsonObject, type Json, type JsonObject, sameJson } from '../../store/json.ts';
import type { Operation, Overwritten } from '../../store/rows/row.ts';
import { merge } from './merge.ts';

/** Somebody else changed the record that we changed. All plain data, not to be changed. */
export interface Conflict<T = JsonObject> {
  readonly model: string;
  /** The record's key on this device. */
  readonly recordId: string;
  /** What both started from; null if it is not known. */
  readonly base: T | null;
  /** Our record; null: we deleted it. */
  readonly local: T | null;
  /** Theirs; null: they deleted it. */
  readonly remote: T | null;
  /** What we did, in order. */
  readonly operations: readonly Operation[];
  /** Top-level fields that each side changed. */
  readonly changedLocally: readonly string[];
  readonly changedRemotely: readonly string[];
}

/**
 * `keepLocal`: our record stands. `keepRemote`: theirs. `park`: a person decides. `{ merged }`: this
 * record stands.
 */
export type Resolution<T = JsonObject> =
  | 'keepLocal'
  | 'keepRemote'
  | 'park'
  | { readonly merged: T };

/** Decides on plain data alone: asked twice, it must say the same; otherwise the conflict is parked. */
export type ConflictFunction<T = JsonObject> = (conflict: Conflict<T>) => Resolution<T>;

export type ConflictPolicy<T = JsonObject> =
  | 'merge'
  | 'serverWins'
  | 'clientWins'
  | 'lastUpdateWins'
  | 'manual'
  | ConflictFunction<T>;

export const namedPolicies: readonly string[] = [
  ...['merge', 'serverWins', 'clientWins', 'lastUpdateWins', 'manual'],
];

/** How a model decides its conflicts. */
export interface ConflictRule {
  readonly policy: ConflictPolicy;
  /** When the server's record was changed last (ms since 1970); null if it does not say. */
  readonly updatedAt: ((record: JsonObject) => number | null) | null;
  /** How far the server's clock is ahead of ours (ms); null if nobody has measured it. */
  readonly clockOffset: () => number | null;
}

/** A server's clock that is further off than this (ms) decides nothing. */
const largestOffset = 60_000;

export interface ConflictFacts {
  readonly model: string;
  readonly recordId: string;
  readonly base: JsonObject | null;
  readonly remote: JsonObject | null;
  /** Our operations, in order; not empty. */
  readonly operations: readonly Operation[];
  /** What they come to: the fields that they replace; null where they end in a delete. */
  readonly changes: JsonObject | null;
}

export type Decision =
  /** These fields go to the server, on top of its record; none: there is nothing left to send. */
  | {
      readonly kind: 'send';
      readonly changes: JsonObject;
      readonly overwritten: readonly Overwritten[];
    }
  /** Theirs is gone, ours is made again. */
  | { readonly kind: 'recreate'; readonly record: JsonObject }
  /** Our delete goes again, on top of their change. */
  | { readonly kind: 'delete' }
  /** Theirs stands. */
  | { readonly kind: 'drop'; readonly overwritten: readonly Overwritten[] }
  | { readonly kind: 'park' };

const park: Decision = { kind: 'park' };

/** What a policy makes of a conflict. Never throws: what a function of the user's can't decide waits. */
export function decide(rule: ConflictRule, facts: ConflictFacts): Decision {
  const { policy } = rule;
  switch (policy) {
    case 'merge':
      return merged(facts);
    case 'serverWins':
      return drop(facts);
    case 'clientWins':
      return keepLocal(facts);
    case 'lastUpdateWins':
      return isOursLater(rule, facts) ? keepLocal(facts) : drop(facts);
    case 'manual':
      return park;
    default:
      return decided(policy, facts);
  }
}

function merged({ base, remote, changes }: ConflictFacts): Decision {
  // Deleted on one side and changed on the other: no rule of ours is better than a person.
  if (!remote || !changes) return park;
  const { id: _, ...fields } = changes;
  return { kind: 'send', ...merge(base, fields, remote) };
}

function localOf({ base, changes, recordId }: ConflictFacts): JsonObject | null {
  return changes && { ...base, ...changes, id: recordId };
}

/** The whole record as this device has it. */
function keepLocal(facts: ConflictFacts): Decision {
  const local = localOf(facts);
  if (!local) return { kind: 'delete' };
  return stand(facts, local);
}

/** `record` stands, whatever the server has. */
function stand({ base, remote }: ConflictFacts, record: JsonObject): Decision {
  if (!remote) return { kind: 'recreate', record };
  const { id: _, ...fields } = record;
  // Against no base at all: every field is ours to say.
  const { changes } = merge(null, fields, remote);
  const overwritten = Object.keys(changes).flatMap((field): Overwritten[] => {
    const theirs = fieldOf(remote, field);
    if (sameJson(fieldOf(base, field), theirs)) return [];
    return [{ field, local: changes[field] ?? null, remote: theirs ?? null }];
  });
  return { kind: 'send', changes, overwritten };
}

function fieldOf(record: JsonObject | null, field: string): Json | undefined {
  return record && Object.hasOwn(record, field) ? record[field] : undefined;
}

/** Theirs stands; what we had said otherwise goes to the log. */
function drop({ remote, changes }: ConflictFacts): Decision {
  const { id: _, ...fields } = changes ?? {};
  const overwritten = Object.entries(fields).flatMap(([field, local]): Overwritten[] => {
    const theirs = fieldOf(remote, field);
    return sameJson(local, theirs)
      ? []
      : [{ field, local, remote: theirs ?? null, kept: 'remote' }];
  });
  return { kind: 'drop', overwritten };
}

/**
 * Whether our last change is later than theirs, by the server's clock. A tie, a clock that is too
 * far off, and a record that does not say when: theirs.
 */
function isOursLater({ updatedAt, clockOffset }: ConflictRule, facts: ConflictFacts): boolean {
  const theirs = facts.remote && updatedAt?.(facts.remote);
  const offset = clockOffset() ?? 0;
  if (theirs === null || theirs === undefined || Math.abs(offset) > largestOffset) return false;
  const ours = Math.max(...facts.operations.map((operation) => operation.at)) + offset;
  return ours > theirs;
}

function decided(policy: ConflictFunction, facts: ConflictFacts): Decision {
  const { model, recordId, base, remote, operations } = facts;
  const local = localOf(facts);
  // The function gets copies: what it does to them harms nobody.
  const conflict: Conflict = {
    ...{ model, recordId, base: copy(base), local: copy(local), remote: copy(remote), operations },
    changedLocally: changedFields(base, local),
    changedRemotely: changedFields(base, remote),
  };
  let said: Resolution;
  try {
    said = policy(conflict);
    // What depends on a clock or on chance would be decided otherwise on another device.
    if (!sameJson(said as Json, policy(conflict) as Json)) return park;
  } catch {
    return park;
  }
  if (said === 'keepLocal') return keepLocal(facts);
  if (said === 'keepRemote') return drop(facts);
  const record = isJsonObject(said) && Object.hasOwn(said, 'merged') ? said.merged : null;
  const copied = copyJson(record);
  return copied.ok && isJsonObject(copied.value)
    ? stand(facts, { ...copied.value, id: recordId })
    : park;
}

function copy(record: JsonObject | null): JsonObject | null {
  return record && (JSON.parse(JSON.stringify(record)) as JsonObject);
}

function changedFields(base: JsonObject | null, side: JsonObject | null): string[] {
  const fields = new Set([...Object.keys(base ?? {}), ...Object.keys(side ?? {})]);
  fields.delete('id');
  return [...fields].filter((field) => !sameJson(fieldOf(base, field), fieldOf(side, field)));
}
