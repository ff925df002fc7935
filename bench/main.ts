import { writeFile } from 'node:fs/promises';
import type { Figure } from './figures.ts';
import { groups } from './groups.ts';
import { openBrowser } from './openBrowser.ts';
import { readOptions } from './options.ts';
import { table } from './table.ts';

const options = readOptions();
const names = Object.keys(groups).filter((name) => !options.only || name === options.only);
if (names.length === 0) {
  console.error(
    `There is no group "${options.only}"; there are ${Object.keys(groups).join(', ')}.`,
  );
  process.exit(1);
}

const figures: Figure[] = [];
let failed = false;
await using opened = await openBrowser(new URL('./page/main.ts', import.meta.url));
const { browser, machine } = opened;
console.log(`${browser} on ${machine}\n`);

for (const name of names) {
  try {
    const measured = await opened.inTab(
      async (page) => (await groups[name]?.(page, options)) ?? [],
    );
    figures.push(...measured);
    console.log(`${table(measured)}\n`);
  } catch (error) {
    // Slow is told and no failure; a wrong result, or none, is.
    failed = true;
    console.error(`${name} did not come to its end:`, error);
  }
}

console.log(table(figures));
if (options.json) {
  const at = new Date().toISOString();
  await writeFile(options.json, `${JSON.stringify({ at, browser, machine, figures }, null, 2)}\n`);
}
if (failed) process.exitCode = 1;
