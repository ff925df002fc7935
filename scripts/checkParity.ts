import { readFile } from 'node:fs/promises';
import { carriersOf, doubled, requiredReports, unproved } from './testReport.ts';

/**
 * Holds the tables of `docs/parity.md` against the reports of the last test runs: each id that the
 * tables call proved must stand in the title of at least one passed test, and of none that failed
 * or was skipped. Titles are read from the reports, never from the sources.
 */
const idPattern = /\b(?:S|P|N|CR|NW|SV|ST|MT|AU|TM|DA|EN|WS|UP|I)\d+\b/g;

/** Ids in the first cell of the tables' rows. */
function provedIds(page: string): string[] {
  const rows = page.matchAll(/^\| *((?:S|P|N|CR|NW|SV|ST|MT|AU|TM|DA|EN|WS|UP|I)\d+) *\|/gm);
  return [...rows].map(([, id = '']) => id);
}

const results = await requiredReports();
const byId = carriersOf(results, idPattern);
const ids = provedIds(await readFile('docs/parity.md', 'utf8'));
if (ids.length === 0) throw new Error('docs/parity.md names no ids: is the table whole?');
const problems = ids.flatMap((id) => unproved(id, byId.get(id)));
for (const id of doubled(ids)) problems.push(`${id}: stands in the table twice`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) console.log(`${ids.length} rows and faults, each with a passed test`);
const passed = results.filter(({ status }) => status === 'passed').length;
console.log(`${passed} passed, ${results.length - passed} failed`);
