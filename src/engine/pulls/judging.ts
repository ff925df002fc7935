import { type Entry, type Facts, type Lane, laneKey } from '../../../store/facts.ts';
import { type JsonObject, sameJson } from '../../../store/json.ts';
import { getIn } from '../../../store/pages.ts';
import type { PulledItem } from '../../../store/rows/row.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import type { PulledRecord, PulledTombstone } from '../../ports/transport.ts';
import type { Filter } from '../../pullOptions.ts';
import { entryOf, isConfirmedSince, keyOf } from '../records/recordReads.ts';
import { namedIn, newNumericIds, type References, toKeys } from '../records/references.ts';
import { withTwin } from '../records/twins.ts';
import { compareVersions } from '../records/versions.ts';
import { ownWrite } from './ownWrites.ts';
import type { PagePart } from './pageParts.ts';
import { agreedRows, type PulledConflictContext, pulledConflictRows } from './pulledConflicts.ts';
import { pulledItem } from './pulledItems.ts';
import { hasFilter, standing } from './pullFilter.ts';

/** How the server was asked. */
export interface Asked extends PulledConflictContext {
  readonly references: References;
  /** The facts when it was asked: what was confirmed since may be newer than what it says. */
  readonly facts: Facts;
  /** Whether the records were read one by one, by id. */
  readonly byId: boolean;
  /** Said for the second time, to settle what a list left open: so also if it is older (a restore). */
  readonly settles: boolean;
  /** Whether a full pull begins with it. */
  readonly begins: boolean;
  readonly filter: Filter;
  /** Read because no list had it: outside of the filter, unless its fields show that it is inside. */
  readonly unlisted: boolean;
  /** The life of the server's data, where it tells. */
  readonly epoch: string | null;
  /** Removals that a person declined. */
  readonly kept: ReadonlySet<string>;
  /** Whether a record that is not here any more went after it was asked. */
  readonly isGoneSince: (serverId: string) => boolean;
  /** Whether a create of a model is sealed and the server gives the ids. */
  readonly waitsForCreates: (model: string) => boolean;
}

/** What a part of a page means here. */
export interface Judged {
  readonly items: PulledItem[];
  readonly deleted: string[];
  readonly unchanged: string[];
  /** Rows beside the pulled one: answers recognised, conflicts decided. */
  readonly drafts: EngineDraft[];
  /** Server ids of which only a read can tell: what is here may be newer, or just left the filter. */
  readonly left: string[];
  /** Models of which the part shows for the first time that the server's ids are numbers. */
  readonly numericIds: readonly string[];
}

/**
 * Judges what a server said on the facts of the moment. Null: a record that nobody knows, or that is
 * named and nobody knows, may be the one that a sealed create of ours has made, so it has to wait for
 * that answer.
 */
export function judge(facts: Facts, asked: Asked, part: PagePart): Judged | null {
  const records = part.items.map(({ record }) => record);
  const numericIds = newNumericIds(facts, asked, records);
  const judged: Judged = {
    ...{ items: [], deleted: [], unchanged: [], drafts: [], left: [] },
    numericIds,
  };
  const context = { facts, asked, judged };
  const waits = asked.waitsForCreates(asked.model);
  const named = referencesThatWait(asked);
  for (const item of part.items) {
    if (named && namesUnknown(facts, item.record, named)) return null;
    const own = ownWrite(facts, asked, item);
    if (own) judged.drafts.push(withTwin(facts, own));
    else if (waits && isUnknown(facts, asked.model, item.id)) return null;
    else judgeItem(context, item);
  }
  for (const tombstone of part.deleted) {
    if (waits && isUnknown(facts, asked.model, tombstone.id)) return null;
    judgeTombstone(context, tombstone);
  }
  return judged;
}

interface Context {
  readonly facts: Facts;
  readonly asked: Asked;
  readonly judged: Judged;
}

function isUnknown(facts: Facts, model: string, serverId: string): boolean {
  return entryOf(facts, model, keyOf(facts, model, serverId)) === undefined;
}

/** The fields that may name a record whose id of the server's is still to come; null if there is none. */
function referencesThatWait({ references, waitsForCreates }: Asked): References | null {
  const waiting = Object.entries(references).filter(([, model]) => waitsForCreates(model));
  return waiting.length > 0 ? Object.fromEntries(waiting) : null;
}

function namesUnknown(facts: Facts, record: JsonObject, references: References): boolean {
  return namedIn(record, references).some(
    // Its key here is known, though the record itself may have left.
    ([model, id]) => keyOf(facts, model, id) === id && isUnknown(facts, model, id),
  );
}

function judgeItem(context: Context, item: PulledRecord): void {
  const { facts, asked, judged } = context;
  const { model, filter } = asked;
  const id = keyOf(facts, model, item.id);
  const entry = entryOf(facts, model, id);
  const known = entry !== undefined && isKnown(context, entry, item);
  const order = entry && orderOf(context, entry, item.version);
  if (!known && order === -1 && !(entry && takesOlder(context, entry))) return;
  const isPassed = isConfirmedSince(asked.facts, facts, model, item.id);
  // Gone since, though it was made anew here after that.
  const isGone = !entry?.base && asked.isGoneSince(item.id);
  if (!known && order !== 1 && (isPassed || isGone)) {
    judged.left.push(item.id);
    return;
  }
  const where = standing(item.record, filter);
  const isOutside = where === 'outside' || (asked.unlisted && where === 'unknown');
  if (isOutside && !laneOf(facts, model, id)) {
    if (entry) judged.deleted.push(id);
    return;
  }
  if (known) {
    if (isToBeConfirmed(context, entry)) judged.unchanged.push(id);
    return;
  }
  const pulled = pulledItem(facts, asked, id, item);
  const decided = pulledConflictRows(facts, asked, id, pulled.record, pulled.version);
  if (decided) judged.drafts.push(...decided);
  else judged.items.push(pulled);
}

function judgeTombstone(context: Context, { id: serverId, version = null }: PulledTombstone): void {
  const { facts, asked, judged } = context;
  const { model, filter } = asked;
  const id = keyOf(facts, model, serverId);
  const entry = entryOf(facts, model, id);
  if (!entry || asked.kept.has(id) || isMadeAgain(entry, serverId)) return;
  // The same page tells that our request has made it again.
  if (judged.drafts.some((row) => row.type === 'answered' && isAnother(row, id, serverId))) return;
  const order = orderOf(context, entry, version);
  if (order === -1) return;
  if (order !== 1 && isConfirmedSince(asked.facts, facts, model, serverId)) {
    judged.left.push(serverId);
    return;
  }
  const agreed = agreedRows(facts, asked, id);
  if (agreed) judged.drafts.push(...agreed);
  else if (canTakeTombstone(laneOf(facts, model, id))) judged.deleted.push(id);
  // Gone, or only out of the filter? That is not the same to somebody who edits it.
  else if (hasFilter(filter) && !asked.byId) judged.left.push(serverId);
  else judged.drafts.push(...(pulledConflictRows(facts, asked, id, null, null) ?? []));
}

/** The key was the server's id once; now the record has another there: the tombstone is none of ours. */
function isMadeAgain({ alias }: Entry, serverId: string): boolean {
  return alias !== null && alias !== serverId;
}

function isAnother(
  { recordId, alias }: { readonly recordId: string; readonly alias?: string },
  id: string,
  serverId: string,
): boolean {
  return recordId === id && alias !== undefined && alias !== serverId;
}

function laneOf(facts: Facts, model: string, id: string): Lane | undefined {
  return facts.lanes.size === 0 ? undefined : getIn(facts.lanes, laneKey(model, id));
}

/** Clean records; those that wait for a person or an answer: the fold remembers it for them. */
export function canTakeTombstone(lane: Lane | undefined): boolean {
  return lane === undefined || lane.state !== 'pending';
}

/** Whether the base is of the life of the server's data that is told now. */
function isOfThisLife({ facts, asked }: Context, entry: Entry): boolean {
  const model = facts.models[asked.model];
  const isNew = asked.epoch !== null && model?.epoch !== null && asked.epoch !== model?.epoch;
  return !isNew && entry.confirmed >= (model?.epochSince ?? 0);
}

function orderOf(context: Context, entry: Entry, version: string | null) {
  return isOfThisLife(context, entry) ? compareVersions(version, entry.version) : null;
}

function isKnown(context: Context, entry: Entry, { record, version }: PulledRecord): boolean {
  const { facts, asked } = context;
  if (entry.base === null) return false;
  // Taken before the key of what it names was known: it is told again, and named by that.
  if (toKeys(facts, entry.base, asked.references) !== entry.base) return false;
  if (version !== null) return isOfThisLife(context, entry) && version === entry.version;
  const { id = '' } = entry.base;
  return sameJson(entry.base, { ...toKeys(facts, record, asked.references), id });
}

/** Whether a full pull is under way that has not met this record yet. */
function isToBeConfirmed({ facts, asked }: Context, entry: Entry): boolean {
  if (asked.begins) return true;
  const since = facts.models[asked.model]?.fullSince ?? null;
  return since !== null && entry.confirmed < since;
}

function takesOlder(context: Context, entry: Entry): boolean {
  return context.asked.settles && isToBeConfirmed(context, entry);
}
