import { type Answer, json, problem } from './answer.ts';
import { decodeCursor, encodeCursor, type Position } from './cursor.ts';
import type { ReferenceDatabase } from './database.ts';
import { isTagList, weakMatch } from './entityTags.ts';
import type { Json, JsonObject } from './json.ts';
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

const OWN_PARAMETERS: ReadonlySet<string> = new Set(['since', 'limit']);

/** Whether a record has, in every field that the query names, one of the values named for it. */
function filterOf(query: Query): ((record: JsonObject) => boolean) | undefined {
  const wanted = Object.entries(query).filter(([name]) => !OWN_PARAMETERS.has(name));
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

/**
 * One page of changes. Without a cursor it begins a full pull: every live record, and of the
 * tombstones only those that come to be while the pull is under way. Under a filter a record that
 * changed and is not in it (any more) is listed as deleted: for who sees no more than the filter,
 * it is.
 */
export function readChanges(database: ReferenceDatabase, collection: string, query: Query): Answer {
  const limit = parseLimit(query.limit?.[0]);
  if (limit === undefined) {
    return problem(400, 'bad-limit', 'limit is a whole number above 0.');
  }
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
  const found = database.records.page({ collection, after, quietUntil, limit: limit + 1 });
  const hasMore = found.length > limit;
  const rows = found.slice(0, limit);
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
