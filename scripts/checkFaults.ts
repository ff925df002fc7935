import { readFile } from 'node:fs/promises';
import { readFaultPage, reportProblems, structureProblems } from './faultMap.ts';
import { readReports, requiredReports } from './testReport.ts';

/**
 * Holds `docs/faults.md` against the reports of the last test runs: every fault is proved by a
 * passed test that carries its id, or waived with a reason. Without reports (a fresh clone) the page
 * alone is checked; with `--report` a missing report is an error.
 */
const entries = readFaultPage(await readFile('docs/faults.md', 'utf8'));
const results = process.argv.includes('--report') ? await requiredReports() : await readReports();
const problems = structureProblems(entries);
const stale = results ? reportProblems(entries, results) : [];
problems.push(...stale);
for (const problem of problems) console.error(problem);
if (stale.length > 0) console.error('(titles as the last runs had them: npm test reads them anew)');
process.exitCode = problems.length > 0 ? 1 : 0;
const count = (state: string) => entries.filter((entry) => entry.state === state).length;
const counts = `${count('proved')} proved, ${count('inPart')} in part, ${count('waived')} waived`;
const against = results ? 'held against the report' : 'no report: titles were not looked at';
console.log(`${entries.length} faults: ${counts} (${against})`);
