import { writeFile } from 'node:fs/promises';
import { openBrowser } from '../openBrowser.ts';
import { type Comparison, comparisonTable } from './comparison.ts';
import { peerGroups } from './groups.ts';
import { readPeerOptions } from './options.ts';

const options = readPeerOptions();
const names = Object.keys(peerGroups).filter((name) => !options.only || name === options.only);
if (names.length === 0) {
  const known = Object.keys(peerGroups).join(', ');
  console.error(`There is no group "${options.only}"; there are ${known}.`);
  process.exit(1);
}

const comparisons: Comparison[] = [];
await using opened = await openBrowser(new URL('./page/main.ts', import.meta.url));
const { browser, machine } = opened;
console.log(`${browser} on ${machine}\n`);

for (const name of names) {
  try {
    const measured = await opened.inTab(
      async (page) => (await peerGroups[name]?.(page, options)) ?? [],
    );
    comparisons.push(...measured);
    console.log(`${comparisonTable(measured)}\n`);
  } catch (error) {
    // Slow is told and no failure; a wrong result, or none, is.
    process.exitCode = 1;
    console.error(`${name} did not come to its end:`, error);
  }
}

if (options.json) {
  const at = new Date().toISOString();
  const result = { at, browser, machine, options, comparisons };
  await writeFile(options.json, `${JSON.stringify(result, null, 2)}\n`);
}
