import { keyOf, serverIdOf } from '../records/recordReads.ts';
import { type PullContext, write } from './pullContext.ts';
import { hasFilter } from './pullFilter.ts';
import { readRecords } from './readRecords.ts';
import { findUnlisted, type Swept, sweepRows } from './sweep.ts';
import { type PageFate, type PagePlace, partContext, readsAtOnce } from './takePage.ts';

/**
 * Ends a full pull: what it has not met is asked for by id, or, where that is too much, by a second
 * list (`again`); what is gone then goes, unless it is more than may go without a person's word.
 * @param settles whether this was the second list
 */
export async function closeFullPull(
  context: PullContext,
  place: PagePlace,
  settles: boolean,
): Promise<PageFate> {
  const { env, facts, model, guard, signal, total } = context;
  const { name, filter } = model;
  const found = await findUnlisted(facts(), model, env.breathe);
  const isOpen = (id: string) => !guard.declined.has(id);
  const missing = found.missing.filter(isOpen);
  const { leftOut, edited, outside } = found;
  const unlisted = [...missing, ...leftOut];
  const isFew = unlisted.length <= readsAtOnce;
  if (!isFew && !settles) return { kind: 'again' };
  const asked = facts();
  // Two lists do not tell what is gone from what is only out of a filter: who edits it is told nothing.
  const open = [...(isFew ? unlisted : []), ...(edited.length <= readsAtOnce ? edited : [])];
  const ids = open.map((id) => serverIdOf(asked, name, id));
  const reads = await readRecords(context, model, ids, signal);
  if ('failure' in reads) return { kind: 'failed', failure: reads.failure };
  const { items, deleted } = reads.part;
  const read = deleted.map((tombstone) => keyOf(asked, name, tombstone.id));
  const lost = isFew ? read : [...read, ...missing];
  const kept = total - outside.length - leftOut.length;
  if (lost.length > 0 && !guard.allows(lost, kept)) return { kind: 'held' };
  const gone = isFew ? read : [...read, ...unlisted];
  const swept: Swept = { gone, outside, read: { items, deleted: [] } };
  const rows = {
    ...partContext(context, { ...place, asked, begins: false, complete: true }, null),
    ...{ byId: true, settles: true, unlisted: hasFilter(filter) },
  };
  const fate = await write(context, (told) => sweepRows(rows, swept, told));
  return fate.kind === 'folded' ? { kind: 'taken', news: fate.news } : fate;
}
