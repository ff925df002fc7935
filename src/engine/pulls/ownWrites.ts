import { type Facts, type Lane, laneKey } from '../../../store/facts.ts';
import { sameJson } from '../../../store/json.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import { getIn } from '../../../store/pages.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import type { PulledRecord } from '../../ports/transport.ts';
import { entryOf, keyOf } from '../records/recordReads.ts';
import { type References, toKeys } from '../records/references.ts';
import { compareVersions, isSuccessor } from '../records/versions.ts';

interface OwnContext {
  readonly model: string;
  readonly references: References;
  readonly at: number;
}

/**
 * The answer that a pulled record is to a request of ours (its own was lost, or said 202), if it is
 * one: the server names the operation; or it is a patch of fields alone, all of them stand there, and
 * the version is the one right after ours (the request, if it is still on its way, meets its
 * `If-Match` then and does nothing).
 */
export function ownWrite(
  facts: Facts,
  { model, references, at }: OwnContext,
  item: PulledRecord,
): EngineDraft | null {
  if (facts.lanes.size === 0) return null;
  // Where operations are named, one that is not ours is named too.
  const lane = item.lastOperationId
    ? laneSealedAs(facts, model, item.lastOperationId)
    : lanePatchedTo(facts, model, references, item);
  if (!lane?.sealed) return null;
  const { recordId } = lane;
  const entry = entryOf(facts, model, recordId);
  // Made again under another id of the server's: versions of the two say nothing of each other.
  const isSame = (entry?.alias ?? item.id) === item.id;
  const isOutdated = isSame && entry && compareVersions(item.version, entry.version) === -1;
  const base = isOutdated
    ? entry.base
    : { ...toKeys(facts, item.record, references), id: recordId };
  const version = isOutdated ? entry.version : item.version;
  const { operationIds } = lane.sealed;
  return {
    ...{ v: 1, type: 'answered', at, model, recordId, operationIds, base, version },
    ...(item.id !== recordId && { alias: item.id }),
  };
}

/** The lane whose sealed request has this key. */
function laneSealedAs(facts: Facts, model: string, key: string): Lane | undefined {
  const place = getIn(facts.places, key);
  if (place === undefined) return undefined;
  const lane = getIn(facts.lanes, place.slice(0, place.lastIndexOf('\u0000')));
  return lane?.model === model && lane.sealed?.key === key ? lane : undefined;
}

function lanePatchedTo(
  facts: Facts,
  model: string,
  references: References,
  item: PulledRecord,
): Lane | undefined {
  const id = keyOf(facts, model, item.id);
  const lane = getIn(facts.lanes, laneKey(model, id));
  const entry = entryOf(facts, model, id);
  const sealed = lane?.sealed;
  if (!entry?.base || sealed?.kind !== 'update' || sealed.ifMatch === null) return undefined;
  if (sealed.ifMatch !== entry.version || !isSuccessor(item.version, entry.version)) {
    return undefined;
  }
  const { base } = entry;
  const changes: Record<string, unknown> = {};
  for (const operation of operationsIn(facts, laneKey(model, id), sealed.operationIds.length)) {
    Object.assign(changes, operation.changes);
  }
  const fields = Object.keys(changes);
  const record = toKeys(facts, item.record, references);
  const isThere = fields.every((field) => sameJson(record[field], changes[field] as never));
  const didChange = fields.some((field) => !sameJson(record[field], base[field]));
  return isThere && didChange ? lane : undefined;
}
