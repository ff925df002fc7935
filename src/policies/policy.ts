import { copyJson, isJsonObject, type Json, type JsonObject, sameJson } from '../../store/json.ts';
import { netChange } from '../../store/netChange.ts';
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
  /** Fields that are the server's to say: a version, the time of the last change. */
  readonly serverFields: readonly string[];
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
  /** All that waits in the lane, in order; not empty. */
  readonly operations: readonly Operation[];
  /** Those in front that the conflict is about: one request, and what it can not be told apart from. */
  readonly contested: readonly Operation[];
}

export type Decision =
  /** These fields go to the server, on top of its record; none: there is nothing left to send. */
  | {
      readonly kind: 'send';
      readonly changes: JsonObject;
      readonly overwritten: readonly Overwritten[];
      readonly replaces: readonly Operation[];
    }
  /** Theirs is gone, ours is made again. */
  | {
      readonly kind: 'recreate';
      readonly record: JsonObject;
      readonly replaces: readonly Operation[];
    }
  /** Our delete goes again, on top of their change. */
  | { readonly kind: 'delete'; readonly replaces: readonly Operation[] }
  /** Theirs stands, and all of ours goes: what was written on top of what does not stand as well. */
  | { readonly kind: 'drop'; readonly overwritten: readonly Overwritten[] }
  /** It is gone there, and nothing of it is wanted here. */
  | { readonly kind: 'agree' }
  | { readonly kind: 'park' };

const park: Decision = { kind: 'park' };

/** What a policy makes of a conflict. Never throws: what a function of the user's can't decide waits. */
export function decide(rule: ConflictRule, facts: ConflictFacts): Decision {
  const { policy } = rule;
  if (!facts.remote && !localOf(facts)) return { kind: 'agree' };
  switch (policy) {
    case 'merge':
      return merged(facts);
    case 'serverWins':
      return drop(facts);
    case 'clientWins':
      return keepLocal(rule, facts);
    case 'lastUpdateWins':
      return isOursLater(rule, facts) ? keepLocal(rule, facts) : drop(facts);
    case 'manual':
      return park;
    default:
      return decided(rule, policy, facts);
  }
}

/** The whole record as this device has it, behind all that waits; null: it was deleted here. */
export function localOf(facts: ConflictFacts): JsonObject | null {
  return recordBehind(facts, facts.operations);
}

function recordBehind(
  { base, recordId }: ConflictFacts,
  operations: readonly Operation[],
): JsonObject | null {
  const { record } = netChange(base, operations);
  return record && { ...record, id: recordId };
}

/** The fields that operations replace; none where they end in a delete. */
function fieldsOf(base: JsonObject | null, operations: readonly Operation[]): JsonObject {
  const { id: _, ...fields } = netChange(base, operations).changes;
  return fields;
}

function merged(facts: ConflictFacts): Decision {
  const { base, remote, operations, contested } = facts;
  // Deleted on one side and changed on the other: no rule of ours is better than a person.
  if (!remote || !localOf(facts)) return park;
  const { changes } = merge(base, fieldsOf(base, contested), remote);
  // What waits behind goes on top of theirs as well, and meets no conflict any more.
  const { overwritten } = merge(base, fieldsOf(base, operations), remote);
  return { kind: 'send', changes, overwritten, replaces: contested };
}

/** The whole record as this device has it: what waits behind the conflict goes on top. */
function keepLocal(rule: ConflictRule, facts: ConflictFacts): Decision {
  const { operations, contested } = facts;
  const local = localOf(facts);
  if (!local) return { kind: 'delete', replaces: operations };
  const record = recordBehind(facts, contested) ?? local;
  return stand(rule, facts, record, contested, local);
}

/**
 * `record` stands, whatever the server has; what it has not is taken away. Fields that are the server's
 * to say are left to it where nobody here has said them anew.
 *
 * @param shown what will stand behind all that waits
 */
function stand(
  { serverFields }: ConflictRule,
  { base, remote }: ConflictFacts,
  record: JsonObject,
  replaces: readonly Operation[],
  shown = record,
): Decision {
  if (!remote) return { kind: 'recreate', record, replaces };
  const isLeft = (field: string) =>
    field === 'id' ||
    (serverFields.includes(field) &&
      (!Object.hasOwn(record, field) || sameJson(fieldOf(record, field), fieldOf(base, field))));
  const whole = Object.fromEntries(
    [...new Set([...Object.keys(remote), ...Object.keys(record)])]
      .filter((field) => !isLeft(field))
      .map((field) => [field, fieldOf(record, field) ?? null]),
  );
  // Against no base at all: every field is ours to say.
  const { changes } = merge(null, whole, remote);
  const overwritten = Object.keys(remote).flatMap((field): Overwritten[] => {
    const [ours = null, theirs = null] = [fieldOf(shown, field), fieldOf(remote, field)];
    if (isLeft(field) || sameJson(ours, theirs)) return [];
    return sameJson(fieldOf(base, field), theirs) ? [] : [{ field, local: ours, remote: theirs }];
  });
  return { kind: 'send', changes, overwritten, replaces };
}

function fieldOf(record: JsonObject | null, field: string): Json | undefined {
  return record && Object.hasOwn(record, field) ? record[field] : undefined;
}

/** Theirs stands; what we had said otherwise goes to the log. Where it says what we did, nothing goes. */
function drop(facts: ConflictFacts): Decision {
  const { base, remote, operations } = facts;
  const fields = fieldsOf(base, operations);
  const overwritten = Object.entries(fields).flatMap(([field, local]): Overwritten[] => {
    const theirs = fieldOf(remote, field);
    return sameJson(local, theirs)
      ? []
      : [{ field, local, remote: theirs ?? null, kept: 'remote' }];
  });
  const isSame = remote !== null && localOf(facts) !== null && overwritten.length === 0;
  return isSame
    ? { kind: 'send', changes: {}, overwritten, replaces: operations }
    : { kind: 'drop', overwritten };
}

/**
 * Whether our last change is later than theirs, by the server's clock. A tie, a clock that is too
 * far off or was never measured, and a record that does not say when: theirs.
 */
function isOursLater({ updatedAt, clockOffset }: ConflictRule, facts: ConflictFacts): boolean {
  const theirs = facts.remote && updatedAt?.(facts.remote);
  const offset = clockOffset();
  if (theirs === null || theirs === undefined) return false;
  if (offset === null || Math.abs(offset) > largestOffset) return false;
  const ours = Math.max(...facts.operations.map((operation) => operation.at)) + offset;
  return ours > theirs;
}

function decided(rule: ConflictRule, policy: ConflictFunction, facts: ConflictFacts): Decision {
  let said: Resolution;
  try {
    said = policy(copyFor(facts));
    // What depends on a clock or on chance would be decided otherwise on another device.
    if (!sameJson(said as Json, policy(copyFor(facts)) as Json)) return park;
  } catch {
    return park;
  }
  if (said === 'keepLocal') return keepLocal(rule, facts);
  if (said === 'keepRemote') return drop(facts);
  const record = isJsonObject(said) && Object.hasOwn(said, 'merged') ? said.merged : null;
  const copied = copyJson(record);
  return copied.ok && isJsonObject(copied.value)
    ? stand(rule, facts, { ...copied.value, id: facts.recordId }, facts.operations)
    : park;
}

/** A function gets copies: what it does to them harms nobody, nor what it is told the second time. */
function copyFor(facts: ConflictFacts): Conflict {
  const { model, recordId, base, remote, operations } = facts;
  const local = localOf(facts);
  const changedLocally = changedFields(base, local);
  const changedRemotely = changedFields(base, remote);
  const plain = { model, recordId, base, local, remote, operations };
  return {
    ...(JSON.parse(JSON.stringify(plain)) as typeof plain),
    changedLocally,
    changedRemotely,
  };
}

function changedFields(base: JsonObject | null, side: JsonObject | null): string[] {
  const fields = new Set([...Object.keys(base ?? {}), ...Object.keys(side ?? {})]);
  fields.delete('id');
  return [...fields].filter((field) => !sameJson(fieldOf(base, field), fieldOf(side, field)));
}
