import type { Failure } from '../../../machines/failure.ts';
import type { CallListRequest, CallRequest } from '../../ports/requests.ts';

import type { Filter } from '../../pullOptions.ts';
import type { PullContext } from './pullContext.ts';
import { askForPage, type PagePosition } from './pullRun.ts';
import { type PagePlace, type ReadFate, readLeft, takePage } from './takePage.ts';

/** What a single request brought, which moved no cursor. */
export interface OnceEnd {
  /** `held`: it would remove so much that a person is asked first. */
  readonly status: 'done' | 'failed' | 'postponed' | 'held';
  readonly failure: Failure | null;
}

/** One page of the server's list: to look at it, not to keep up with it. */
export interface FetchQuery {
  /** Records at most. Default: the model's page size. */
  readonly limit?: number;
  /** Records to pass over. */
  readonly offset?: number;
  /** What changed since this cursor of the server's. */
  readonly since?: string;
  /** Plain values, sent as parameters; default: the model's own. */
  readonly filter?: Filter;
  /** How this request travels, where that differs from the model's way. */
  readonly request?: CallListRequest;
}

export interface FetchEnd extends OnceEnd {
  /** Server ids, in the order of the page. */
  readonly ids: readonly string[];
  readonly hasMore: boolean;
  readonly cursor: string | null;
}

/** Rows that stand in no pull: they store records and leave the cursor where it is. */
function aside({ facts }: PullContext, repeats = 0): PagePlace {
  return {
    ...{ asked: facts(), since: null, cursor: null, complete: false },
    ...{ rewinds: false, begins: false, settles: false, repeats },
  };
}

/** Reads one record by id. */
export async function pullRecord(
  context: PullContext,
  serverId: string,
  request?: CallRequest,
): Promise<OnceEnd> {
  const fate = await readLeft(context, aside(context), [serverId], false, request);
  return endOf(context, fate ?? { kind: 'taken', news: 1 });
}

/** Asks for one page and stores what it brings. */
export async function fetchPage(context: PullContext, query: FetchQuery): Promise<FetchEnd> {
  const { facts, model } = context;
  const { since: cursor = null, offset = 0, limit = model.pageSize, request } = query;
  const nothing = { ids: [], hasMore: false, cursor: null };
  const filter = query.filter ?? model.filter;
  const position: PagePosition = { cursor, offset, filter, ...(request && { request }) };
  for (let repeats = 0; ; repeats++) {
    const place = aside(context, repeats);
    const page = await askForPage(context, position, limit);
    if (page.kind === 'held' || page.kind === 'failed') {
      return { status: 'failed', failure: page.failure, ...nothing };
    }
    const known = facts().models[model.name]?.epoch ?? null;
    const { epoch = null } = page.kind === 'page' ? page : {};
    const isReset = epoch !== null && known !== null && epoch !== known;
    // It was reset, or does not know the cursor: that is for a pull to mend.
    if (page.kind === 'expired' || isReset) {
      return { status: 'postponed', failure: null, ...nothing };
    }
    const fate = await takePage(context, { ...page, epoch: null }, place);
    if (fate.kind === 'again') continue;
    const ids = page.items.map((item) => item.id);
    const { hasMore, cursor: next } = page;
    return { ...endOf(context, fate), ids, hasMore, cursor: next };
  }
}

function endOf({ env }: PullContext, fate: ReadFate): OnceEnd {
  switch (fate.kind) {
    case 'taken':
      return { status: 'done', failure: null };
    case 'held':
    case 'postponed':
      return { status: fate.kind, failure: null };
    case 'failed':
      return { status: 'failed', failure: fate.failure };
    case 'unwritten': {
      const message = 'what came could not be stored';
      return { status: 'failed', failure: { code: 'unreadable', message, at: env.now() } };
    }
  }
}
