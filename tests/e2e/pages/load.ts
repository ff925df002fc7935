import type { OperationHandle } from 'syncharts';
import { Editor, type ModelName, type Thing } from '../support/edits.ts';
import { between, createRandom } from '../support/random.ts';
import type { Writes } from './writes.ts';

export interface LoadOptions {
  readonly seed: string;
  /** Begins the ids of new records. */
  readonly prefix: string;
  readonly firstEdit: number;
  /** Edits, then it ends. */
  readonly budget: number;
  /** Edits of one task, at most. */
  readonly burst: number;
}

/**
 * Mixed edits in bursts; between two bursts either one task, or the time that a burst takes to be
 * saved, so that a kill meets writes before, in and after their transactions.
 */
export async function load(
  { seed, prefix, firstEdit, budget, burst }: LoadOptions,
  records: () => Readonly<Record<ModelName, readonly Thing[]>>,
  writes: Writes,
): Promise<void> {
  const random = createRandom(seed);
  const { item, note } = records();
  const known = [
    ...item.map(({ id }) => ({ model: 'item', id }) as const),
    ...note.map(({ id }) => ({ model: 'note', id }) as const),
  ];
  const editor = new Editor({ random, prefix, firstEdit, known, most: 80 });
  for (let left = budget; left > 0; ) {
    const count = Math.min(left, between(random, 1, burst));
    left -= count;
    let last: OperationHandle<Thing> | undefined;
    const edits = editor.take(count);
    await writes.announce(edits);
    for (const edit of edits) last = writes.write(edit);
    if (random() < 0.5) await last?.saved;
    else await new Promise((resolve) => setTimeout(resolve, between(random, 0, 8)));
  }
}
