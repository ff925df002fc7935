import { type Facts, type Lane, laneKey } from '../../store/facts.ts';
import { type JsonObject, jsonSize, sameJson } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { PulledItem } from '../../store/rows/row.ts';
import type { EngineDraft, RowBuilder } from '../journal/journal.ts';
import { merge } from '../policies/merge.ts';
import type { PullAnswer } from '../ports/transport.ts';
import { operationsIn } from './laneReads.ts';

/** Characters of one pulled row; a long page is several rows of one transaction. */
const rowCharacters = 500_000;

export interface PullContext {
  readonly model: string;
  readonly at: number;
  /** The cursor that the page was asked from. */
  readonly since: string | null;
  /** Of the facts when the page was asked for: after a clear it is of another life. */
  readonly generation: number;
  /** Lanes whose request was answered since this pull began: what it brings may be older. */
  readonly answeredSince: ReadonlySet<string>;
  /** Whether a create of the model is sealed and the server gives the ids. */
  readonly waitsForCreates: () => boolean;
}

export type PageFate =
  /** All of it is in the rows. */
  | 'whole'
  /** Some records were answered meanwhile: the cursor stays, the page is asked for again. */
  | 'again'
  /** A create may be in it under an id that nobody knows yet. */
  | 'postponed';

type Page = Extract<PullAnswer, { kind: 'page' }>;

/**
 * Builds the rows of a pulled page on the facts of the moment: pending edits stay on top, a record
 * that was answered since the pull began is left alone, a record deleted there and edited here is
 * parked. `fate` is told which it was.
 */
export function pullRows(
  context: PullContext,
  page: Page,
  fate: (fate: PageFate) => void,
): RowBuilder {
  return (facts, taken) => {
    if (taken.size > 0) return 'later';
    if (context.waitsForCreates() || context.generation !== facts.generation) {
      fate('postponed');
      return null;
    }
    const items: PulledItem[] = [];
    const deleted: string[] = [];
    const parked: EngineDraft[] = [];
    let left = 0;
    for (const { id: serverId, record, version } of page.items) {
      const id = keyOf(facts, context.model, serverId);
      const entry = entryOf(facts, context.model, id);
      const known = version !== null && entry?.version === version;
      if (known) continue;
      if (isAnswered(context, id)) left++;
      else items.push(pulledItem(facts, context.model, id, serverId, record, version));
    }
    for (const item of items) parked.push(...parkDelete(facts, context, item));
    for (const serverId of page.deleted) {
      const id = keyOf(facts, context.model, serverId);
      if (isMadeAgain(facts, context.model, id, serverId)) continue;
      if (isAnswered(context, id)) left++;
      else if (canTakeTombstone(getIn(facts.lanes, laneKey(context.model, id)))) deleted.push(id);
      else parked.push(...parkDeleted(facts, context, id));
    }
    fate(left === 0 ? 'whole' : 'again');
    const cursor = left === 0 ? page.cursor : null;
    const complete = left === 0 && !page.hasMore;
    return [...parked, ...split(context, items, deleted, cursor, complete)];
  };
}

/** Clean records; for those that wait for a person or for an answer the fold remembers it. */
function canTakeTombstone(lane: Lane | undefined): boolean {
  return lane?.state !== 'pending';
}

function isAnswered({ answeredSince, model }: PullContext, id: string): boolean {
  return answeredSince.size > 0 && answeredSince.has(laneKey(model, id));
}

function keyOf(facts: Facts, model: string, serverId: string): string {
  const aliases = facts.models[model]?.aliases;
  return (aliases && getIn(aliases, serverId)) ?? serverId;
}

/** The key was the server's id once; now the record has another there, and its tombstone is none of ours. */
function isMadeAgain(facts: Facts, model: string, id: string, serverId: string): boolean {
  const alias = entryOf(facts, model, id)?.alias ?? null;
  return alias !== null && alias !== serverId;
}

function entryOf(facts: Facts, model: string, id: string) {
  const records = facts.models[model]?.records;
  return records && getIn(records, id);
}

function pulledItem(
  facts: Facts,
  model: string,
  id: string,
  serverId: string,
  record: JsonObject,
  version: string | null,
): PulledItem {
  const base = { ...record, id };
  const item: PulledItem =
    serverId === id
      ? { id, record: base, version }
      : { id, record: base, version, alias: serverId };
  const known = facts.lanes.size > 0 ? entryOf(facts, model, id)?.base : null;
  if (!known) return item;
  const lane = laneKey(model, id);
  if (!getIn(facts.lanes, lane)) return item;
  // Fields that both sides changed: ours stays shown and goes to the server, theirs is told.
  const local: Record<string, JsonObject[string]> = {};
  for (const { kind, changes } of operationsIn(facts, lane)) {
    if (kind === 'update') Object.assign(local, changes);
  }
  const overwritten = merge(known, local, base).overwritten.filter(
    ({ field, remote }) => !sameJson(known[field], remote),
  );
  return overwritten.length > 0 ? { ...item, overwritten } : item;
}

/** Deleted there, edited here: a person decides. */
function parkDeleted(facts: Facts, { model, at }: PullContext, id: string): EngineDraft[] {
  const lane = getIn(facts.lanes, laneKey(model, id));
  if (lane?.state !== 'pending') return [];
  const operations = operationsIn(facts, laneKey(model, id));
  const first = operations[0];
  // Deleted here too: the request is answered "gone", and that is what was wanted.
  if (!first || first.kind === 'create' || operations.some(({ kind }) => kind === 'delete'))
    return [];
  const operationIds = operations.map((operation) => operation.id);
  const failure = { code: 'remoteDeleted', message: 'it was deleted by others', at } as const;
  const conflict = { remote: null, remoteVersion: null };
  const parked = { reason: 'conflict', operationIds, failure, rollback: false, conflict } as const;
  return [{ v: 1, type: 'parked', model, recordId: id, at, ...parked }];
}

/** Deleted here, updated there: the update wins, the delete is parked. */
function parkDelete(facts: Facts, { model, at }: PullContext, item: PulledItem): EngineDraft[] {
  const { id: recordId, record: remote, version: remoteVersion } = item;
  const lane = getIn(facts.lanes, laneKey(model, recordId));
  if (lane?.state !== 'pending' || !entryOf(facts, model, recordId)?.base) return [];
  const operations = operationsIn(facts, laneKey(model, recordId));
  if (operations.at(-1)?.kind !== 'delete') return [];
  const operationIds = operations.map((operation) => operation.id);
  const message = 'it was changed by others after it was deleted here';
  const failure = { code: 'conflict', message, at } as const;
  const conflict = { remote, remoteVersion };
  const parked = { reason: 'conflict', operationIds, failure, rollback: true, conflict } as const;
  return [{ v: 1, type: 'parked', model, recordId, at, ...parked }];
}

/** As many rows as it takes; the cursor stands in the last, so that it is never ahead of the data. */
function split(
  { model, at, since }: PullContext,
  items: readonly PulledItem[],
  deleted: readonly string[],
  cursor: string | null,
  complete: boolean,
): EngineDraft[] {
  const parts: PulledItem[][] = [[]];
  let characters = 0;
  for (const item of items) {
    const size = jsonSize(item.record);
    if (characters + size > rowCharacters && characters > 0) {
      parts.push([]);
      characters = 0;
    }
    parts[parts.length - 1]?.push(item);
    characters += size;
  }
  return parts.map((part, i) => {
    const last = i === parts.length - 1;
    return {
      ...{ v: 1, type: 'pulled', model, at, items: part },
      deleted: last ? deleted : [],
      since,
      cursor: last ? cursor : null,
      complete: last && complete,
    };
  });
}
