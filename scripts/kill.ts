import { parseArgs } from 'node:util';
import { serveApp } from '../tests/e2e/support/device.ts';
import { killRounds } from '../tests/e2e/support/killRounds.ts';

/**
 * `npm run kill -- --rounds 200 [--seed text]`: kills a real browser again and again while it
 * writes. Ends with 1 if anything that was called saved is missing, or anything was done twice.
 */
const { rounds, seed } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: Math.random().toString(36).slice(2, 8) },
  },
}).values;

if (!/^[1-9]\d{0,5}$/.test(rounds)) {
  console.error('--rounds takes a number of rounds, for example 200.');
  process.exit(2);
}

console.log(`seed ${seed}`);
const began = performance.now();
await using page = await serveApp();
const summary = await killRounds({ rounds: Number(rounds), seed, page, print: console.log });
const { kills, wipes, acknowledged, missing, doubled, wrong } = summary;
for (const line of [...missing, ...doubled, ...wrong].slice(0, 50)) console.error(line);
const seconds = Math.round((performance.now() - began) / 1_000);
console.log(
  `${kills} kills, ${acknowledged} edits acknowledged, ${wipes} wipes, ` +
    `${missing.length} missing, ${doubled.length} doubled, ${wrong.length} wrong (${seconds} s)`,
);
if (missing.length + doubled.length + wrong.length > 0) process.exitCode = 1;
