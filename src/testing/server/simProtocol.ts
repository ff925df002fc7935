import type { Row } from './serverPort.ts';

/**
 * The pure parts of the protocol, written anew here: a mistake of the kit's own, or of the
 * reference server's, must not agree with itself.
 */

/** Ids that survive a URL and a database unchanged. */
export function isId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 200) return false;
  return value !== '.' && value !== '..' && !/[\p{Cc}\p{Cs}]/u.test(value);
}

/** One segment of a path; undefined where it is no encoding of anything. */
export function segmentOf(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** The key of an `Idempotency-Key` header, quoted or bare; undefined for what is none. */
export function keyIn(header: string): string | undefined {
  const text = header.trim();
  const isQuoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"');
  const key = isQuoted ? text.slice(1, -1) : text;
  return /^[!#-~]{1,255}$/.test(key) ? key : undefined;
}

/** The tags of an If-Match header (`*` as such); undefined if it can not be read. */
export function tagsIn(header: string): readonly string[] | undefined {
  if (header.trim() === '*') return ['*'];
  const tags = header.split(',').map((tag) => tag.trim());
  return tags.every((tag) => /^(W\/)?"[^"]*"$/.test(tag)) ? tags : undefined;
}

/** Whether a precondition holds: compared strongly, so that a weak tag never does. */
export function holds(tags: readonly string[], version: number): boolean {
  return tags.includes('*') || tags.includes(`"${version}"`);
}

const deepest = 64;
const reserved = ['__proto__', 'constructor', 'prototype'];

/** A body that can be taken; a reason for one that can not. */
export function parsed(text: string): { readonly value: unknown } | { readonly refused: string } {
  try {
    const value: unknown = JSON.parse(text);
    return isTame(value, 1) ? { value } : { refused: 'the body holds what JSON servers refuse' };
  } catch {
    return { refused: 'the body is not JSON' };
  }
}

function isTame(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth > deepest) return false;
  if (Array.isArray(value)) return value.every((item) => isTame(item, depth + 1));
  return Object.entries(value).every(
    ([key, item]) => !reserved.includes(key) && isTame(item, depth + 1),
  );
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7396. */
export function patched(record: Row, patch: Row): Row {
  const next: Row = { ...record };
  for (const [key, value] of Object.entries(patch)) {
    const before = next[key];
    if (value === null) delete next[key];
    else if (isRow(value)) next[key] = patched(isRow(before) ? before : {}, value);
    else next[key] = value;
  }
  return next;
}

const pageLimits = { usual: 500, most: 1_000 } as const;

/** How much of the feed is asked for; undefined for what is no such number. */
export function limitIn(text: string | null): number | undefined {
  if (text === null) return pageLimits.usual;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  return limit > 0 ? Math.min(limit, pageLimits.most) : undefined;
}
