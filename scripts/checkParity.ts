import { readFile } from 'node:fs/promises';

/**
 * Holds the tables of `docs/parity.md` against the reports of the last test runs: each id that the
 * tables call proved must stand in the title of at least one passed test, and of none that failed
 * or was skipped. Titles are read from the reports, never from the sources.
 */
const reports = ['.reports/unit.json', '.reports/e2e.json'];
const idPattern = /\b(?:S|P|N|CR|NW|SV|ST|MT|AU|TM|DA|EN|WS|UP|I)\d+\b/g;

interface Assertion {
  readonly fullName: string;
  readonly status: string;
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

async function assertions(path: string): Promise<Assertion[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path} is missing: run the tests first (npm test)`);
  });
  const report = JSON.parse(text) as Report;
  return report.testResults.flatMap((file) => file.assertionResults);
}

/** Ids in the first cell of the tables' rows. */
function provedIds(page: string): string[] {
  const rows = page.matchAll(/^\| *((?:S|P|N|CR|NW|SV|ST|MT|AU|TM|DA|EN|WS|UP|I)\d+) *\|/gm);
  return [...rows].map(([, id = '']) => id);
}

let passed = 0;
let failed = 0;
const byId = new Map<string, { passed: number; other: string[] }>();
for (const path of reports) {
  for (const { fullName, status } of await assertions(path)) {
    if (status === 'passed') passed++;
    else failed++;
    for (const id of new Set(fullName.match(idPattern) ?? [])) {
      const entry = byId.get(id) ?? { passed: 0, other: [] };
      if (status === 'passed') entry.passed++;
      else entry.other.push(`${status}: ${fullName}`);
      byId.set(id, entry);
    }
  }
}

const ids = provedIds(await readFile('docs/parity.md', 'utf8'));
if (ids.length === 0) throw new Error('docs/parity.md names no ids: is the table whole?');
const problems: string[] = [];
for (const id of ids) {
  const entry = byId.get(id);
  if (!entry || entry.passed === 0) problems.push(`${id}: no passed test has it in its title`);
  for (const other of entry?.other ?? []) problems.push(`${id}: ${other}`);
}
const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
for (const id of twice) problems.push(`${id}: stands in the table twice`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) console.log(`${ids.length} rows and faults, each with a passed test`);
console.log(`${passed} passed, ${failed} failed`);
