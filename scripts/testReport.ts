import { glob, readFile } from 'node:fs/promises';
import { relative } from 'node:path';

/** Files that run without coverage, by themselves. */
const manyRuns = /^tests\/(simulation|model)\//;

/** What `npm test` leaves behind: the titles of all tests and how each ended. */
const reports = [
  { path: '.reports/unit.json', tests: 'tests/**/*.test.{ts,tsx}', but: manyRuns },
  { path: '.reports/simulation.json', tests: 'tests/{simulation,model}/**/*.test.ts', but: null },
  { path: '.reports/e2e.json', tests: 'tests/e2e/**/*.e2e.ts', but: null },
] as const;

/** One test of a report: its title behind those of the groups it stands in, and how it ended. */
export interface TestResult {
  readonly fullName: string;
  /** `passed`; everything else (failed, skipped, todo, pending) proves nothing. */
  readonly status: string;
}

interface Report {
  readonly testResults: readonly {
    /** The file. */
    readonly name: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}

/** The tests of all reports, or why they are not all there. */
export type Read = { readonly results: readonly TestResult[] } | { readonly missing: string };

/**
 * Reads the reports of the last runs. A run of some files alone writes a report too, but says nothing
 * about the rest: it counts as none.
 */
export async function readReports(): Promise<Read> {
  const results: TestResult[] = [];
  for (const { path, tests, but } of reports) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) return { missing: `${path} is missing` };
    const { testResults } = JSON.parse(text) as Report;
    const known = new Set(testResults.map(({ name }) => relative('.', name)));
    for await (const file of glob(tests)) {
      if (but?.test(file)) continue;
      if (!known.has(file)) return { missing: `${path} is of a run without ${file}` };
    }
    results.push(...testResults.flatMap((file) => file.assertionResults));
  }
  return { results };
}

/** The tests of all reports; throws if they are not all there. */
export async function requiredReports(): Promise<readonly TestResult[]> {
  const read = await readReports();
  if ('results' in read) return read.results;
  throw new Error(`${read.missing}: run all tests first (npm test)`);
}

/** The tests that carry one id in their titles. */
export interface Carriers {
  readonly passed: number;
  /** Status and title of each that did not pass. */
  readonly other: readonly string[];
}

/** Which tests carry which id, for the ids that `pattern` (global) finds in titles. */
export function carriersOf(
  results: readonly TestResult[],
  pattern: RegExp,
): ReadonlyMap<string, Carriers> {
  const byId = new Map<string, { passed: number; other: string[] }>();
  for (const { fullName, status } of results) {
    for (const id of new Set(fullName.match(pattern) ?? [])) {
      const entry = byId.get(id) ?? { passed: 0, other: [] };
      if (status === 'passed') entry.passed++;
      else entry.other.push(`${status}: ${fullName}`);
      byId.set(id, entry);
    }
  }
  return byId;
}

/** Why an id is not proved by these tests; nothing if it is. */
export function unproved(id: string, carriers: Carriers | undefined): string[] {
  if (!carriers || carriers.passed + carriers.other.length === 0) {
    return [`${id}: no passed test has it in its title`];
  }
  const missing = carriers.passed === 0 ? [`${id}: no passed test has it in its title`] : [];
  return [...missing, ...carriers.other.map((other) => `${id}: ${other}`)];
}

/** What stands in `ids` more than once. */
export function doubled(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
}
