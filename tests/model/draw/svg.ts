import type { Actor } from '../actor.ts';
import type { Point } from './layout.ts';

/** Who sends an event, by colour; of several the first is shown. */
export const actorColours: readonly (readonly [Actor, string])[] = [
  ['platform', 'net'],
  ['network', 'net'],
  ['person', 'person'],
  ['server', 'server'],
  ['otherTab', 'tab'],
  ['devTools', 'tab'],
  ['kit', 'kit'],
  ['time', 'time'],
  ['disk', 'kit'],
  ['power', 'kit'],
];

/** Pictures stand on their own ground, in the colours that the reader's system asks for. */
const style = `
svg { font: 13px system-ui, sans-serif; }
.ground { fill: #ffffff; stroke: #d0d7de; }
.box { fill: #f6f8fa; stroke: #57606a; }
.attention { fill: #fff4e5; stroke: #bc4c00; }
.busy { fill: #e7f1ff; stroke: #0969da; }
.final { fill: #e6f6ea; stroke: #1a7f37; }
.open { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
.line { fill: none; stroke: #8c959f; stroke-width: 1.3; }
.head { fill: #8c959f; }
.under { fill: #ffffff; }
.title { font-weight: 600; fill: #1f2328; }
.note { font-size: 11px; fill: #57606a; }
.event { font-size: 12px; }
.kit { fill: #1f2328; }
.ink { fill: #57606a; font-style: italic; }
.person { fill: #0550ae; }
.server { fill: #116329; }
.net { fill: #8250df; }
.time { fill: #953800; }
.tab { fill: #bf3989; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; stroke: #30363d; }
.box { fill: #161b22; stroke: #8b949e; }
.attention { fill: #2d1f10; stroke: #f0883e; }
.busy { fill: #0f2240; stroke: #58a6ff; }
.final { fill: #0f2a18; stroke: #3fb950; }
.open { stroke: #6e7681; }
.line { stroke: #6e7681; }
.head { fill: #6e7681; }
.under { fill: #0d1117; }
.title { fill: #f0f6fc; }
.note { fill: #9da7b3; }
.kit { fill: #e6edf3; }
.ink { fill: #9da7b3; font-style: italic; }
.person { fill: #79c0ff; }
.server { fill: #7ee787; }
.net { fill: #d2a8ff; }
.time { fill: #ffa657; }
.tab { fill: #f778ba; }
}
`.trim();

const marker = `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>`;

/** Room that a text takes, at most: system fonts differ. */
export function widthOf(text: string, size: number): number {
  return Math.ceil(text.length * size * 0.58);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const round = (number: number) => Math.round(number * 10) / 10;

export function text(
  words: string,
  { x, y }: Point,
  className: string,
  anchor: 'start' | 'middle' = 'middle',
): string {
  const place = `x="${round(x)}" y="${round(y)}"`;
  return `<text class="${className}" ${place} text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** @param centre of the box */
export function box(
  centre: Point,
  width: number,
  height: number,
  className: string,
  r = 8,
): string {
  const [x, y] = [round(centre.x - width / 2), round(centre.y - height / 2)];
  const size = `width="${round(width)}" height="${round(height)}" rx="${r}"`;
  return `<rect class="${className}" x="${x}" y="${y}" ${size}/>`;
}

/** A line through the points that leaves each of them down the picture, or across it. */
export function arrow(points: readonly Point[], way: 'down' | 'across' = 'down'): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${round(first.x)},${round(first.y)}`;
  let from = first;
  for (const to of rest) {
    const [x, y] = way === 'down' ? [0, (to.y - from.y) / 2] : [(to.x - from.x) / 2, 0];
    const bends = [from.x + x, from.y + y, to.x - x, to.y - y, to.x, to.y].map(round);
    path += ` C${bends.join(' ')}`;
    from = to;
  }
  return `<path class="line" d="${path}" marker-end="url(#arrow)"/>`;
}

/** A whole picture. `title` is what is read to who can not see it. */
export function picture(
  title: string,
  width: number,
  height: number,
  parts: readonly string[],
): string {
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}"`;
  const view = `viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${view} role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    marker,
    `<rect class="ground" x="0.5" y="0.5" width="${Math.ceil(width) - 1}" height="${Math.ceil(height) - 1}" rx="10"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
