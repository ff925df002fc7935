import { readFile } from 'node:fs/promises';

/** What `npm test` leaves behind: the titles of all tests and how each ended. */
export const reportFiles = ['.reports/unit.json', '.reports/e2e.json'] as const;

/** One test of a report: its title behind those of the groups it stands in, and how it ended. */
export interface TestResult {
  readonly fullName: string;
  /** `passed`; everything else (failed, skipped, todo, pending) proves nothing. */
  readonly status: string;
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly TestResult[] }[];
}

/** The tests of all reports; null if one of the reports is not there. */
export async function readReports(): Promise<TestResult[] | null> {
  const texts = await Promise.all(
    reportFiles.map((path) => readFile(path, 'utf8').catch(() => null)),
  );
  const results: TestResult[] = [];
  for (const text of texts) {
    if (text === null) return null;
    const { testResults } = JSON.parse(text) as Report;
    results.push(...testResults.flatMap((file) => file.assertionResults));
  }
  return results;
}

/** The tests of all reports; throws if one is missing. */
export async function requiredReports(): Promise<TestResult[]> {
  const results = await readReports();
  if (results) return results;
  throw new Error(`${reportFiles.join(' or ')} is missing: run the tests first (npm test)`);
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
