import { conflictWords } from './conflictWords.ts';
import { type Lane, laneKey, withoutSalvage } from './facts.ts';
import type { FactsDraft } from './factsDraft.ts';
import { type JsonObject, sameJson } from './json.ts';
import type { PulledRow } from './rows/row.ts';

/** What others did: new bases under what waits here, and how far the pull has come. */
export function pulled(draft: FactsDraft, row: PulledRow): undefined {
  const model = draft.model(row.model);
  if (row.begins) begin(draft, row);
  draft.learnNumericIds(row.numericIds);
  // From the start, or on from where we are: otherwise what lies between was never folded here.
  const isContinuous = row.since === null || row.since === model.progress.cursor;
  for (const recordId of row.unchanged ?? []) confirmAsKnown(draft, row.model, recordId);
  for (const item of row.items) {
    const { id: recordId, record, version, alias } = item;
    for (const field of item.overwritten ?? []) {
      draft.log({ model: row.model, recordId, at: row.at, ...field });
    }
    const known = version ?? knownVersion(draft, row.model, recordId, record);
    confirmed(draft, row.model, recordId, record, known, alias);
  }
  for (const recordId of row.deleted) deleted(draft, row.model, recordId);
  if (!isContinuous) return;
  const { progress } = model;
  model.progress = {
    ...progress,
    epoch: row.epoch ?? progress.epoch,
    filter: row.filter ?? progress.filter,
    cursor: row.rewinds ? null : (row.cursor ?? progress.cursor),
  };
  if (row.complete) {
    model.progress = { ...model.progress, pulled: true, fullSince: null };
    draft.confirm(row.at);
  }
}

/** From the start: a cursor from before leads nowhere now; it may be of another filter or epoch. */
function begin(draft: FactsDraft, { model: name, epoch, filter }: PulledRow): void {
  const model = draft.model(name);
  const { progress } = model;
  const isReset = epoch !== undefined && progress.epoch !== null && epoch !== progress.epoch;
  const epochSince = isReset ? draft.head : progress.epochSince;
  model.progress = {
    ...progress,
    cursor: null,
    fullSince: draft.head,
    listedSince: draft.head,
    epochSince,
    filterSince: filter === undefined ? progress.filterSince : draft.head,
  };
}

/** The server's word on a record came just now, and changed nothing. */
function confirmAsKnown(draft: FactsDraft, model: string, recordId: string): void {
  const entry = draft.entry(model, recordId);
  if (entry) draft.model(model).records.set(recordId, { ...entry, confirmed: draft.head });
}

function deleted(draft: FactsDraft, model: string, recordId: string): void {
  if (draft.entry(model, recordId) === undefined) return;
  const lane = draft.lane(laneKey(model, recordId));
  if (lane?.parked) {
    // What a person still has to decide keeps its base; that theirs is gone is remembered.
    renewConflict(draft, model, recordId, null, null);
    confirmAsKnown(draft, model, recordId);
  } else if (lane?.sealed) {
    // Older or newer than the request under way? It is noted: whoever answers it will look.
    confirmAsKnown(draft, model, recordId);
  } else {
    confirmed(draft, model, recordId, null, null);
  }
}

/** A list without versions takes none away from a record that is still the same. */
function knownVersion(draft: FactsDraft, model: string, recordId: string, record: JsonObject) {
  const entry = draft.entry(model, recordId);
  return entry && sameJson(entry.base ?? undefined, record) ? entry.version : null;
}

/** What a person decides on is what the server has now. */
function renewConflict(
  draft: FactsDraft,
  model: string,
  recordId: string,
  remote: JsonObject | null,
  remoteVersion: string | null,
): void {
  const key = laneKey(model, recordId);
  const lane = draft.lane(key);
  if (!lane?.parked) return;
  // A dead letter has no conflict; only that the record is gone is told to whoever discards it.
  const back = lane.parked.reason === 'rejected' && remote !== null;
  const conflict = back ? null : { remote, remoteVersion };
  const { parked } = lane;
  if (parked.reason === 'rejected') {
    draft.putLane(key, { ...lane, parked: { ...parked, conflict } });
    return;
  }
  const isDeleted = draft.operationsOf(key).at(-1)?.operation.kind === 'delete';
  const words = conflictWords(remote, isDeleted);
  const isSame = words.code === parked.failure.code && words.message === parked.failure.message;
  const failure = isSame ? parked.failure : { ...parked.failure, ...words };
  draft.putLane(key, { ...lane, failure, parked: { ...parked, failure, conflict } });
}

/** What a request was made over is what a conflict is judged by, whatever comes while it is under way. */
function keepSealedOver(draft: FactsDraft, key: string, lane: Lane, next: JsonObject | null): void {
  const base = draft.entry(lane.model, lane.recordId)?.base;
  const isKept = !lane.sealed || !base || lane.sealedOver || sameJson(base, next ?? undefined);
  const known = withoutSalvage(lane);
  const kept = isKept ? known : { ...known, sealedOver: base };
  if (kept !== lane) draft.putLane(key, kept);
}

/** A new base: pending changes stay on top; a clean record, the rule, is shown as it came. */
export function confirmed(
  draft: FactsDraft,
  model: string,
  recordId: string,
  base: JsonObject | null,
  version: string | null,
  alias?: string,
): void {
  if (draft.isDirty(model, recordId)) {
    const key = laneKey(model, recordId);
    const lane = draft.lane(key);
    if (lane) keepSealedOver(draft, key, lane, base);
    draft.putBase(model, recordId, base, version, alias);
    renewConflict(draft, model, recordId, base, version);
    draft.rebaseRecord(model, recordId);
  } else {
    draft.putClean(model, recordId, base, version, alias);
  }
}
