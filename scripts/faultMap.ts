import { carriersOf, doubled, type TestResult, unproved } from './testReport.ts';

/** The families of faults, each numbered from 1 to this. */
const families = {
  CR: 22,
  NW: 24,
  SV: 33,
  ST: 25,
  MT: 13,
  AU: 12,
  TM: 7,
  DA: 18,
  EN: 12,
  WS: 12,
  UP: 8,
} as const;

/** Numbers that no fault has (any more): they are never given again. */
const unused: readonly string[] = ['ST24', 'AU10', 'TM5'];

const anyId = `(?:${Object.keys(families).join('|')})\\d+`;

/** Every fault id there is. */
export const faultIds: readonly string[] = Object.entries(families).flatMap(([family, last]) =>
  Array.from({ length: last }, (_, i) => `${family}${i + 1}`).filter((id) => !unused.includes(id)),
);

/**
 * What the page says of one fault. `proved`: passed tests show the whole outcome. `inPart`: passed
 * tests show some of it, and the reason says what they don't. `waived`: no test shows it, and the
 * reason says why.
 */
export interface FaultEntry {
  readonly id: string;
  readonly state: 'proved' | 'inPart' | 'waived' | 'unknown';
  readonly reason: string;
}

const states = [
  [/^proved$/, 'proved'],
  [/^in part:(.*)$/, 'inPart'],
  [/^waived:(.*)$/, 'waived'],
] as const;

/** Reads the rows `| id | fault | required outcome | state |` of the page. */
export function readFaultPage(page: string): FaultEntry[] {
  const rows = page.matchAll(new RegExp(`^\\| *(${anyId}) *\\|(.*)\\| *$`, 'gm'));
  return [...rows].map(([, id = '', rest = '']): FaultEntry => {
    const cells = rest.split('|').map((cell) => cell.trim());
    const [fault = '', outcome = '', said = ''] = cells;
    const whole = cells.length === 3 && fault !== '' && outcome !== '';
    for (const [pattern, state] of states) {
      const found = whole && pattern.exec(said);
      if (found) return { id, state, reason: (found[1] ?? '').trim() };
    }
    return { id, state: 'unknown', reason: '' };
  });
}

/** Whether the page names every fault once, with a state and, where one is due, a reason. */
export function structureProblems(entries: readonly FaultEntry[]): string[] {
  const named = new Set(entries.map(({ id }) => id));
  const problems: string[] = [];
  for (const id of faultIds) if (!named.has(id)) problems.push(`${id}: is not in the list`);
  for (const id of named)
    if (!faultIds.includes(id)) problems.push(`${id}: there is no such fault`);
  for (const id of doubled(entries.map((entry) => entry.id))) {
    problems.push(`${id}: stands in the list twice`);
  }
  for (const { id, state, reason } of entries) {
    if (state === 'unknown') {
      const row = '| id | fault | outcome | proved, in part: why, or waived: why |';
      problems.push(`${id}: its row is not ${row}`);
    } else if (state !== 'proved' && reason === '') {
      problems.push(`${id}: gives no reason`);
    }
  }
  return problems;
}

/** Holds the page against the tests of a report. */
export function reportProblems(
  entries: readonly FaultEntry[],
  results: readonly TestResult[],
): string[] {
  const byId = carriersOf(results, new RegExp(`\\b${anyId}\\b`, 'g'));
  const problems: string[] = [];
  for (const { id, state } of entries) {
    const carriers = byId.get(id);
    if (state === 'proved' || state === 'inPart') problems.push(...unproved(id, carriers));
    else if (state === 'waived' && carriers && carriers.passed > 0) {
      problems.push(`${id}: is waived, and a passed test has it in its title`);
    }
  }
  const known = new Set(faultIds);
  for (const id of byId.keys()) {
    if (!known.has(id)) problems.push(`${id}: stands in a title, and there is no such fault`);
  }
  return problems;
}
