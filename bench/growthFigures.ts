import { type Figure, figure } from './figures.ts';
import type { Growth } from './page/growth.ts';

export interface GrowthAt {
  readonly size: number;
  readonly growth: Growth;
}

const said = (count: number) => count.toLocaleString('en');

/** ms that no task may take. */
function longestAllowed(size: number): number {
  return size <= 100_000 ? 16 : 50;
}

/** Each operation at each size, beside itself at the smallest; then the longest tasks. */
export function growthFigures(measured: readonly GrowthAt[]): Figure[] {
  const [first] = measured;
  if (!first) return [];
  const figures: Figure[] = [];
  for (const [name, floor] of Object.entries(first.growth.times)) {
    for (const { size, growth } of measured) {
      const ours = growth.times[name] ?? [];
      figures.push(figure(`${name} at ${said(size)}`, { ours, floor }, null));
    }
  }
  for (const name of Object.keys(first.growth.tasks)) {
    for (const { size, growth } of measured) {
      const ours = growth.tasks[name] ?? [];
      const title = `longest task in ${name} at ${said(size)}`;
      figures.push(figure(title, { ours, floor: [] }, longestAllowed(size)));
    }
  }
  return figures;
}
