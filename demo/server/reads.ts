import { type Answer, json, problem } from './answer.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';
import type { ReferenceDatabase } from './database.ts';
import { isTagList, weakMatch } from './entityTags.ts';
import { missing, recordAnswer, recordHeaders } from './recordAnswers.ts';

const DEFAULT_LIMIT = 500;
const MAX_LIMIT = 1000;

export function readRecord(
  database: ReferenceDatabase,
  collection: string,
  id: string,
  ifNoneMatch: string | undefined,
): Answer {
  const row = database.records.find(collection, id);
  if (row === undefined || row.record === null) return missing(row);
  if (ifNoneMatch !== undefined && isTagList(ifNoneMatch) && weakMatch(ifNoneMatch, row.version)) {
    return { status: 304, headers: recordHeaders(row), body: null };
  }
  return recordAnswer(200, row);
}

/** A limit above the maximum is lowered to it; one that is no positive whole number is refused. */
function parseLimit(limit: string | undefined): number | undefined {
  if (limit === undefined) return DEFAULT_LIMIT;
  if (!/^\d{1,9}$/.test(limit) || Number(limit) === 0) return undefined;
  return Math.min(Number(limit), MAX_LIMIT);
}

/**
 * One page of changes. Without a cursor it begins a full pull: every live record, and of
 * the tombstones only those that come to be while the pull is under way.
 */
export function readChanges(
  database: ReferenceDatabase,
  collection: string,
  query: { readonly since: string | undefined; readonly limit: string | undefined },
): Answer {
  const limit = parseLimit(query.limit);
  if (limit === undefined) {
    return problem(400, 'bad-limit', 'limit is a whole number above 0.');
  }
  const epoch = database.epoch();
  const latest = database.records.latestSeq();
  const start: Position | undefined =
    query.since === undefined ? { seq: 0, quietUntil: latest } : decodeCursor(epoch, query.since);
  // A number we have not reached yet comes from a file that was rolled back: nothing to go on from.
  if (start === undefined || start.seq > latest) {
    return problem(410, 'cursor-expired', 'This cursor is not valid any more; pull in full.', {
      epoch,
    });
  }
  const { seq: after, quietUntil } = start;
  const found = database.records.page({ collection, after, quietUntil, limit: limit + 1 });
  const hasMore = found.length > limit;
  const rows = found.slice(0, limit);
  const reached = rows.at(-1)?.seq ?? after;
  const next = hasMore
    ? { seq: reached, quietUntil }
    : { seq: Math.max(reached, quietUntil), quietUntil: 0 };
  const live = rows.filter((row) => row.record !== null);
  return json(200, {
    items: live.map((row) => row.record),
    deleted: rows.filter((row) => row.record === null).map(({ id, version }) => ({ id, version })),
    versions: Object.fromEntries(
      live.map(({ id, version, lastOperationId }) => [id, { version, lastOperationId }]),
    ),
    cursor: encodeCursor(epoch, next),
    hasMore,
    epoch,
  });
}
