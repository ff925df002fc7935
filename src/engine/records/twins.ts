import { type Facts, laneKey } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';
import type { EngineDraft } from '../../journal/engineQueue.ts';
import { entryOf } from './recordReads.ts';
import { compareVersions } from './versions.ts';

/**
 * An answer that names a record which stands here under the server's id already: a pull brought it
 * before the answer to its create, and the fold makes one of both. What was pulled is later than the
 * create, and so than an answer that was kept for it; what came after the pull comes with the next one.
 */
export function withTwin(facts: Facts, row: EngineDraft): EngineDraft {
  if (row.type !== 'answered' || row.alias === undefined) return row;
  const { model, recordId, alias } = row;
  const twin = entryOf(facts, model, alias);
  if (!twin?.base || entryOf(facts, model, recordId)?.alias === alias) return row;
  // Known before the create could leave: another record, whose id the server has given again.
  const { sealedAt } = getIn(facts.lanes, laneKey(model, recordId)) ?? {};
  if (sealedAt === undefined || twin.confirmed <= sealedAt) return row;
  // What waits of it is sent first, and its answer is the newest word.
  if (getIn(facts.lanes, laneKey(model, alias))) return row;
  if (compareVersions(row.version, twin.version) === 1) return row;
  return { ...row, base: { ...twin.base, id: recordId }, version: twin.version };
}
