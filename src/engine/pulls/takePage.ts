import type { Failure } from '../../../machines/failure.ts';
import { type Facts, laneKey } from '../../../store/facts.ts';
import { getIn } from '../../../store/pages.ts';
import type { CallRequest } from '../../ports/requests.ts';
import type { PulledTombstone } from '../../ports/transport.ts';
import { entryOf, keyOf } from '../records/recordReads.ts';
import { compareVersions } from '../records/versions.ts';
import { partsOf } from './pageParts.ts';
import { type Page, type PullContext, write } from './pullContext.ts';
import { type PartContext, partRows } from './pulling.ts';
import { readRecords } from './readRecords.ts';

/** More are not read one by one while the page may simply be asked for again. */
export const readsAtOnce = 50;
/** Times that records which change under the pull are read again, and pages asked for again. */
const rereads = 20;
const reasks = 3;
/** Tombstones looked at between two breaths. */
const stride = 4_000;

/** Where a page stands in its pull, and how it was asked for. */
export interface PagePlace {
  /** The facts when it was asked for. */
  readonly asked: Facts;
  readonly since: string | null;
  /** To be stored with the page; null while something comes after it in the same pull. */
  readonly cursor: string | null;
  readonly complete: boolean;
  /** Whether the next pull begins at the start once this one is complete. */
  readonly rewinds: boolean;
  readonly begins: boolean;
  readonly settles: boolean;
  /** Times that the same page was taken before. */
  readonly repeats: number;
}

export type PageFate =
  /** All of it is in the facts; `news`: records that it said something new of. */
  | { readonly kind: 'taken'; readonly news: number }
  /** Too much of it changed meanwhile: the cursor stays, it is to be asked for again. */
  | { readonly kind: 'again' }
  /** It would remove more than may go without a person's word: the cursor stays. */
  | { readonly kind: 'held' }
  | { readonly kind: 'postponed' | 'unwritten' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What can become of records that are read by id. */
export type ReadFate = Exclude<PageFate, { readonly kind: 'again' }>;

/** Folds a page, part by part; the cursor is stored with the last row, when nothing is left open. */
export async function takePage(
  context: PullContext,
  page: Page,
  place: PagePlace,
): Promise<PageFate> {
  const { env, guard, total } = context;
  const parts = await partsOf(page, env.breathe);
  const removals = await removalsIn(context, page.deleted);
  const isHeld = removals.length > 0 && !guard.allows(removals, total);
  const left: string[] = [];
  let news = 0;
  for (const [i, part] of parts.entries()) {
    if (i > 0) await env.breathe();
    const isLast = i === parts.length - 1;
    const rows = {
      ...partContext(context, place, page.epoch ?? null),
      ...{ begins: place.begins && i === 0, isOpen: isHeld || left.length > 0 },
      ...{ cursor: isLast ? place.cursor : null, complete: isLast && place.complete },
    };
    const taken = isHeld ? { items: part.items, deleted: [] } : part;
    const fate = await write(context, (told) => partRows(rows, taken, told));
    if (fate.kind !== 'folded') return fate;
    left.push(...fate.left);
    news += fate.news;
  }
  if (left.length > readsAtOnce && place.repeats < reasks) return { kind: 'again' };
  const trouble = await readLeft(context, place, left, isHeld);
  if (trouble) return trouble;
  return isHeld ? { kind: 'held' } : { kind: 'taken', news: news + left.length };
}

/** How the rows of a page are judged; what differs from row to row comes on top. */
export function partContext(
  { env, model, guard, isWanted, removals, waitsForCreates }: PullContext,
  place: PagePlace,
  epoch: string | null,
): PartContext {
  const { asked: facts, since, cursor, complete, rewinds, begins, settles } = place;
  const { name, filter, references, rule } = model;
  const made = new Map<string, string>();
  return {
    ...{ model: name, facts, filter, references, rule, epoch, kept: guard.declined },
    ...{ byId: false, unlisted: false, settles, begins, since, cursor, complete, rewinds },
    ...{ isOpen: false, at: env.now(), isWanted },
    isGoneSince: (serverId) => removals.isGoneSince(facts, name, serverId),
    waitsForCreates,
    newOperationId: (recordId) => {
      const id = made.get(recordId) ?? env.uuid();
      made.set(recordId, id);
      return id;
    },
  };
}

/** Reads what a page left open, until nothing is; null when all is in the facts. */
export async function readLeft(
  context: PullContext,
  place: PagePlace,
  first: readonly string[],
  isHeld: boolean,
  request?: CallRequest,
): Promise<ReadFate | null> {
  const { env, facts, model, signal } = context;
  let left = first;
  for (let n = 0; left.length > 0; n++) {
    if (n === rereads) {
      const message = 'records change faster than they can be read';
      return { kind: 'failed', failure: { code: 'unreadable', message, at: env.now() } };
    }
    const asked = facts();
    const reads = await readRecords(context, model, left, signal, request);
    if ('failure' in reads) return { kind: 'failed', failure: reads.failure };
    const rows = {
      ...partContext(context, { ...place, asked, begins: false }, null),
      ...{ byId: true, isOpen: isHeld },
    };
    const fate = await write(context, (told) => partRows(rows, reads.part, told));
    if (fate.kind !== 'folded') return fate;
    left = fate.left;
  }
  return null;
}

/** The clean records that tombstones would remove, by keys. */
async function removalsIn(
  { env, facts, model, guard }: PullContext,
  tombstones: readonly PulledTombstone[],
): Promise<string[]> {
  const removals: string[] = [];
  for (const [i, { id: serverId, version = null }] of tombstones.entries()) {
    if (i > 0 && i % stride === 0) await env.breathe();
    const now = facts();
    const id = keyOf(now, model.name, serverId);
    const entry = entryOf(now, model.name, id);
    if (!entry?.base || guard.declined.has(id)) continue;
    const isOlder = compareVersions(version, entry.version) === -1;
    if (!isOlder && !getIn(now.lanes, laneKey(model.name, id))) removals.push(id);
  }
  return removals;
}
