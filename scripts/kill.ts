import { parseArgs } from 'node:util';
import { serveApp } from '../tests/e2e/support/device.ts';
import { killRounds } from '../tests/e2e/support/killRounds.ts';

/**
 * `npm run kill -- --rounds 200 [--tear-every 10] [--delete-every 11] [--seed text]`: kills a real
 * browser again and again while it writes; every so many rounds its database is torn too, so that it
 * deletes the whole of it, or deleted outright before it is opened again. Ends with 1 if anything that
 * was called saved is missing, or anything was done twice.
 */
const {
  rounds,
  seed,
  'tear-every': tearEvery,
  'delete-every': deleteEvery,
} = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    'tear-every': { type: 'string', default: '10' },
    'delete-every': { type: 'string', default: '11' },
    seed: { type: 'string', default: Math.random().toString(36).slice(2, 8) },
  },
}).values;

const numbers = { rounds, 'tear-every': tearEvery, 'delete-every': deleteEvery };
for (const [option, value] of Object.entries(numbers)) {
  if (/^[1-9]\d{0,5}$/.test(value)) continue;
  console.error(`--${option} takes a number of rounds, for example 200.`);
  process.exit(2);
}

console.log(`seed ${seed}`);
const began = performance.now();
await using page = await serveApp();
const summary = await killRounds({
  ...{ rounds: Number(rounds), tearEvery: Number(tearEvery), seed, page },
  deleteEvery: Number(deleteEvery),
  print: console.log,
});
const { kills, wipes, torn, acknowledged, missing, doubled, wrong } = summary;
for (const line of [...missing, ...doubled, ...wrong].slice(0, 2000)) console.error(line);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${kills} kills, ${acknowledged} edits acknowledged, ${wipes} wipes (${torn} torn by us), ` +
    `${missing.length} missing, ${doubled.length} doubled, ${wrong.length} wrong (${seconds} s)`,
);
if (missing.length + doubled.length + wrong.length > 0) process.exitCode = 1;
