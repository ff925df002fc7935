import type { PulledRecord } from '../ports/transport.ts';
import { type PullContext, write } from './pullContext.ts';
import { hasFilter } from './pullFilter.ts';
import { readRecords } from './readRecords.ts';
import { keyOf, serverIdOf } from './recordReads.ts';
import { findUnlisted, type Swept, sweepRows } from './sweep.ts';
import { type PageFate, type PagePlace, partContext, readsAtOnce } from './takePage.ts';

/**
 * Ends a full pull: what it has not met is asked for by id, or, where that is too much, by a second
 * list (`again`); what is gone then goes, unless it is more than may go without a person's word.
 * @param settles whether this was the second list
 * @param isNewFilter whether another filter was asked for: what it leaves out is no loss
 */
export async function closeFullPull(
  context: PullContext,
  place: PagePlace,
  settles: boolean,
  isNewFilter: boolean,
): Promise<PageFate> {
  const { env, facts, model, guard, signal, total } = context;
  const { name, filter } = model;
  const found = await findUnlisted(facts(), model, env.breathe);
  const open = found.open.filter((id) => !guard.declined.has(id));
  if (open.length > readsAtOnce && !settles) return { kind: 'again' };
  const asked = facts();
  let gone: readonly string[] = open;
  let items: readonly PulledRecord[] = [];
  if (open.length <= readsAtOnce) {
    const ids = open.map((id) => serverIdOf(asked, name, id));
    const reads = await readRecords(context, model, ids, signal);
    if ('failure' in reads) return { kind: 'failed', failure: reads.failure };
    gone = reads.part.deleted.map((tombstone) => keyOf(asked, name, tombstone.id));
    items = reads.part.items;
  }
  // Two lists do not tell what is gone from what is only out of a filter.
  const isLoss = open.length <= readsAtOnce || !isNewFilter;
  if (isLoss && gone.length > 0 && !guard.allows(gone, total)) return { kind: 'held' };
  const swept: Swept = { ...found, gone, read: { items, deleted: [] } };
  const rows = {
    ...partContext(context, { ...place, asked, begins: false, complete: true }, null),
    ...{ byId: true, settles: true, unlisted: hasFilter(filter) },
  };
  const fate = await write(context, (told) => sweepRows(rows, swept, told));
  return fate.kind === 'folded' ? { kind: 'taken', news: fate.news } : fate;
}
