import type { Facts } from '../../../store/facts.ts';
import type { EngineDraft, RowBuilder } from '../../journal/engineQueue.ts';
import { filterText } from '../../pullOptions.ts';
import { type Asked, type Judged, judge } from './judging.ts';
import type { PagePart } from './pageParts.ts';

/** Where the rows of a page stand in its pull. */
export interface Place {
  /** The cursor that the page was asked from. */
  readonly since: string | null;
  /** To be stored with these rows, if nothing is left open. */
  readonly cursor: string | null;
  /** Whether the pull has come to its end with them. */
  readonly complete: boolean;
  /** Whether it has, and left no cursor to go on from: the next one begins at the start. */
  readonly rewinds: boolean;
  /** Whether something before them was left open already. */
  readonly isOpen: boolean;
}

/** What became of a part of a page. */
export type PartFate =
  | {
      readonly kind: 'folded';
      /** Server ids that only a read can settle: the cursor stays. */
      readonly left: readonly string[];
      /** Records that it said something new of. */
      readonly news: number;
      /** Whether that makes rows. */
      readonly hasRows: boolean;
    }
  /** Nothing of it could be taken now: a create may be in it, or the pull is not wanted any more. */
  | { readonly kind: 'postponed' };

export interface PartContext extends Asked, Place {
  /** Whether the facts are still those that the pull is for (no clear, no other filter since). */
  readonly isWanted: (facts: Facts) => boolean;
}

/**
 * Builds the rows of a part of a pulled page on the facts of the moment. Pending edits stay on top; a
 * record deleted there and edited here is parked; what may be older than what is here is left open.
 * `told` hears what became of it, each time that it is built.
 */
export function partRows(
  context: PartContext,
  part: PagePart,
  told: (fate: PartFate) => void,
): RowBuilder {
  return (facts, taken) => {
    // What brings nothing is judged against no lane: it goes with whatever is written.
    const isEmpty = part.items.length + part.deleted.length === 0;
    if (taken.size > 0 && !isEmpty) return 'later';
    const judged = context.isWanted(facts) ? judge(facts, context, part) : null;
    if (!judged) {
      told({ kind: 'postponed' });
      return null;
    }
    const { items, deleted, unchanged, drafts, left, numericIds } = judged;
    const isOpen = context.isOpen || left.length > 0;
    const news = items.length + deleted.length + unchanged.length + drafts.length;
    const cursor = isOpen ? null : context.cursor;
    const complete = !isOpen && context.complete;
    const hasRows = news + numericIds.length > 0 || cursor !== null || complete || context.begins;
    told({ kind: 'folded', left, news, hasRows });
    if (!hasRows) return null;
    return [...drafts, pulledRow(facts, context, judged, cursor, complete)];
  };
}

/**
 * The pulled row of what was judged.
 * @param cursor null: the place stays where it is, unless the row completes a pull that rewinds
 */
export function pulledRow(
  facts: Facts,
  { model, at, since, rewinds, begins, epoch, filter }: PartContext,
  {
    items,
    deleted,
    unchanged,
    numericIds,
  }: Pick<Judged, 'items' | 'deleted' | 'unchanged' | 'numericIds'>,
  cursor: string | null,
  complete: boolean,
): EngineDraft {
  const known = facts.models[model];
  const text = filterText(filter);
  return {
    ...{ v: 1, type: 'pulled', model, at, items, deleted, since, cursor, complete },
    ...(complete && rewinds && (known?.cursor ?? null) !== null && { rewinds }),
    ...(unchanged.length > 0 && { unchanged }),
    ...(numericIds.length > 0 && { numericIds }),
    ...(epoch !== null && epoch !== known?.epoch && { epoch }),
    ...(begins && { begins }),
    ...(begins && text !== known?.filter && { filter: text }),
  };
}
