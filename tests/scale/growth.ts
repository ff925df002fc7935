import { expect } from 'vitest';
import type { Branch, PageNode, Pages } from '../../store/pages.ts';

/** Work by size, smallest first. */
export type BySize = ReadonlyMap<number, number>;

/**
 * Demands that work does not grow with the size: from one size to the next, ten times as large, by
 * less than half, as a walk down a tree of one more level does. What is in proportion grows tenfold.
 */
export function expectFlat(what: string, work: BySize): void {
  const grown = growthOf(work);
  expect(grown, `${what}: ${said(work)}`).toBeLessThan(1.5);
}

/** The largest growth from one size to the next. */
export function growthOf(work: BySize): number {
  const values = [...work.values()];
  return Math.max(...values.slice(1).map((value, i) => value / Math.max(1, values[i] ?? 1)));
}

function said(work: BySize): string {
  return [...work].map(([size, value]) => `${value} at ${size}`).join(', ');
}

/** Nodes of a tree that another version of it does not have. */
export function nodesMade<V>(before: Pages<V>, after: Pages<V>): number {
  const known = new Set<object>();
  eachNode(before.root, before.depth, (node) => known.add(node));
  let made = 0;
  eachNode(after.root, after.depth, (node) => {
    if (!known.has(node)) made++;
  });
  return made;
}

function eachNode<V>(node: PageNode<V>, depth: number, visit: (node: object) => void): void {
  visit(node);
  if (depth === 0) return;
  for (const child of (node as Branch<V>).children) eachNode(child, depth - 1, visit);
}

/**
 * The entries of the longest list, and of the widest object, in a state: whoever copies one by a
 * spread or a slice copies no more than that.
 */
export function largestPiece(state: unknown): number {
  let largest = 0;
  const seen = new Set<object>();
  const next = [state];
  for (let value = next.pop(); value !== undefined || next.length > 0; value = next.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const parts = Object.values(value);
    largest = Math.max(largest, parts.length);
    for (const part of parts) if (typeof part === 'object') next.push(part);
  }
  return largest;
}
