import type { Figure } from './figures.ts';

export function time(ms: number | null): string {
  if (ms === null) return '';
  if (ms < 1) return `${(ms * 1_000).toPrecision(3)} µs`;
  return `${ms < 100 ? ms.toPrecision(3) : Math.round(ms).toLocaleString('en')} ms`;
}

function bytes(count: number | null): string {
  return count === null ? '' : `${Math.round(count).toLocaleString('en')} bytes`;
}

/** `1.15 x`, or `1/850` where it is far below the floor. */
export function ratio(value: number): string {
  return value >= 0.1 ? `${value.toFixed(2)} x` : `1/${Math.round(1 / value).toLocaleString('en')}`;
}

function aimOf({ aim, floor, isBare }: Figure): string {
  if (aim === null) return '';
  return floor === null || isBare ? `< ${aim} ms` : `≤ ${ratio(aim)}`;
}

function cells(figure: Figure): string[] {
  const { name, ours, floor, met, unit } = figure;
  const told = unit === 'bytes' ? bytes : time;
  const against = floor === null ? '' : ratio(ours / floor);
  const word = met === null ? '' : met ? 'yes' : 'no';
  return [name, told(ours), told(floor), against, aimOf(figure), word];
}

const heads = ['what', 'ours', 'floor', 'ratio', 'aim', 'met'];

/** The result as a table of Markdown. */
export function table(figures: readonly Figure[]): string {
  return markdown([heads, ...figures.map(cells)]);
}

/** Rows of cells as a table of Markdown; the first row is the head. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const [heads = []] = rows;
  const widths = heads.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
