import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { documents, findAll, stale } from '../tests/model/documents.ts';
import { checkEverything, troublesOf } from '../tests/model/everything.ts';
import {
  explorationTable,
  machinePropertyTable,
  machineTable,
  plain,
  propertyTable,
  wrongTable,
} from '../tests/model/report.ts';

/**
 * `npm run model [-- --write]`: explores everything that the machines can come to together, and checks
 * what must hold. Ends with 1 and the shortest way to what does not, or where the figures and
 * pictures of docs/model-check.md are not these (`--write` writes them).
 */
const { write } = parseArgs({ options: { write: { type: 'boolean', default: false } } }).values;

const began = performance.now();
const everything = checkEverything();
const mistakes = findAll();
for (const table of [
  machineTable(everything),
  machinePropertyTable(everything),
  explorationTable(everything),
  propertyTable(everything),
  wrongTable(mistakes),
])
  console.log(`${plain(table)}\n`);
console.log(`${((performance.now() - began) / 1_000).toFixed(1)} s`);

const troubles = [...troublesOf(everything)];
for (const { wrong, found } of mistakes)
  if (!found) troubles.push(`a planted mistake was not found: ${wrong.mistake}`);
for (const trouble of troubles) console.error(trouble);

const wanted = await documents(everything, mistakes);
const outdated = await stale(wanted);
if (write) {
  await mkdir('docs/images', { recursive: true });
  for (const path of outdated) {
    await writeFile(path, wanted.get(path) ?? '');
    console.log(`${path} is written`);
  }
} else {
  for (const path of outdated) console.error(`${path} is not up to date: npm run model -- --write`);
}
const isWrong = troubles.length > 0 || (outdated.length > 0 && !write);
if (isWrong) process.exitCode = 1;
else console.log('everything holds');
