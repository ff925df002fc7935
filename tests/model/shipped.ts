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
export const wide: Bounds = { records: 2, operations: 3, acts: 0, clears: false };
/** One record, with decisions that wait in the tail while the engine goes on, and `clear`. */
export const deep: Bounds = { records: 1, operations: 3, acts: 1, clears: true };
