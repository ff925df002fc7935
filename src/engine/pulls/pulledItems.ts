import { type Facts, laneKey } from '../../../store/facts.ts';
import { type JsonObject, sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn } from '../../../store/pages.ts';
import type { PulledItem } from '../../../store/rows/row.ts';
import { merge } from '../../policies/merge.ts';
import type { ConflictRule } from '../../policies/policy.ts';
import type { PulledRecord } from '../../ports/transport.ts';
import { entryOf } from '../records/recordReads.ts';
import { type References, toKeys } from '../records/references.ts';

export interface PulledItemContext {
  readonly model: string;
  readonly references: References;
  readonly rule: ConflictRule;
}

/** A record of the server's under this device's key, with what a pending change of ours overwrites. */
export function pulledItem(
  facts: Facts,
  { model, references, rule }: PulledItemContext,
  id: string,
  { id: serverId, record, version }: PulledRecord,
): PulledItem {
  const base = { ...toKeys(facts, record, references), id };
  const item: PulledItem =
    serverId === id
      ? { id, record: base, version }
      : { id, record: base, version, alias: serverId };
  if (facts.lanes.size === 0) return item;
  const lane = laneKey(model, id);
  const dirty = getIn(facts.lanes, lane);
  const known = entryOf(facts, model, id)?.base ?? dirty?.salvage?.base;
  // What waits for a person is decided by them: neither side has lost yet.
  if (!known || !dirty || dirty.parked?.reason === 'conflict') return item;
  // Nor where the policy has still to be asked: the answer to what is under way does so.
  if (dirty.sealed && rule.policy !== 'merge') return item;
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
