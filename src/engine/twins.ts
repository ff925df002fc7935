import { type Entry, type Facts, laneKey } from '../../store/facts.ts';
import { getIn } from '../../store/pages.ts';
import type { AnsweredRow, PulledItem } from '../../store/rows/row.ts';
import type { EngineDraft } from '../journal/engineQueue.ts';
import { entryOf, keyOf } from './recordReads.ts';
import { compareVersions } from './versions.ts';

type Answered = Omit<AnsweredRow, 'actionId'>;

/**
 * The rows of an answer, and what makes one of two records here that are one on the server: a pull
 * brought ours under the server's id before the answer to its create told that id. The key that this
 * device gave stays. What was edited under the other one goes to the server first; the answer to the
 * last of it ends that key.
 */
export function withoutTwins(facts: Facts, row: EngineDraft): readonly EngineDraft[] {
  if (row.type !== 'answered') return [row];
  const { model, recordId, alias = recordId } = row;
  const named = alias === recordId ? undefined : cleanOf(facts, model, alias);
  if (named) return [pulledRow(row, [], [alias]), newerOf(row, named)];
  const first = keyOf(facts, model, recordId);
  const entry = first === recordId ? undefined : entryOf(facts, model, first);
  if (!entry || !isLastOf(facts, row)) return [row];
  return [{ ...row, base: null, version: null }, ...told(facts, row, first, entry)];
}

/** What the answer tells, under the key that stays. */
function told(facts: Facts, row: Answered, id: string, entry: Entry): readonly EngineDraft[] {
  const { model, recordId: alias, base, version } = row;
  // Who edits it there hears by the answer to that.
  if (base === null) return cleanOf(facts, model, id) ? [pulledRow(row, [], [id])] : [];
  if (compareVersions(version, entry.version) === -1) return [];
  return [pulledRow(row, [{ id, record: { ...base, id }, version, alias }], [])];
}

/** The pull came after the create, and whatever came after the pull comes with the next one. */
function newerOf(row: Answered, { base, version }: Entry): EngineDraft {
  if (compareVersions(row.version, version) === 1) return row;
  return { ...row, base: { ...base, id: row.recordId }, version };
}

function pulledRow(
  { model, at }: Answered,
  items: readonly PulledItem[],
  deleted: readonly string[],
): EngineDraft {
  const place = { since: null, cursor: null, complete: false } as const;
  return { v: 1, type: 'pulled', at, model, items, deleted, ...place };
}

function cleanOf(facts: Facts, model: string, id: string): Entry | undefined {
  const isEdited = getIn(facts.lanes, laneKey(model, id)) !== undefined;
  return isEdited ? undefined : entryOf(facts, model, id);
}

/** Whether nothing of the record waits behind what is answered. */
function isLastOf(facts: Facts, { model, recordId, operationIds }: Answered): boolean {
  return getIn(facts.lanes, laneKey(model, recordId))?.count === operationIds.length;
}
