import { checkQuery } from './checkQuery.ts';
import { plainQuery } from './plainQuery.ts';
import type { Query } from './query.ts';
import { refuseQuery } from './refuseQuery.ts';

/** No path of a query within its limits is longer. */
const longestPath = 64;

/** What stands under a path that goes on: by the next name in it. */
class Level {
  readonly parts = new Map<string, unknown>();
}

/**
 * The query that URL parameters say, as `toUrlParameters` writes them: for a server of yours, or for
 * a page that keeps its filters in its address. Other parameters are passed over. Whether the fields
 * are those of `T` is not looked at.
 *
 * @example fromUrlParameters<Todo>(new URLSearchParams(location.search))
 * @throws SyncError `badQuery`, with the path of what can't be meant
 */
export function fromUrlParameters<T>(
  parameters: URLSearchParams | Readonly<Record<string, string>>,
): Query<T> {
  const entries =
    parameters instanceof URLSearchParams ? [...parameters] : Object.entries(parameters);
  const query: Record<string, unknown> = {};
  const root = new Level();
  for (const [name, value] of entries) {
    if (name === 'where' || name.startsWith('where[')) put(root, name, value);
    else if (name === 'orderBy' || name === 'limit' || name === 'offset') {
      if (Object.hasOwn(query, name)) refuseQuery(name, 'stands there twice');
      query[name] = name === 'orderBy' ? orderOf(value) : countOf(name, value);
    }
  }
  if (root.parts.size > 0) query.where = whereOf(root.parts.get('where'));
  return plainQuery(checkQuery(query));
}

function countOf(name: string, value: string): number {
  return /^\d{1,16}$/.test(value) ? Number(value) : refuseQuery(name, 'must be a whole number');
}

function orderOf(value: string): unknown[] {
  return value.split(',').map((entry) => {
    const [field = '', ...direction] = entry.split(':');
    return [decodeName('orderBy', field), ...direction];
  });
}

function decodeName(path: string, name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return refuseQuery(path, 'holds a percent sign that encodes nothing');
  }
}

/** Puts the JSON value where its path says. */
function put(root: Level, name: string, value: string): void {
  const path = name.replace('where', '[where]');
  if (!/^(\[[^[\]]*\])+$/.test(path)) refuseQuery(name, 'has brackets that do not match');
  const names = path.slice(1, -1).split('][');
  if (names.length > longestPath) refuseQuery(name, 'has more groups than a query can have');
  let level = root;
  for (const [i, encoded] of names.entries()) {
    const part = decodeName(name, encoded);
    const there = level.parts.get(part);
    if (i === names.length - 1) {
      if (there !== undefined) refuseQuery(name, 'stands there twice');
      level.parts.set(part, parsed(name, value));
    } else if (there === undefined) {
      const next = new Level();
      level.parts.set(part, next);
      level = next;
    } else if (there instanceof Level) level = there;
    else refuseQuery(name, 'stands there twice');
  }
}

function parsed(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return refuseQuery(name, 'must be JSON; a text stands in quotes');
  }
}

function whereOf(value: unknown): unknown {
  if (!(value instanceof Level)) return value;
  return dataOf(value, (name, part) => {
    if (name === 'not') return whereOf(part);
    if (name === 'and' || name === 'or') return part instanceof Level ? listOf(name, part) : part;
    return part instanceof Level ? dataOf(part, (_, operand) => operand) : part;
  });
}

function listOf(name: string, { parts }: Level): unknown[] {
  return Array.from({ length: parts.size }, (_, i) => {
    if (!parts.has(String(i))) refuseQuery(name, 'must be numbered from 0, without a gap');
    return whereOf(parts.get(String(i)));
  });
}

function dataOf({ parts }: Level, of: (name: string, part: unknown) => unknown) {
  const data: Record<string, unknown> = Object.create(null);
  for (const [name, part] of parts) data[name] = of(name, part);
  return data;
}
