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
    for (const { size, spans } of measured) {
      const own = spans.filter((span) => span.name === name);
      const ours = own.map(({ longestTask }) => longestTask);
      const title = `longest task in ${name} at ${said(size)}`;
      figures.push(figure(title, { ours, floor: [] }, longestAllowed(size)));
    }
  }
  return figures;
}
