import { readFile } from 'node:fs/promises';
import { readFaultPage, reportProblems, structureProblems } from './faultMap.ts';
import { readReports, requiredReports } from './testReport.ts';

/**
 * Holds `docs/faults.md` against the reports of the last test runs: every fault is proved by a
 * passed test that carries its id, or waived with a reason. Without whole reports (a fresh clone, a
 * run of some files) the page alone is checked; with `--report` that is an error.
 */
const entries = readFaultPage(await readFile('docs/faults.md', 'utf8'));
const read = process.argv.includes('--report')
  ? { results: await requiredReports() }
  : await readReports();
const problems = structureProblems(entries);
if ('results' in read) problems.push(...reportProblems(entries, read.results));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
const count = (state: string) => entries.filter((entry) => entry.state === state).length;
const counts = `${count('proved')} proved, ${count('inPart')} in part, ${count('waived')} waived`;
const against =
  'results' in read
    ? 'held against the reports of the last runs'
    : `titles were not looked at: ${read.missing}`;
console.log(`${entries.length} faults: ${counts} (${against})`);
