import { type Entry, type Facts, laneKey } from '../../../store/facts.ts';
import { getIn, type Pages, scan } from '../../../store/pages.ts';
import type { RowBuilder } from '../../journal/engineQueue.ts';
import type { EngineModel } from '../records/models.ts';
import { toServerIds } from '../records/references.ts';
import { canTakeTombstone, judge } from './judging.ts';
import type { PagePart } from './pageParts.ts';
import { agreedRows, pulledConflictRows } from './pulledConflicts.ts';
import { hasFilter, standing } from './pullFilter.ts';
import { type PartContext, type PartFate, pulledRow } from './pulling.ts';

/** Entries looked at between two breaths. */
const stride = 8_000;

/** What a full pull has not met, by keys: each of them in one list. */
export interface Unlisted {
  /** It should have been there: a loss, or left out by mistake. */
  readonly missing: readonly string[];
  /** It has never been told under this filter, which may leave it out: no loss, if it does. */
  readonly leftOut: readonly string[];
  /** It is edited here, and may only be out of the filter: nothing but a read tells. */
  readonly edited: readonly string[];
  /** Clean, and its fields show that it is outside of the filter. */
  readonly outside: readonly string[];
}

/** Looks through a model for what the full pull under way has not met; breathes now and then. */
export async function findUnlisted(
  facts: Facts,
  { name: model, filter, references }: Pick<EngineModel, 'name' | 'filter' | 'references'>,
  breathe: () => Promise<void>,
): Promise<Unlisted> {
  const isFiltered = hasFilter(filter);
  const missing: string[] = [];
  const leftOut: string[] = [];
  const edited: string[] = [];
  const outside: string[] = [];
  const { records, fullSince, filterSince = 0 } = facts.models[model] ?? {};
  if (records && typeof fullSince === 'number') {
    await inStrides(records, breathe, ({ base, confirmed }, id) => {
      if (base === null || confirmed >= fullSince) return;
      const lane = facts.lanes.size > 0 ? getIn(facts.lanes, laneKey(model, id)) : undefined;
      // Its answer is older than the list or newer: whoever gets it will look.
      if (lane?.sealed) return;
      const record = isFiltered ? toServerIds(facts, base, references) : base;
      const where = standing(record, filter);
      if (lane) (where === 'inside' ? missing : edited).push(id);
      else if (where === 'outside') outside.push(id);
      else (where === 'unknown' && confirmed < filterSince ? leftOut : missing).push(id);
    });
  }
  return { missing, leftOut, edited, outside };
}

async function inStrides<V>(
  pages: Pages<V>,
  breathe: () => Promise<void>,
  visit: (value: V, key: string) => void,
): Promise<void> {
  for (let from: string | null = ''; from !== null; ) {
    let left = stride;
    let next: string | null = null;
    scan(pages, from, (value, key) => {
      visit(value, key);
      // Keys hold no character below it, so this is the next key of all.
      next = `${key}\u0000`;
      return --left > 0;
    });
    from = left === 0 ? next : null;
    if (from !== null) await breathe();
  }
}

export interface Swept {
  /** Confirmed to be gone, by keys. */
  readonly gone: readonly string[];
  readonly outside: readonly string[];
  /** Read by id, and there. */
  readonly read: PagePart;
}

/** The last rows of a full pull: what is gone goes, with the cursor, in one row. */
export function sweepRows(
  context: PartContext,
  swept: Swept,
  told: (fate: PartFate) => void,
): RowBuilder {
  return (facts, taken) => {
    if (taken.size > 0) return 'later';
    const judged = context.isWanted(facts) ? judge(facts, context, swept.read) : null;
    if (!judged) {
      told({ kind: 'postponed' });
      return null;
    }
    const { model, cursor } = context;
    const { items, drafts, unchanged, numericIds } = judged;
    const deleted = [...judged.deleted];
    for (const id of swept.gone) {
      if (!isUnlisted(facts, model, id)) continue;
      const agreed = agreedRows(facts, context, id);
      if (agreed) drafts.push(...agreed);
      else if (canTakeTombstone(getIn(facts.lanes, laneKey(model, id)))) deleted.push(id);
      else drafts.push(...(pulledConflictRows(facts, context, id, null, null) ?? []));
    }
    for (const id of swept.outside) {
      if (!isUnlisted(facts, model, id) || getIn(facts.lanes, laneKey(model, id))) continue;
      deleted.push(id);
    }
    const news = items.length + deleted.length + drafts.length;
    told({ kind: 'folded', left: [], news, hasRows: true });
    const all = { items, deleted, unchanged, numericIds };
    return [...drafts, pulledRow(facts, context, all, cursor, true)];
  };
}

/** Whether it still has not been met: an answer or a read may have come since it was asked for. */
function isUnlisted(facts: Facts, model: string, id: string): boolean {
  const { records, fullSince } = facts.models[model] ?? {};
  const entry: Entry | undefined = records && getIn(records, id);
  return !!entry?.base && typeof fullSince === 'number' && entry.confirmed < fullSince;
}
