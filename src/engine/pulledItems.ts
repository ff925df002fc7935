import { type Facts, laneKey } from '../../store/facts.ts';
import { type JsonObject, sameJson } from '../../store/json.ts';
import { getIn } from '../../store/pages.ts';
import type { PulledItem } from '../../store/rows/row.ts';
import type { EngineDraft } from '../journal/journal.ts';
import { merge } from '../policies/merge.ts';
import type { PulledRecord } from '../ports/transport.ts';
import { operationsIn } from './laneReads.ts';
import { entryOf } from './recordReads.ts';

/** A record of the server's under this device's key, with what a pending change of ours overwrites. */
export function pulledItem(
  facts: Facts,
  model: string,
  id: string,
  { id: serverId, record, version }: PulledRecord,
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

/** Deleted there, edited here: a person decides, unless the answer to a request under way tells. */
export function parkDeleted(facts: Facts, model: string, id: string, at: number): EngineDraft[] {
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
export function parkDelete(
  facts: Facts,
  model: string,
  { id: recordId, record: remote, version: remoteVersion }: PulledItem,
  at: number,
): EngineDraft[] {
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
