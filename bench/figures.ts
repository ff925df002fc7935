import type { Samples } from './page/samples.ts';

/** One line of the result. Times in milliseconds, unless it counts bytes. */
export interface Figure {
  readonly name: string;
  readonly ours: number;
  /** What it is measured against; null: the bare time counts. */
  readonly floor: number | null;
  /** At most so many times the floor, or so many ms where there is none; null: told, not judged. */
  readonly aim: number | null;
  readonly met: boolean | null;
  readonly samples: Samples;
  readonly unit?: 'ms' | 'bytes';
  /** The aim is of the bare time; the floor only stands beside it. */
  readonly isBare?: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** A line from what was measured round by round. Without rounds of a floor, the bare time counts. */
export function figure(name: string, samples: Samples, aim: number | null): Figure {
  const ours = median(samples.ours);
  const floor = samples.floor.length > 0 ? median(samples.floor) : null;
  const value = floor === null ? ours : ours / floor;
  return { name, ours, floor, aim, met: aim === null ? null : value <= aim, samples };
}
