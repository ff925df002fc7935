import { keyedBelow, keyedPick } from '../../src/testing/world/keyed.ts';

/**
 * Hostile bytes, from good ones: one change each that a broken disk, a bad server or an attacker
 * could make. Every case is a function of its number, so that a failure can be repeated.
 */
export interface Hostile {
  readonly number: number;
  /** What was done. */
  readonly how: string;
  readonly text: string;
}

const deep = 5_000;

/** Pieces of JSON that no careful program writes. */
export const hostilePieces: readonly string[] = [
  ...['null', 'true', 'false', '0', '-0', '-1', '1.5', '1e999', '-1e999', '9007199254740993'],
  ...['1e308', '""', '"x"', '" "', '".."', '"__proto__"', '"constructor"', '"\\u0000"'],
  ...['"a\\u0000b"', '"\\ud800"', '"W/\\"\\""', '[]', '{}', '[null]', '[[]]', '[{}]', '{"id":""}'],
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":2,"hasOwnProperty":3,"length":-1}',
  `${'['.repeat(deep)}${']'.repeat(deep)}`,
  `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
  `"${'x'.repeat(100_000)}"`,
  `[${'0,'.repeat(1_000)}0]`,
  '12345678901234567890123456789012345678901234567890',
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) =>
    pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...inner];
}

/** A copy with another value at a path; `undefined` takes it away. */
function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  const next = replaced(copy[key], rest, by);
  if (next !== undefined) copy[key] = next;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

/** Stands for a piece of text while the rest is written; no fixture holds it. */
const mark = '<hostile>';

/** One change to a good text. Pieces are put in as text: not all of them can be written by JSON. */
export function hostile(number: number, good: string): Hostile {
  const pick = <T>(label: string, from: readonly T[]) => keyedPick(number, label, from);
  const below = (label: string, end: number) => keyedBelow(number, label, end);
  const made = (how: string, text: string): Hostile => ({ number, how, text });
  const at = below('at', good.length);
  switch (pick('kind', ['piece', 'piece', 'piece', 'key', 'gone', 'cut', 'flip', 'swap'])) {
    case 'cut':
      return made(`cut after ${at}`, good.slice(0, at));
    case 'flip': {
      const put = String.fromCharCode(good.charCodeAt(at) ^ (1 << below('bit', 8)));
      return made(`a bit at ${at}`, `${good.slice(0, at)}${put}${good.slice(at + 1)}`);
    }
    default:
      break;
  }
  const value: unknown = JSON.parse(good);
  const paths = pathsOf(value);
  const path = pick('path', paths);
  const where = path.join('.') || 'the whole';
  const piece = pick('piece', hostilePieces);
  const short = piece.slice(0, 40);
  switch (pick('how', ['piece', 'piece', 'piece', 'key', 'gone', 'swap'])) {
    case 'gone':
      return path.length === 0
        ? made('nothing', '')
        : made(`no ${where}`, JSON.stringify(replaced(value, path, undefined)));
    case 'swap': {
      const other = pick('other', paths).reduce<unknown>(
        (inner, key) => (inner as Record<string | number, unknown>)[key],
        value,
      );
      return made(`${where} from elsewhere`, JSON.stringify(replaced(value, path, other)));
    }
    case 'key': {
      const key = pick('name', ['__proto__', 'constructor', 'prototype', 'toString', 'id', 'v']);
      const objects = [
        good.indexOf('{'),
        ...[...good.matchAll(/[:,[]\{/g)].map((m) => m.index + 1),
      ];
      const from =
        pick(
          'object',
          objects.filter((index) => index >= 0),
        ) + 1;
      const comma = good[from] === '}' ? '' : ',';
      const text = `${good.slice(0, from)}"${key}":${piece}${comma}${good.slice(from)}`;
      return made(`"${key}": ${short} at ${from}`, text);
    }
    default: {
      const text = JSON.stringify(replaced(value, path, mark));
      return made(
        `${where} is ${short}`,
        text.replace(`"${mark}"`, () => piece),
      );
    }
  }
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype] as const;
const untouched = prototypes.map((one) => Object.getOwnPropertyNames(one).join());

/** Why this can not stand in a state, or null: it must be plain, finite, shallow and clean. */
export function badState(value: unknown, depth = 0, path = ''): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`;
  if (typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value !== 'object') return `${path} is a ${typeof value}`;
  if (depth > 200) return `${path.slice(0, 60)}… is deeper than 200 levels`;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) {
    return `${path} is of a class, or its prototype was changed`;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return `${path} has a key __proto__`;
    const bad = badState((value as Record<string, unknown>)[key], depth + 1, `${path}.${key}`);
    if (bad) return bad;
  }
  return null;
}

/** I26: whether any of the prototypes that all share was changed. */
export function changedPrototype(): string | null {
  const at = prototypes.findIndex(
    (one, i) => Object.getOwnPropertyNames(one).join() !== untouched[i],
  );
  return at < 0 ? null : `prototype ${at} was changed`;
}
