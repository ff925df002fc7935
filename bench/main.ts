import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../tests/support/browser/launch.ts';
import { makeProfile } from '../tests/support/browser/profile.ts';
import { servePage } from '../tests/support/browser/serve.ts';
import type { Figure } from './figures.ts';
import { groups } from './groups.ts';
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

const entry = fileURLToPath(new URL('./page/main.ts', import.meta.url));
const figures: Figure[] = [];
let failed = false;
await using served = await servePage({ entry });
await using profile = await makeProfile();
await using running = await launchBrowser({
  profile: profile.path,
  // Garbage of one side must not be swept in the time of the other.
  args: ['--js-flags=--expose-gc'],
});
const browser = `Chromium ${running.browser.version()}`;
const [cpu, ...others] = cpus();
const machine = `${others.length + 1} cores, ${cpu?.model.trim() ?? 'unknown'}`;
console.log(`${browser} on ${machine}\n`);

for (const name of names) {
  const page = await running.newPage(served.url);
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  try {
    const measured = await groups[name]?.(page, options);
    if (errors[0]) throw errors[0];
    figures.push(...(measured ?? []));
    console.log(`${table(measured ?? [])}\n`);
  } catch (error) {
    // Slow is told and no failure; a wrong result, or none, is.
    failed = true;
    console.error(`${name} did not come to its end:`, error);
  }
  await page.close();
}

console.log(table(figures));
if (options.json) {
  const at = new Date().toISOString();
  await writeFile(options.json, `${JSON.stringify({ at, browser, machine, figures }, null, 2)}\n`);
}
if (failed) process.exitCode = 1;
