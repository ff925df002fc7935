import { type Answer, json, problem } from './answer.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';
import type { ReferenceDatabase } from './database.ts';
import { isTagList, weakMatch } from './entityTags.ts';
import type { Json, JsonObject } from './json.ts';
import { comparison, testOf } from './listFilter.ts';
import {
  isQueryParameter,
  type ListQuery,
  parseListQuery,
  parseOffset,
  QueryRefused,
} from './listQuery.ts';
import { missing, recordAnswer, recordHeaders } from './recordAnswers.ts';
import type { RecordRow } from './recordsTable.ts';

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

/** What a list is asked for: every parameter with all its values. */
export type Query = Readonly<Record<string, readonly string[]>>;

const OWN_PARAMETERS: ReadonlySet<string> = new Set(['since', 'limit', 'offset']);

/** Whether a record has, in every field that the query names, one of the values named for it. */
function filterOf(query: Query): ((record: JsonObject) => boolean) | undefined {
  const wanted = Object.entries(query).filter(
    ([name]) => !OWN_PARAMETERS.has(name) && !isQueryParameter(name),
  );
  if (wanted.length === 0) return undefined;
  return (record) =>
    wanted.every(([name, values]) => {
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      return value !== undefined && values.includes(textOf(value));
    });
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A list: a query's answer where there is a query, else a page of changes. */
export function readList(database: ReferenceDatabase, collection: string, query: Query): Answer {
  try {
    const listQuery = parseListQuery(query);
    if (!listQuery) return readChanges(database, collection, query);
    const { offset: _, ...others } = query;
    return readQuery(database, collection, listQuery, others);
  } catch (error) {
    if (error instanceof QueryRefused) return problem(400, 'bad-query', error.message);
    throw error;
  }
}

/** A part of the live records that meet a query, in its order: to look at, no cursor to go on from. */
function readQuery(
  database: ReferenceDatabase,
  collection: string,
  { where, orderBy, offset }: ListQuery,
  query: Query,
): Answer {
  const limit = parseLimit(query.limit?.[0]);
  if (limit === undefined) {
    return problem(400, 'bad-limit', 'limit is a whole number above 0.');
  }
  if (query.since) throw new QueryRefused('A query has no cursor: leave out since.');
  const meets = testOf(where);
  const filter = filterOf(query);
  const compare = comparison(orderBy);
  const found = database.records
    .all(collection)
    .flatMap(({ record, ...row }) => (record === null ? [] : [{ ...row, record }]))
    .filter(({ record }) => meets(record) && (filter?.(record) ?? true))
    .sort((a, b) => compare(a.record, b.record));
  const rows = found.slice(offset, offset + limit);
  return json(200, {
    items: rows.map(({ record }) => record),
    deleted: [],
    versions: Object.fromEntries(
      rows.map(({ id, version, lastOperationId }) => [id, { version, lastOperationId }]),
    ),
    cursor: null,
    hasMore: offset + rows.length < found.length,
    total: found.length,
    epoch: database.epoch(),
  });
}

/**
 * One page of changes. Without a cursor it begins a full pull: every live record, and of the
 * tombstones only those that come to be while the pull is under way. Under a filter a record that
 * changed and is not in it (any more) is listed as deleted: for who sees no more than the filter,
 * it is. `offset` passes changes over: to look at a page, not to keep up with what changes.
 */
function readChanges(database: ReferenceDatabase, collection: string, query: Query): Answer {
  const limit = parseLimit(query.limit?.[0]);
  if (limit === undefined) {
    return problem(400, 'bad-limit', 'limit is a whole number above 0.');
  }
  const offset = parseOffset(query.offset?.[0]);
  const epoch = database.epoch();
  const life = database.cursorLife();
  const latest = database.records.latestSeq();
  const since = query.since?.[0];
  const start: Position | undefined =
    since === undefined ? { seq: 0, quietUntil: latest } : decodeCursor(life, since);
  // A number we have not reached yet comes from a file that was rolled back: nothing to go on from.
  if (start === undefined || start.seq > latest) {
    return problem(410, 'cursor-expired', 'This cursor is not valid any more; pull in full.', {
      epoch,
    });
  }
  const { seq: after, quietUntil } = start;
  const end = offset + limit;
  const found = database.records.page({ collection, after, quietUntil, limit: end + 1 });
  const hasMore = found.length > end;
  const rows = found.slice(offset, end);
  const reached = rows.at(-1)?.seq ?? after;
  const next = hasMore
    ? { seq: reached, quietUntil }
    : { seq: Math.max(reached, quietUntil), quietUntil: 0 };
  const filter = filterOf(query);
  const isIn = ({ record }: RecordRow) => record !== null && (filter?.(record) ?? true);
  const live = rows.filter(isIn);
  // What stood outside of the filter before a full pull began was never in it for the client.
  const gone = rows.filter((row) => !isIn(row) && (row.record === null || row.seq > quietUntil));
  return json(200, {
    items: live.map((row) => row.record),
    deleted: gone.map(({ id, version }) => ({ id, version })),
    versions: Object.fromEntries(
      live.map(({ id, version, lastOperationId }) => [id, { version, lastOperationId }]),
    ),
    cursor: encodeCursor(life, next),
    hasMore,
    epoch,
  });
}
