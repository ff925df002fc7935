import { shippedLaw } from './law.ts';
import { shippedParts } from './parts.ts';
import { shippedScheduler } from './recordMove.ts';
import type { Bounds, Composition } from './space.ts';

/** What ships. */
export const shipped: Composition = {
  parts: shippedParts,
  law: shippedLaw,
  scheduler: shippedScheduler,
};

/** Two records at once; what a person decides is durable in the same step. */
export const wide: Bounds = { records: 2, operations: 3, acts: 0, clears: false, closes: false };
/** One record, with decisions that wait in the tail while the engine goes on, and `clear`. */
export const deep: Bounds = { records: 1, operations: 3, acts: 1, clears: true, closes: false };
/** Two records and a line that closes: which request is the one that is tried. */
export const lines: Bounds = { records: 2, operations: 2, acts: 0, clears: false, closes: true };
/** One record with all that may stand in its queue, and the same line. */
export const line: Bounds = { records: 1, operations: 3, acts: 0, clears: false, closes: true };
