import { type Facts, laneKey } from '../../../store/facts.ts';
import { type Json, type JsonObject, sameJson } from '../../../store/json.ts';
import { netChange } from '../../../store/netChange.ts';
import { operationsIn } from '../../../store/operationsIn.ts';
import type { SealedRequest } from '../../../store/rows/row.ts';
import type { RemoteRecord } from '../../ports/transport.ts';
import { entryOf } from './recordReads.ts';
import { type References, toKeys } from './references.ts';
import { isSuccessor } from './versions.ts';

interface SentContext {
  readonly model: string;
  readonly recordId: string;
  readonly request: SealedRequest;
  readonly references: References;
  /** Fields that are the server's to say. */
  readonly serverFields: readonly string[];
}

/**
 * Whether the record that stands there is what a request of ours has made of it, whose answer was lost:
 * the server says which operation wrote it last; or it names none, and all that the request says
 * stands there, where
 *
 * - it makes the record, or
 * - the version is the one right after that of its base, and something of it was not there before, or
 * - everything else is as it was: whoever wrote it, there is nothing left to say.
 */
export function isOwnRecord(facts: Facts, sent: SentContext, remote: RemoteRecord): boolean {
  const { model, recordId, request, references } = sent;
  if (remote.lastOperationId) return remote.lastOperationId === request.key;
  if (!remote.record || request.kind === 'delete') return false;
  const record = toKeys(facts, remote.record, references);
  const lane = laneKey(model, recordId);
  const operations = operationsIn(facts, lane, request.operationIds.length);
  const entry = entryOf(facts, model, recordId);
  const ours = netChange(entry?.base ?? null, operations);
  if (!ours.record || !areEqual(ours.changes, record, Object.keys(ours.changes))) return false;
  if (request.kind === 'create') return true;
  if (!entry?.base) return false;
  const wasThere = areEqual(ours.changes, entry.base, Object.keys(ours.changes));
  const isOnBase = request.ifMatch !== null && request.ifMatch === entry.version;
  if (isOnBase && !wasThere && isSuccessor(remote.version, entry.version)) return true;
  const fields = [...Object.keys(ours.record), ...Object.keys(record)];
  return areEqual(
    ours.record,
    record,
    fields.filter((field) => !sent.serverFields.includes(field)),
  );
}

/** A field that is null and one that is not there are the same: what is taken away is sent as null. */
function areEqual(ours: JsonObject, theirs: JsonObject, fields: readonly string[]): boolean {
  return fields.every(
    (field) => field === 'id' || sameJson(fieldOf(ours, field), fieldOf(theirs, field)),
  );
}

function fieldOf(record: JsonObject, field: string): Json {
  return (Object.hasOwn(record, field) ? record[field] : undefined) ?? null;
}
