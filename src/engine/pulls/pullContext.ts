import type { Facts } from '../../../store/facts.ts';
import type { RowBuilder } from '../../journal/engineQueue.ts';
import type { PullAnswer } from '../../ports/transport.ts';
import type { EngineModel } from '../records/models.ts';
import type { MassDeleteGuard } from './massDeleteGuard.ts';
import type { PartFate } from './pulling.ts';
import type { ReadOptions } from './readRecords.ts';
import type { Removals } from './removals.ts';

export type Page = Extract<PullAnswer, { kind: 'page' }>;

/** What every pull uses. */
export interface PullMeans extends ReadOptions {
  readonly facts: () => Facts;
  readonly appendIf: (build: RowBuilder) => Promise<boolean>;
  /** Whether a create of the model is sealed and the server gives the ids. */
  readonly waitsForCreates: (model: string) => boolean;
  /** Records that went while something is asked. */
  readonly removals: Removals;
}

/** One pull, from its first request to its end. */
export interface PullContext extends PullMeans {
  readonly model: EngineModel;
  readonly guard: MassDeleteGuard;
  readonly signal: AbortSignal;
  /** Records of the model when it began. */
  readonly total: number;
  /** Whether the facts are still those that it is for (no clear, no other filter since). */
  readonly isWanted: (facts: Facts) => boolean;
}

/** Writes rows; `unwritten`: the disk refused them. */
export async function write(
  { appendIf }: PullContext,
  make: (told: (fate: PartFate) => void) => RowBuilder,
): Promise<PartFate | { readonly kind: 'unwritten' }> {
  const told: { fate: PartFate } = { fate: { kind: 'postponed' } };
  const build = make((fate) => {
    told.fate = fate;
  });
  try {
    const written = await appendIf(build);
    const { fate } = told;
    // Rows were made and not written (DevTools show the past): the page must come again.
    return fate.kind === 'folded' && fate.hasRows && !written ? { kind: 'postponed' } : fate;
  } catch {
    return { kind: 'unwritten' };
  }
}
