import { durablePoints, requestPoints } from '../../src/testing/history/strikes.ts';
import {
  busFaults,
  deviceFaults,
  diskFaults,
  netFaults,
  tabFaults,
} from '../../src/testing/plan/plan.ts';
import { cellKey, type Tally } from './tally.ts';

/** Where each kind of fault can strike. */
const tables = [
  { on: 'disk', points: durablePoints, kinds: diskFaults },
  { on: 'request', points: requestPoints, kinds: netFaults },
  { on: 'time', points: ['any moment'], kinds: [...deviceFaults, ...tabFaults, ...busFaults] },
] as const;

/** Points against kinds of faults: how often each struck there; `.` where it never did. */
export function coverageOf({ cells }: Tally): string {
  const lines: string[] = [];
  const untouched: string[] = [];
  let all = 0;
  let hit = 0;
  for (const { on, points, kinds } of tables) {
    const width = Math.max(...points.map((point) => point.length));
    lines.push('', ` ${on.padEnd(width)}  ${kinds.join('  ')}`);
    for (const point of points) {
      const counts = kinds.map((kind) => cells[cellKey(on, point, kind)] ?? 0);
      const texts = counts.map((n, at) => String(n || '.').padStart(kinds[at]?.length ?? 0));
      lines.push(` ${point.padEnd(width)}  ${texts.join('  ')}`);
      all += counts.length;
      hit += counts.filter((n) => n > 0).length;
      if (!counts.some((n) => n > 0)) untouched.push(point);
    }
  }
  const never = untouched.length > 0 ? `; nothing ever struck at ${untouched.join(', ')}` : '';
  return [...lines, '', `${hit} of ${all} cells were hit${never}`].join('\n');
}
