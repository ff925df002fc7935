import type { Failure } from '../../../machines/failure.ts';
import type { PullProgress } from '../../../store/slice.ts';
import type { CallListRequest } from '../../ports/requests.ts';
import type { PullAnswer } from '../../ports/transport.ts';
import { type Filter, filterText } from '../../pullOptions.ts';
import { originAsked } from '../wire/origins.ts';
import { closeFullPull } from './closeFullPull.ts';
import { PageProgress } from './pageProgress.ts';
import type { Page, PullContext } from './pullContext.ts';
import { type PageFate, takePage } from './takePage.ts';

/** Times that a pull begins anew: a cursor expired, the server was reset. */
const restartLimit = 2;

/** How a pull is asked for. */
export interface PullOptions {
  /** From this cursor on, once; where the next pull begins stays as it is. */
  readonly since?: string;
  /** At most about so many records now; the next pull goes on behind them. */
  readonly limit?: number;
  /** From the start: everything is compared, and what is gone there goes here. */
  readonly full?: boolean;
  /** How its requests travel, where that differs from the model's way. */
  readonly request?: CallListRequest;
}

export interface PullEnd {
  readonly status: 'done' | 'failed' | 'postponed' | 'held';
  readonly failure: Failure | null;
  /** Records received, and tombstones. */
  readonly items: number;
  readonly deleted: number;
  /** Whether the server has more: `limit` ended the pull. */
  readonly hasMore: boolean;
}

/** Where a page is asked from. */
interface Place {
  readonly cursor: string | null;
  /** Items received since the start: for servers that page by place. */
  readonly offset: number;
  readonly isFull: boolean;
  /** The second list of a full pull. */
  readonly settles: boolean;
}

const start: Place = { cursor: null, offset: 0, isFull: true, settles: false };

/** Pulls page after page until the server has no more, or until it makes no sense to go on. */
export async function runPull(
  context: PullContext,
  how: PullOptions,
  onProgress: (progress: Omit<PullProgress, 'state'>) => void,
): Promise<PullEnd> {
  const { env, facts, model, isWanted } = context;
  const sum = { items: 0, deleted: 0, total: null as number | null };
  const isFirst = facts().models[model.name]?.pulled !== true;
  const end = (status: PullEnd['status'], more: Partial<PullEnd> = {}): PullEnd => {
    const { items, deleted } = sum;
    return { status, failure: null, items, deleted, hasMore: false, ...more };
  };
  const failed = (message: string) =>
    end('failed', { failure: { code: 'unreadable', message, at: env.now() } });
  const endOf = (fate: Exclude<PageFate, { readonly kind: 'taken' | 'again' }>) => {
    if (fate.kind === 'unwritten') return failed('the page could not be stored');
    return fate.kind === 'failed' ? end('failed', { failure: fate.failure }) : end(fate.kind);
  };
  const progressFrom = ({ cursor, settles }: Place) => new PageProgress(cursor, settles);

  let place = placeOf(context, how);
  let progress = progressFrom(place);
  let restarts = 0;
  let repeats = 0;
  for (;;) {
    onProgress({ received: sum.items, total: sum.total, isFirst });
    const asked = facts();
    if (!isWanted(asked)) return end('postponed');
    const position = {
      ...{ cursor: place.cursor, offset: place.offset, filter: model.filter },
      ...(how.request && { request: how.request }),
    };
    const answer = await askForPage(context, position, (how.limit ?? Infinity) - sum.items);
    if (answer.kind === 'held' || answer.kind === 'failed') {
      return end('failed', { failure: answer.failure });
    }
    if (answer.kind === 'expired' || isOfAnotherLife(context, place, answer)) {
      if (how.since !== undefined) return failed('the server does not know this cursor any more');
      if (isStart(place) || ++restarts === restartLimit) {
        return failed('the server does not know the cursors that it gives');
      }
      place = start;
      progress = progressFrom(place);
      continue;
    }
    const { cursor, hasMore } = answer;
    // The last page of a full pull is followed by its sweep; a pull from a given cursor moves none.
    const isEnd = !hasMore && !place.isFull && how.since === undefined;
    const moves = how.since === undefined && (hasMore || !place.isFull);
    const at = {
      ...{ asked, since: place.cursor, settles: place.settles, repeats },
      ...{ cursor: moves ? cursor : null, complete: isEnd, rewinds: rewinds(place, answer) },
      begins: isStart(place) && place.isFull,
    };
    const fate = await takePage(context, answer, at);
    repeats = fate.kind === 'again' ? repeats + 1 : 0;
    if (fate.kind === 'again') continue;
    if (fate.kind !== 'taken') return endOf(fate);
    sum.items += answer.items.length;
    sum.deleted += answer.deleted.length;
    sum.total = answer.total ?? sum.total;
    if (hasMore) {
      if (sum.items >= (how.limit ?? Infinity)) return end('done', { hasMore });
      if (!progress.leadsOn(answer, fate.news)) {
        return failed('the server always has more, and its pages lead nowhere');
      }
      place = placeAfter(place, answer);
      continue;
    }
    if (!place.isFull) return end('done');
    const last = { ...at, asked: facts(), cursor, complete: true };
    const closed = await closeFullPull(context, last, place.settles);
    if (closed.kind === 'taken') return end('done');
    if (closed.kind !== 'again') return endOf(closed);
    place = { ...start, settles: true };
    progress = progressFrom(place);
  }
}

/** A page without a cursor is followed by the next one by place, behind the same cursor. */
function placeAfter(place: Place, { cursor, items }: Page): Place {
  if (cursor !== null) return { ...place, cursor, offset: 0 };
  return { ...place, offset: place.offset + items.length };
}

/**
 * Whether a last page leaves nothing to go on from: cursors that end with the list only led from page
 * to page, and what changes before them would never be seen. Nothing new since a cursor says nothing
 * of it: that one stands.
 */
function rewinds({ isFull }: Place, { cursor, items, deleted }: Page): boolean {
  return cursor === null && (isFull || items.length + deleted.length > 0);
}

/** Whether nothing stands before it in its pull. */
function isStart({ cursor, offset, settles }: Place): boolean {
  return cursor === null && offset === 0 && !settles;
}

function hasNewFilter({ facts, model }: PullContext): boolean {
  const known = facts().models[model.name];
  return known !== undefined && known.filter !== filterText(model.filter);
}

/** From the cursor that is known, if it belongs to this filter; a full pull under way goes on. */
function placeOf(context: PullContext, { since, full }: PullOptions): Place {
  if (since !== undefined) return { ...start, cursor: since, isFull: false };
  const known = context.facts().models[context.model.name];
  const cursor = known?.cursor ?? null;
  if (full || cursor === null || hasNewFilter(context)) return start;
  return { ...start, cursor, isFull: known?.fullSince !== null };
}

/** Where in the server's list a page is asked from. */
export interface PagePosition {
  readonly cursor: string | null;
  readonly offset: number;
  readonly filter: Filter;
  readonly request?: CallListRequest;
}

/** Asks for a page; a wire that fails is a failure as any other here. */
export async function askForPage(
  { env, transport, model, signal, wireFailed, lines }: PullContext,
  position: PagePosition,
  room: number,
): Promise<PullAnswer> {
  const limit = Math.max(1, Math.min(model.pageSize, room));
  const origin = originAsked(transport, model, 'list', position.request);
  const renewals = lines.renewals(origin);
  try {
    const answer = await transport.pull({ ...position, model, limit }, signal);
    if (answer.kind === 'held') lines.lost(origin, answer, renewals, { reads: model.name });
    else if (answer.kind !== 'failed') lines.welcomed(origin);
    return answer;
  } catch {
    await wireFailed();
    const message = 'the request ended without an answer';
    return { kind: 'failed', failure: { code: 'network', message, at: env.now() } };
  }
}

/** Whether the server was reset since the pages before this one. */
function isOfAnotherLife({ facts, model }: PullContext, place: Place, { epoch }: Page): boolean {
  const known = facts().models[model.name]?.epoch ?? null;
  return !isStart(place) && known !== null && typeof epoch === 'string' && epoch !== known;
}
