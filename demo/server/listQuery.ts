import { isObject, type Json, type JsonObject, JsonRefused, parseJson } from './json.ts';

/**
 * What a list is asked for beyond a plain filter, as parameters say it: `where[field][operator]` with
 * the operand as JSON, groups under `where[and][0]…`, `where[or][0]…`, `where[not]…`;
 * `orderBy=priority:desc,createdAt,id`; `limit` and `offset`.
 */
export interface ListQuery {
  readonly where: JsonObject;
  readonly orderBy: readonly OrderEntry[];
  readonly offset: number;
}

export interface OrderEntry {
  readonly field: string;
  readonly isFalling: boolean;
}

/** Says in one sentence which parameter is not understood. */
export class QueryRefused extends Error {}

type Parameters = Readonly<Record<string, readonly string[]>>;

const MAX_PARAMETERS = 1_000;
const MAX_LEVELS = 40;
const REFUSED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isQueryParameter(name: string): boolean {
  return name === 'where' || name.startsWith('where[') || name === 'orderBy';
}

/** Undefined when the parameters ask for no such thing. */
export function parseListQuery(parameters: Parameters): ListQuery | undefined {
  const names = Object.keys(parameters).filter(isQueryParameter);
  if (names.length === 0) return undefined;
  if (names.length > MAX_PARAMETERS) throw new QueryRefused('There are too many parameters.');
  const root: JsonObject = Object.create(null);
  for (const name of names) {
    const [value = '', ...more] = parameters[name] ?? [];
    if (more.length > 0) throw new QueryRefused(`${name} stands there twice.`);
    if (name !== 'orderBy') place(root, name, value);
  }
  const where = withLists(root.where ?? {});
  if (!isObject(where)) throw new QueryRefused('where must hold conditions.');
  return {
    where,
    orderBy: parseOrder(parameters.orderBy?.[0]),
    offset: parseOffset(parameters.offset?.[0]),
  };
}

function place(root: JsonObject, name: string, value: string): void {
  const [first = '', ...rest] = name.split('[');
  const steps = rest.map((step) => {
    if (step.indexOf(']') !== step.length - 1) throw new QueryRefused(`${name}: odd brackets.`);
    return decode(step.slice(0, -1));
  });
  if (steps.length > MAX_LEVELS) throw new QueryRefused(`${name} is too deep.`);
  let at = root;
  let step = first;
  for (const next of steps) {
    const inner = at[step] ?? (Object.create(null) as JsonObject);
    at[step] = inner;
    if (!isObject(inner)) throw new QueryRefused(`${name} stands there twice.`);
    at = inner;
    step = next;
  }
  if (step in at) throw new QueryRefused(`${name} stands there twice.`);
  at[step] = parseValue(name, value);
}

function decode(name: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(name);
  } catch {
    throw new QueryRefused(`${name} is not encoded as it should be.`);
  }
  if (REFUSED_NAMES.has(decoded)) throw new QueryRefused(`The name "${decoded}" is not allowed.`);
  return decoded;
}

function parseValue(name: string, text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonRefused) throw new QueryRefused(`${name} must be JSON.`);
    throw error;
  }
}

/** Turns `and` and `or`, whose parts came by number, into lists. */
function withLists(where: Json): Json {
  if (!isObject(where)) return where;
  for (const name of ['and', 'or']) {
    const group = where[name];
    if (isObject(group))
      where[name] = Object.keys(group).map((_, i) => withLists(group[i] ?? null));
  }
  if (where.not !== undefined) where.not = withLists(where.not);
  return where;
}

function parseOrder(text: string | undefined): OrderEntry[] {
  if (text === undefined) return [];
  return text.split(',').map((entry) => {
    const [name = '', direction = 'asc', ...more] = entry.split(':');
    if (more.length > 0 || (direction !== 'asc' && direction !== 'desc')) {
      throw new QueryRefused('orderBy is a list like priority:desc,createdAt.');
    }
    return { field: decode(name), isFalling: direction === 'desc' };
  });
}

/** @throws QueryRefused */
export function parseOffset(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,9}$/.test(text)) throw new QueryRefused('offset is a whole number from 0.');
  return Number(text);
}
