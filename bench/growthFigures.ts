import { type Figure, figure } from './figures.ts';
import type { Growth } from './page/growth.ts';
import type { TracedSpan } from './taskTrace.ts';

export interface GrowthAt {
  readonly size: number;
  readonly growth: Growth;
  readonly spans: readonly TracedSpan[];
}

const said = (count: number) => count.toLocaleString('en');

/** ms that no task may take. */
function longestAllowed(size: number): number {
  return size <= 100_000 ? 16 : 50;
}

function longestTasks({ size, spans }: GrowthAt, name: string): Figure {
  const ours = spans.filter((span) => span.name === name).map((span) => span.longestTask);
  const title = `longest task in ${name} at ${said(size)}`;
  return figure(title, { ours, floor: [] }, longestAllowed(size));
}

/**
 * What a drain may hold beside what was held before it: ten thousand endings are remembered, and of
 * what has left, as much as one checkpoint's journal tells of.
 */
const heldAtMost = 1.25;

/** A drain part by part; what it holds stands beside what was held before it. */
export function drainFigures(measured: GrowthAt): Figure[] {
  const { size, growth, spans } = measured;
  const floor = growth['bytes held before the drain'] ?? [];
  const figures = Object.entries(growth).map(([name, ours]): Figure => {
    const title = `${name}, ${said(size)} queued`;
    return name.startsWith('bytes')
      ? { ...figure(title, { ours, floor }, heldAtMost), unit: 'bytes' }
      : figure(title, { ours, floor: [] }, null);
  });
  return [...figures, ...spans.map(({ name }) => longestTasks(measured, name))];
}

/** Each operation at each size, beside itself at the smallest; then the longest tasks. */
export function growthFigures(measured: readonly GrowthAt[]): Figure[] {
  const [first] = measured;
  if (!first) return [];
  const figures: Figure[] = [];
  for (const [name, floor] of Object.entries(first.growth)) {
    for (const { size, growth } of measured) {
      const ours = growth[name] ?? [];
      const unit = name.startsWith('bytes') ? 'bytes' : 'ms';
      figures.push({ ...figure(`${name} at ${said(size)}`, { ours, floor }, null), unit });
    }
  }
  for (const name of new Set(first.spans.map((span) => span.name))) {
    figures.push(...measured.map((each) => longestTasks(each, name)));
  }
  return figures;
}
